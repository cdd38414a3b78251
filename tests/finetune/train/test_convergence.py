"""The convergence table: every fast way to compute an update, in every number format, beside the plain padded loop.

Four updates of ten examples that share a prefix, and some of them stems. Compared are each update's loss, the gradient
of the first update, and the adapter after the last. The plain loop (reference.py) runs on the same base weights: of a
quantized model what its codes stand for, which tests/finetune/models/test_quantization.py compares bit for bit with
bitsandbytes. No plan compiles (docs/explanation/training-speed.md says why); its row waits for `make test-compiled`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.utils import counters
from transformers import PreTrainedModel

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.compile.stems import stems_of
from lfine.finetune.models.adapters import add_adapter, trainable_parameters
from lfine.finetune.models.loading import load_base
from lfine.finetune.train import packed, vocabulary
from lfine.finetune.train.losses import engine_for, update_gradient
from tests.finetune.models.plans import lora
from tests.finetune.train.layouts import PREFIX, gradient, rows_with_stems
from tests.finetune.train.reference import plain_loss, plain_training

UPDATES, BATCH, NORM = 4, 10, 1.0
RATES = [5e-3, 1e-2, 1e-2, 5e-3]
KERNELS = ("norm", "gate", "adapter")


@dataclass(frozen=True)
class Tolerance:
    """Relative to what is compared: a loss, the gradient's norm, the norm of what training changed in the adapter."""

    loss: float
    gradient: float
    weights: float


TOLERANCES = {
    # sums in another order; AdamW divides by the gradient's size, so tiny gradients carry their rounding into weights
    "float32": Tolerance(1e-5, 1e-4, 1e-3),
    # 2^-9 a rounding, and the adapter's own products in bfloat16 where the plain loop has them in float32
    "bfloat16": Tolerance(1e-2, 5e-2, 0.15),
    "nf4": Tolerance(1e-5, 1e-4, 1e-3),
    "int8": Tolerance(1e-5, 1e-4, 1e-3),
}
compiler = [pytest.mark.compiler, pytest.mark.skipif(which("g++") is None, reason="no g++ to compile with")]
SCHEMES = {
    "nf4": QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="float32"),
    "int8": QuantizationPlan(bits=8, quant_type="nf4", double_quant=False, compute_dtype="float32"),
}


@dataclass(frozen=True)
class Way:
    """One way to compute an update."""

    layout: str = "shared_prefix"
    prefix: int = PREFIX
    stems: bool = False
    places: int = 1000
    """Learned places of one part of the vocabulary projection."""
    micro: int = BATCH
    checkpointing: bool = False
    kernels: tuple[str, ...] = ()
    compiled: bool = False

    @property
    def machine(self) -> MachinePlan:
        return MachinePlan(
            "cpu", self.layout, self.micro, self.checkpointing, deterministic=False, kernels=self.kernels
        )


WAYS = {
    "padded": Way("padded", prefix=0),
    "no padding": Way(prefix=0),
    "shared prefix": Way(),
    "second level": Way(stems=True),
    "projection in parts": Way(places=7),
    "micro-batches": Way(micro=3),
    "checkpointing": Way(checkpointing=True),
    "kernels": Way(kernels=KERNELS),
    "compiled": Way(compiled=True),
    "all at once": Way(stems=True, places=7, micro=4, checkpointing=True, kernels=KERNELS),
}


def model_of(folder: Path, kind: str) -> tuple[PreTrainedModel, nn.Module]:
    dtype = "bfloat16" if kind == "bfloat16" else "float32"
    model = load_base(folder, dtype=dtype, device="cpu", quantization=SCHEMES.get(kind))
    adapted: nn.Module = add_adapter(model, lora(), seed=1)
    model.train()
    return model, adapted


def batches() -> list[tuple[EncodedExample, ...]]:
    """Two sets of examples in turn, so that something can be learned."""
    rows = rows_with_stems(2 * BATCH)
    return [rows[:BATCH], rows[BATCH:]] * (UPDATES // 2)


@dataclass(frozen=True)
class Course:
    """What a training went through."""

    losses: list[float]
    first: Tensor
    """The gradient of the first update."""
    begun: Tensor
    ended: Tensor
    """The trained weights, in one vector, before and after."""


def weights(model: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten() for value in trainable_parameters(model)])


@cache
def plain(folder: Path, kind: str) -> Course:
    model, _ = model_of(folder, kind)
    begun = weights(model)
    plain_loss(model, batches()[0]).backward()
    first = gradient(model)
    losses, _ = plain_training(model, batches(), RATES, NORM)
    return Course(losses, first, begun, weights(model))


def compile_layers(model: PreTrainedModel) -> None:
    """Compile every decoder layer for any number of tokens, as benchmarks/train_profile.py does."""
    for layer in model.get_decoder().layers:
        layer.compile(dynamic=True)


def fast(folder: Path, kind: str, way: Way) -> Course:
    model, _ = model_of(folder, kind)
    if way.checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    engine = engine_for(model, way.machine, way.prefix)
    if way.compiled:
        compile_layers(model)
    parameters = trainable_parameters(model)
    begun = weights(model)
    update_gradient(engine, batches()[0])
    first = gradient(model)
    optimizer = torch.optim.AdamW(parameters, lr=RATES[0], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for step, (batch, rate) in enumerate(zip(batches(), RATES, strict=True)):
        losses.append(update_gradient(engine, batch, step))
        nn.utils.clip_grad_norm_(parameters, NORM)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()
    return Course(losses, first, begun, weights(model))


@pytest.fixture
def set_way(monkeypatch: pytest.MonkeyPatch) -> Callable[[Way], None]:
    """Let a way's stems and parts take effect; they are decided by constants of the room."""

    def set_(way: Way) -> None:
        monkeypatch.setattr(vocabulary, "LEAST_PLACES", way.places)
        monkeypatch.setattr(vocabulary, "PART_BYTES", {"cpu": 1})
        if not way.stems:
            monkeypatch.setattr(packed, "stems_of", lambda *_: ())

    return set_


@pytest.mark.parametrize("kind", TOLERANCES)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=compiler if way.compiled else ()) for name, way in WAYS.items()]
)
def test_every_way_trains_as_the_plain_loop_does(
    name: str, kind: str, tiny_model_folder: Path, set_way: Callable[[Way], None]
) -> None:
    way, allowed, expected = WAYS[name], TOLERANCES[kind], plain(tiny_model_folder, kind)
    set_way(way)
    found = fast(tiny_model_folder, kind, way)
    assert not way.compiled or counters["stats"]["unique_graphs"]
    assert torch.equal(found.begun, expected.begun)
    assert found.losses == pytest.approx(expected.losses, rel=allowed.loss)
    assert (found.first - expected.first).norm() <= allowed.gradient * expected.first.norm()
    moved = (expected.ended - expected.begun).norm()
    assert (found.ended - expected.ended).norm() <= allowed.weights * moved
    assert expected.losses[-1] < expected.losses[1] - 0.1  # something was learned


def test_the_rows_have_what_the_table_is_about() -> None:
    """Without a stem in every update the second level would be compared with itself."""
    for batch in batches():
        assert len({row.prompt_ids[:PREFIX] for row in batch}) == 1
        assert stems_of([row.prompt_ids for row in batch], PREFIX)
        assert len({row.length for row in batch}) > 3
