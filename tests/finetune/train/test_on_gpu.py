"""What only a GPU can show, each against its reference on the same device; skipped, saying so, where there is none.

    pytest -m gpu -rs

No GPU has run these yet: the tolerances are what the arithmetic allows, not what was measured.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from transformers import LlamaConfig, PreTrainedModel

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan, OptimizerPlan, TrainingPlan
from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.checkpointing import checkpoint_layers
from lfine.finetune.models.liger import use_liger
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.losses import Engine, engine_for, update_gradient
from lfine.finetune.train.optimizers import optimizer_for
from tests.conftest import save_model
from tests.finetune.models.plans import lora
from tests.finetune.train.conftest import PREFIX
from tests.finetune.train.runs import lines, losses, run, weights

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")]

Rows = tuple[EncodedExample, ...]
DEVICE = "cuda"
FLOAT32 = 1e-4
"""Relative: sums in another order, in kernels that choose it by the shape."""
BF16 = 2e-2
"""Relative: eight bits of mantissa (0.4%) through a few layers."""
BF16_GRADIENT = 5e-2
"""Relative to the gradient's norm."""
NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four layers with heads of 64, which every kernel takes."""
    config = LlamaConfig(
        vocab_size=512,
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.05,
        tie_word_embeddings=True,
    )
    return save_model(config, tmp_path_factory.mktemp("models") / "gpu")


@pytest.fixture
def whole_memory() -> Iterator[None]:
    """Give the allocator its memory back after a test that takes it away."""
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def adapted(folder: Path, *, dtype: str = "bfloat16", quantization: QuantizationPlan | None = None) -> PreTrainedModel:
    """A base model with an adapter that is not zero, in training, without dropout."""
    model = load_base(folder, dtype=dtype, device=DEVICE, quantization=quantization)
    return with_adapter(model)


def with_adapter(model: PreTrainedModel) -> PreTrainedModel:
    wrapped = add_adapter(model, lora(target_modules=("q_proj", "k_proj", "v_proj", "o_proj")), seed=5)
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, value in wrapped.named_parameters():
            if "lora_B" in name:
                value.copy_(0.05 * torch.randn(value.shape, generator=generator))
    return model.train()


def engine(model: PreTrainedModel, layout: str = "shared_prefix", *, micro: int = 8, **changes: Any) -> Engine:
    machine = MachinePlan(DEVICE, layout, micro, gradient_checkpointing=False, deterministic=False)
    return engine_for(model, replace(machine, **changes), PREFIX)


def gradient(model: nn.Module) -> Tensor:
    return torch.cat([value.grad.float().flatten() for value in model.parameters() if value.grad is not None])


def same_update(one: Engine, other: Engine, rows: Rows, *, loss: float, grad: float) -> None:
    """Check loss and gradient of one update in two ways."""
    expected, found = update_gradient(one, rows[:8]), update_gradient(other, rows[:8])
    assert found == pytest.approx(expected, rel=loss)
    wanted = gradient(one.model)
    assert wanted.norm() > 0
    assert (gradient(other.model) - wanted).norm() <= grad * wanted.norm()


def test_nf4_layers_compute_what_their_dequantized_weights_do(folder: Path, rows: Rows) -> None:
    """Forward and backward: bitsandbytes' layers beside plain ones that hold the numbers of the processor's way."""
    dequantized = load_base(folder, dtype="bfloat16", device="cpu", quantization=NF4).to(cast("Any", DEVICE))
    plain = engine(with_adapter(dequantized))
    same_update(plain, engine(adapted(folder, quantization=NF4)), rows, loss=BF16, grad=BF16_GRADIENT)


@pytest.mark.parametrize(
    ("dtype", "loss", "grad"), [("float32", FLOAT32, 10 * FLOAT32), ("bfloat16", BF16, BF16_GRADIENT)]
)
def test_the_shared_prefix_equals_padded_rows(folder: Path, rows: Rows, dtype: str, loss: float, grad: float) -> None:
    padded, packed = adapted(folder, dtype=dtype), adapted(folder, dtype=dtype)
    same_update(engine(padded, "padded", attention="sdpa"), engine(packed), rows, loss=loss, grad=grad)


@pytest.mark.parametrize(
    ("dtype", "loss", "grad"), [("float32", FLOAT32, 10 * FLOAT32), ("bfloat16", BF16, BF16_GRADIENT)]
)
def test_flex_attention_equals_the_explicit_softmax(
    folder: Path, rows: Rows, dtype: str, loss: float, grad: float
) -> None:
    """Compiled, forward and backward, for rows of two lengths: a processor shows its forward pass only."""
    explicit, flex = adapted(folder, dtype=dtype), adapted(folder, dtype=dtype)
    for micro in (8, 3):
        explicit.zero_grad()
        flex.zero_grad()
        one, other = engine(explicit, micro=micro), engine(flex, micro=micro, attention="flex")
        same_update(one, other, rows, loss=loss, grad=grad)


@pytest.mark.skipif(importlib.util.find_spec("liger_kernel") is None, reason="needs liger-kernel")
def test_ligers_kernels_compute_the_same(folder: Path, rows: Rows) -> None:
    """Last of its kind in a process: the family's rotary embedding stays Liger's."""
    plain = engine(adapted(folder))
    expected = update_gradient(plain, rows[:8])
    wanted = gradient(plain.model)
    model = load_base(folder, dtype="bfloat16", device=DEVICE, quantization=None)
    use_liger(model)
    fused = engine(with_adapter(model), kernels=("liger",))
    assert update_gradient(fused, rows[:8]) == pytest.approx(expected, rel=BF16)
    assert (gradient(fused.model) - wanted).norm() <= BF16_GRADIENT * wanted.norm()


@pytest.mark.usefixtures("whole_memory")
def test_memory_that_runs_out_halves_the_micro_batch_for_real(
    folder: Path, plan: TrainingPlan, rows: Rows, tmp_path: Path
) -> None:
    """The allocator is given 60% of what an update of eight took; the weights are those of a run without the want."""
    long = tuple(EncodedExample(row.row_id, row.prompt_ids * 40, row.completion_ids) for row in rows)
    length = replace(plan.length, shared_prefix=PREFIX)
    machine = replace(plan.machine, device=DEVICE, layout="padded", attention="sdpa")
    whole = replace(plan, length=length, machine=machine)
    torch.cuda.reset_peak_memory_stats()
    run(whole, long, tmp_path / "a", folder)
    peak, there = torch.cuda.max_memory_reserved(), torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.6 * peak / there)
    run(whole, long, tmp_path / "b", folder)
    reduced = [line for line in lines(tmp_path / "b") if line.get("kind") == "memory"]
    assert reduced
    assert reduced[0]["before"] == 8
    assert losses(tmp_path / "b") == pytest.approx(losses(tmp_path / "a"), rel=FLOAT32)
    first = weights(tmp_path / "a")
    for name, value in weights(tmp_path / "b").items():
        torch.testing.assert_close(value, first[name], rtol=0, atol=1e-4)


def test_each_layer_computed_again_lowers_the_peak(folder: Path, rows: Rows) -> None:
    long = tuple(EncodedExample(row.row_id, row.prompt_ids * 40, row.completion_ids) for row in rows)
    peaks = []
    for count in (0, 1, 2, 3):
        model = adapted(folder)
        if count:
            checkpoint_layers(model, count)
        one = engine(model, "padded", attention="sdpa")
        update_gradient(one, long[:8])
        model.zero_grad()
        torch.cuda.reset_peak_memory_stats()
        update_gradient(one, long[:8])
        peaks.append(torch.cuda.max_memory_allocated())
    assert peaks == sorted(peaks, reverse=True)
    assert len(set(peaks)) == 4


@pytest.mark.parametrize("kind", ["paged_adamw", "paged_adamw_8bit"])
def test_paged_states_are_paged_and_come_back_from_a_file(kind: str, tmp_path: Path) -> None:
    """A tensor of 100,000 numbers and more has its states in pages; bitsandbytes keeps smaller ones on the GPU."""
    plan = OptimizerPlan(kind, (0.9, 0.999), 1e-8, 0.0, 0.0)

    def after(updates: int, *, broken: bool) -> Tensor:
        generator = torch.Generator(DEVICE).manual_seed(1)
        weight = nn.Parameter(torch.randn(512, 512, generator=generator, device=DEVICE))
        optimizer = optimizer_for([weight], plan, rate=1e-2)
        for number in range(updates):
            if broken and number == 2:
                torch.save(optimizer.state_dict(), tmp_path / kind)
                optimizer = optimizer_for([weight], plan, rate=1e-2)
                optimizer.load_state_dict(torch.load(tmp_path / kind, weights_only=True))
            weight.grad = torch.randn(512, 512, generator=generator, device=DEVICE)
            optimizer.step()
        states = [value for value in optimizer.state[weight].values() if isinstance(value, Tensor)]
        assert broken or any(getattr(value, "is_paged", False) for value in states)
        return weight.detach()

    torch.testing.assert_close(after(4, broken=True), after(4, broken=False), rtol=0, atol=1e-6)


def test_a_whole_run_in_nf4_learns(folder: Path, plan: TrainingPlan, rows: Rows, tmp_path: Path) -> None:
    """Every update's examples and tokens are in the log, from which the speed is worked out."""
    model = replace(plan.model, dtype="bfloat16", quantization=NF4)
    machine = replace(plan.machine, device=DEVICE)
    run(replace(plan, model=model, machine=machine), rows, tmp_path, folder)
    updates = [line for line in lines(tmp_path) if "loss" in line]
    assert [line["examples"] for line in updates] == [8] * 6
    assert all(line["tokens"] > 0 and line["step_seconds"] > 0 for line in updates)
    assert losses(tmp_path)[-1] < losses(tmp_path)[0]
