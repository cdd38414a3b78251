"""What a run will take: trained numbers as peft makes them, known anchors, time and money."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfine.finetune.catalogue import throughput
from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.catalogue.linears import Linear, linear_layers
from lfine.finetune.compile.estimates import REACHED, Facts, operations, trained_numbers
from lfine.finetune.compile.machine import machine_with
from lfine.finetune.compile.memory import largest_micro_batch, total, training_memory
from lfine.finetune.compile.plan import AdapterPlan, Estimate
from lfine.schemas.errors import UsageError
from tests.finetune.compile.bench import CARD, CPU, GPU, Bench, find
from tests.finetune.compile.test_machine_passes import LOAD
from tests.finetune.compile.test_passes import adapter_plan

CODE_LLAMA_34B = ModelCard(
    model_type="llama",
    layers=48,
    hidden=8192,
    heads=64,
    kv_heads=8,
    head_dim=128,
    intermediate=22016,
    vocab=32000,
    context=16384,
    tied_embeddings=False,
    parameters=33_743_970_304,
    sliding_window=None,
    dtype="bfloat16",
    quantized=None,
)


def adapter(*modules: str, **changes: object) -> AdapterPlan:
    return replace(adapter_plan(r=8, alpha=16, dropout=0.0, target_modules=modules), **changes)  # type: ignore[arg-type]


def facts(card: ModelCard = CARD) -> Facts:
    return Facts(card, linear_layers(Path("no such folder"), card), (100, 200), (5, 9), CPU)


def test_the_adapters_of_known_models() -> None:
    """SmolLM2-135M with rank 8 on q, k, v, o has 921,600 (peft's own count), Mistral-7B on q and v 3.4 million."""
    assert trained_numbers(adapter("q_proj", "k_proj", "v_proj", "o_proj"), facts()) == 921_600
    assert trained_numbers(adapter("q_proj", "v_proj"), facts()) == 460_800
    mistral = replace(CARD, layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, intermediate=14336, vocab=32000)
    assert trained_numbers(adapter("q_proj", "v_proj"), facts(mistral)) == 3_407_872
    assert trained_numbers(None, facts()) == 134_515_008


def test_patterns_dora_and_whole_layers_are_counted() -> None:
    plain = trained_numbers(adapter("q_proj"), facts())
    assert trained_numbers(adapter("q_proj", rank_pattern={"q_proj": 16}), facts()) == 2 * plain
    assert trained_numbers(adapter("q_proj", rank_pattern={"layers.0.q_proj": 16}), facts()) == plain + plain // 30
    assert trained_numbers(adapter("q_proj", use_dora=True), facts()) == plain + 30 * 576
    assert trained_numbers(adapter("q_proj", modules_to_save=("lm_head",)), facts()) == plain + 49152 * 576


def test_layers_come_from_the_files_where_there_are_some(bench: Bench) -> None:
    from lfine.finetune.catalogue.cards import read_card

    card = read_card(bench.model)
    stored = linear_layers(bench.model, card)
    by_name = linear_layers(Path("no such folder"), card)
    assert sorted((layer.inputs, layer.outputs) for layer in stored) == sorted(
        (layer.inputs, layer.outputs) for layer in by_name
    )
    assert not any("embed" in layer.name or "lm_head" in layer.name for layer in stored)


def test_a_family_without_known_shapes_has_no_layers() -> None:
    assert linear_layers(Path("no such folder"), replace(CARD, model_type="zebra")) == ()


def test_code_llama_34b_in_8_bits_fits_48_gb_and_not_40() -> None:
    """A known anchor: LoRA on q and v, one example of 512 tokens at once; gradient checkpointing would make room."""
    load = replace(
        LOAD,
        card=CODE_LLAMA_34B,
        bits=8,
        trained=13_369_344,
        adapter_inputs=2 * 8192,
        packed=False,
        prefix=0,
        own=512,
        completion=64,
    )
    rooms = {name: machine_with(name).memory for name in ("A40", "A100-40GB")}
    needed = total(training_memory(load))
    assert rooms["A100-40GB"] < needed < rooms["A40"]
    assert largest_micro_batch(load, available=rooms["A100-40GB"]) == 0
    assert largest_micro_batch(load, available=rooms["A40"]) == 1
    assert total(training_memory(replace(load, checkpointing=True))) < rooms["A100-40GB"]


def guess(bench: Bench, *overrides: str, gpu: bool = True) -> Estimate:
    return bench.compile(overrides, replace(GPU, accelerator="A40") if gpu else CPU).plan.estimate


def test_money_follows_time(bench: Bench) -> None:
    free = guess(bench)
    assert free.seconds is not None
    assert free.usd is None
    assert free.speed == f"assumed, not measured: {REACHED[None]:.0%} of 150 TFLOP/s"
    hourly = guess(bench, "cost.gpu_hour_usd=0.475")
    assert hourly.usd == pytest.approx(0.475 * free.seconds / 3600, rel=1e-9)
    by_token = guess(bench, "cost.training_usd_per_million_tokens=3")
    assert by_token.usd == pytest.approx(3 * free.trained_tokens / 1e6, rel=1e-9)


def test_time_follows_the_updates_and_a_measured_speed_wins(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    once, twice = guess(bench, "trainer.train_steps=10"), guess(bench, "trainer.train_steps=20")
    assert once.seconds is not None
    assert twice.seconds == pytest.approx(2 * once.seconds, rel=1e-3)
    row = {
        "device": "A40",
        "dtype": "bfloat16",
        "operations": 1e12,
        "hardware": "one A40",
        "date": "2026-01-01",
        "command": "c",
    }
    monkeypatch.setattr(throughput, "_rows", lambda: (row,))
    found = guess(bench, "trainer.train_steps=10")
    assert found.speed == "measured on one A40, 2026-01-01: c"
    plan = bench.compile(["trainer.train_steps=10"], replace(GPU, accelerator="A40")).plan
    from lfine.finetune.catalogue.cards import read_card

    each = operations(plan.training, read_card(bench.model))
    assert found.seconds == pytest.approx(found.computed_tokens * each / 1e12)


def test_nothing_is_said_where_nothing_is_known(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "_rows", lambda: ())
    found = guess(bench, "cost.gpu_hour_usd=1", gpu=False)
    assert (found.seconds, found.usd) == (None, None)
    assert found.speed == "no speed was measured on cpu with float32"


def test_a_shared_prefix_is_computed_once_for_each_micro_batch(bench: Bench) -> None:
    one = guess(bench, "trainer.micro_batch_size=1", "trainer.train_steps=10", "trainer.batch_size=8")
    all_at_once = guess(bench, "trainer.micro_batch_size=8", "trainer.train_steps=10", "trainer.batch_size=8")
    plan = bench.compile(["trainer.train_steps=10"], GPU).plan
    prefix = plan.training.length.shared_prefix
    assert prefix > 0
    assert one.computed_tokens - all_at_once.computed_tokens == pytest.approx(10 * 7 * prefix, abs=1)
    assert one.trained_tokens == all_at_once.trained_tokens


def test_a_run_beyond_the_memory_is_a_warning(bench: Bench) -> None:
    small = replace(CPU, memory=100_000_000)
    (problem,) = [each for each in bench.compile([], small).warnings if each.code == "LF404"]
    assert problem.severity == "warning"
    assert problem.message.endswith("and this machine has 0.1")
    assert not [each for each in bench.compile([], GPU).warnings if each.code == "LF404"]


def test_operations_count_what_is_done(bench: Bench) -> None:
    weights = CARD.parameters or 0
    inner = weights - CARD.embedding_parameters
    plan = bench.compile([], CPU).plan.training
    assert operations(plan, CARD) == 4 * inner
    again = replace(plan, machine=replace(plan.machine, gradient_checkpointing=True))
    assert operations(again, CARD) == 6 * inner
    some = replace(again, machine=replace(again.machine, checkpointed_layers=15))
    assert operations(some, CARD) == 5 * inner
    assert operations(replace(plan, adapter=None), CARD) == 6 * inner


def test_gpus_are_found_by_name() -> None:
    assert machine_with("nvidia a100 80gb").memory > machine_with("A100-40GB").memory
    assert not machine_with("T4").bf16
    with pytest.raises(UsageError) as caught:
        machine_with("A41")
    assert "A40" in caught.value.problems[0].cure


def test_the_micro_batch_says_what_it_is_for(bench: Bench) -> None:
    plan = bench.compile([], machine_with("L4")).plan
    assert find(plan.decisions, "trainer.device").reason == "L4"
    assert plan.estimate.largest_micro_batch >= plan.training.machine.micro_batch_size


def test_a_linear_layer_has_its_size() -> None:
    assert Linear("q", 3, 5).size == 15
