"""The passes that choose layout, checkpointing and micro-batch: speed and memory, never the result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.compile import kernels, machine_passes
from lfine.finetune.compile.checkpointing import with_layers
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import Load, available, largest_micro_batch
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import MachinePlan
from tests.finetune.compile.bench import CARD, CPU, GPU, LENGTH, Bench, find

LOAD = Load(
    card=CARD,
    device="cuda",
    dtype="bfloat16",
    bits=None,
    double_quant=False,
    trained=921_600,
    full=False,
    adapter_inputs=4 * 576,
    optimizer="adamw",
    prefix=165,
    own=68,
    completion=36,
    packed=True,
    checkpointing=False,
    micro_batch=1,
)
ROOM_FOR_THREE = 2_100_000_000
"""Bytes of a GPU that holds SmolLM2, the libraries and a few examples of LOAD."""


def told(notes: Notes, path: str) -> tuple[object, str, str]:
    decision = find(notes.decisions, path)
    return decision.value, decision.origin, decision.reason


def decide(bench: Bench, *overrides: str, machine: Machine = GPU, load: Load = LOAD) -> tuple[MachinePlan, Notes]:
    notes = bench.notes(overrides)
    task = bench.task(overrides)
    plan = machine_passes.decide_machine(task, load, machine, layout="shared_prefix", batch_size=16, notes=notes)
    return plan, notes


@pytest.mark.parametrize("family", sorted(machine_passes.SHARED_PREFIX_FAMILIES))
def test_a_checked_family_shares_its_prefix(bench: Bench, family: str) -> None:
    notes = bench.notes()
    assert machine_passes.decide_layout(LENGTH, replace(CARD, model_type=family), notes) == "shared_prefix"
    reason = "165 prompt tokens are common to all rows and computed once"
    assert told(notes, "layout") == ("shared_prefix", "derived", reason)


def test_an_unchecked_family_is_padded_and_told_so(bench: Bench) -> None:
    notes = bench.notes()
    assert machine_passes.decide_layout(LENGTH, replace(CARD, model_type="gpt2"), notes) == "padded"
    reason = "the shared prefix is not yet checked for the family gpt2"
    assert told(notes, "layout") == ("padded", "derived", reason)


@pytest.mark.parametrize(("window", "layout"), [(232, "padded"), (233, "shared_prefix"), (4096, "shared_prefix")])
def test_a_window_shorter_than_the_limit_is_padded(bench: Bench, window: int, layout: str) -> None:
    notes = bench.notes()
    card = replace(CARD, model_type="mistral", sliding_window=window)
    assert machine_passes.decide_layout(LENGTH, card, notes) == layout
    reason = f"the model attends to {window} tokens only, fewer than the longest sequence"
    assert (told(notes, "layout")[2] == reason) == (layout == "padded")


def test_the_micro_batch_is_what_fits_and_never_more_than_an_update(bench: Bench) -> None:
    plan, notes = decide(bench)
    assert plan == MachinePlan("cuda", "shared_prefix", 16, gradient_checkpointing=False, deterministic=False)
    most = largest_micro_batch(LOAD, available=available(GPU))
    assert most > 16
    reason = f"up to {most} examples of the longest kind fit 22 GB of 24 GB"
    assert told(notes, "trainer.micro_batch_size") == (16, "derived", reason)
    plan, notes = decide(bench, "trainer.gradient_checkpointing=false", machine=replace(GPU, memory=ROOM_FOR_THREE))
    assert 1 < plan.micro_batch_size < 16
    assert plan.micro_batch_size == largest_micro_batch(LOAD, available=int(ROOM_FOR_THREE * 0.92))
    assert plan.micro_batch_tokens == plan.micro_batch_size * LOAD.own


def test_a_machine_that_does_not_tell_its_memory_is_taken_for_a_small_one(bench: Bench) -> None:
    _, notes = decide(bench, machine=replace(GPU, memory=0))
    assert told(notes, "trainer.micro_batch_size")[2].endswith("8 GB (assumed: this machine does not tell)")


@pytest.mark.parametrize(
    ("asked", "expected", "reason"), [(2, 2, ""), (16, 16, ""), (99, 16, "99 were asked for; an update has 16")]
)
def test_a_micro_batch_as_asked(bench: Bench, asked: int, expected: int, reason: str) -> None:
    override = f"trainer.micro_batch_size={asked}"
    plan, notes = decide(bench, override)
    assert plan.micro_batch_size == expected
    assert told(notes, "trainer.micro_batch_size") == (expected, f"--set {override}", reason)


def test_checkpointing_makes_room(bench: Bench) -> None:
    small = replace(GPU, memory=ROOM_FOR_THREE)
    without, _ = decide(bench, "trainer.gradient_checkpointing=false", machine=small)
    plan, notes = decide(bench, "trainer.gradient_checkpointing=true", machine=small)
    assert (plan.gradient_checkpointing, plan.checkpointed_layers) == (True, None)
    assert (without.gradient_checkpointing, without.checkpointed_layers) == (False, None)
    assert plan.micro_batch_size > without.micro_batch_size
    assert told(notes, "trainer.gradient_checkpointing")[0] is True


def test_some_layers_are_computed_again_where_that_is_cheaper_than_the_prefix(bench: Bench) -> None:
    small = replace(GPU, memory=ROOM_FOR_THREE)
    plan, notes = decide(bench, machine=small)
    assert (plan.gradient_checkpointing, plan.micro_batch_size) == (True, 16)
    layers = plan.checkpointed_layers
    assert layers is not None
    fewer = with_layers(LOAD, layers - 1)
    assert largest_micro_batch(fewer, available=available(small)) < 16 <= plan.micro_batch_size
    without = largest_micro_batch(LOAD, available=available(small))
    reason = "it makes room for 16 examples at once, which share the prefix: computing them again costs less than "
    reason += f"computing the prefix for every {without} examples"
    assert told(notes, "trainer.gradient_checkpointing") == (True, "derived", reason)
    reason = "of 30, the first ones: the others are kept, and done with before these are needed"
    assert told(notes, "checkpointed layers") == (layers, "derived", reason)


def test_without_a_prefix_nothing_is_computed_again_for_a_larger_micro_batch(bench: Bench) -> None:
    plan, _ = decide(bench, machine=replace(GPU, memory=ROOM_FOR_THREE), load=replace(LOAD, prefix=0))
    assert not plan.gradient_checkpointing
    assert 1 < plan.micro_batch_size < 16


def test_an_asked_for_micro_batch_is_made_room_for_by_the_fewest_layers(bench: Bench) -> None:
    small = replace(GPU, memory=ROOM_FOR_THREE)
    plan, notes = decide(bench, "trainer.micro_batch_size=8", machine=small)
    layers = plan.checkpointed_layers
    assert layers is not None
    assert plan.micro_batch_size == 8
    assert largest_micro_batch(with_layers(LOAD, layers), available=available(small)) >= 8
    assert largest_micro_batch(with_layers(LOAD, layers - 1), available=available(small)) < 8
    without = largest_micro_batch(LOAD, available=available(small))
    assert told(notes, "trainer.gradient_checkpointing")[2] == f"without, {without} examples would fit at once"


def test_checkpointing_is_turned_on_where_one_example_does_not_fit_without(bench: Bench) -> None:
    long = replace(LOAD, own=8000, prefix=0)
    plan, notes = decide(bench, load=long)
    assert plan.gradient_checkpointing
    assert plan.checkpointed_layers is not None
    assert largest_micro_batch(with_layers(long, plan.checkpointed_layers), available=available(GPU)) >= 1
    assert largest_micro_batch(with_layers(long, plan.checkpointed_layers - 1), available=available(GPU)) == 0
    reason = "without, not even one example would fit"
    assert told(notes, "trainer.gradient_checkpointing") == (True, "derived", reason)
    plan, notes = decide(bench)
    assert not plan.gradient_checkpointing
    reason = "an example of the longest kind fits without"
    assert told(notes, "trainer.gradient_checkpointing") == (False, "derived", reason)


def test_what_fits_nowhere_is_done_one_by_one(bench: Bench) -> None:
    plan, _ = decide(bench, machine=replace(CPU, memory=100_000_000), load=replace(LOAD, device="cpu"))
    assert plan.micro_batch_size == 1
    assert (plan.gradient_checkpointing, plan.checkpointed_layers) == (True, 29)


def test_kernels_and_attention_are_part_of_the_plan(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of the memory that the micro-batch is chosen by."""
    monkeypatch.setattr(kernels, "installed", lambda _: False)
    long = replace(LOAD, own=1500)
    plain, _ = decide(bench, load=long)
    assert (plain.kernels, plain.attention) == ((), "explicit")
    monkeypatch.setattr(kernels, "installed", lambda _: True)
    fast, notes = decide(bench, load=replace(long, kernels=("liger",)))
    assert (fast.kernels, fast.attention) == (("liger",), "flex")
    assert told(notes, "attention")[0] == "flex"
    again = [30 if plan.checkpointed_layers is None else plan.checkpointed_layers for plan in (plain, fast)]
    assert fast.micro_batch_size > plain.micro_batch_size or again[1] < again[0]


def test_deterministic_is_passed_on(bench: Bench) -> None:
    assert decide(bench, "trainer.deterministic=true")[0].deterministic


def test_a_model_that_drops_attention_weights_is_padded(bench: Bench) -> None:
    notes = bench.notes()
    assert machine_passes.decide_layout(LENGTH, replace(CARD, attention_dropout=0.1), notes) == "padded"
    assert "attention_dropout 0.1" in told(notes, "layout")[2]


@pytest.mark.parametrize(
    ("p50", "prefix", "layout"),
    [(900, 20, "padded"), (801, 0, "padded"), (800, 0, "shared_prefix"), (1400, 300, "shared_prefix")],
)
def test_long_rows_that_share_little_are_padded(bench: Bench, p50: int, prefix: int, layout: str) -> None:
    notes = bench.notes()
    length = replace(LENGTH, p50=p50, shared_prefix=prefix, max_sequence_length=2000)
    assert machine_passes.decide_layout(length, CARD, notes) == layout
    assert ("faster by itself" in told(notes, "layout")[2]) == (layout == "padded")
