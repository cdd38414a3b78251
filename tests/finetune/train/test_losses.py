"""What is minimized, in both layouts, against the plain batch token by token: prompt weight, smoothing, turns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.losses import Engine, engine_for, mean_loss, update_gradient
from lfine.finetune.train.targets import Objective, token_weights, total_weight
from tests.finetune.train.conftest import PREFIX
from tests.finetune.train.reference import plain_loss

FLOAT32 = 1e-5
"""Relative: sums in another order, over hundreds of terms."""
GRADIENT = 1e-4
"""Relative to the gradient's norm."""


def engine(
    folder: Path, objective: Objective, *, layout: str = "shared_prefix", micro: int = 3, prefix: int = PREFIX
) -> Engine:
    model: PreTrainedModel = load_base(folder, dtype="float32", device="cpu", quantization=None)
    model.requires_grad_(requires_grad=True)
    machine = MachinePlan("cpu", layout, micro, gradient_checkpointing=False, deterministic=False)
    return engine_for(model, machine, prefix, objective)


def plain(folder: Path) -> PreTrainedModel:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    model.requires_grad_(requires_grad=True)
    return model


def gradient(model: nn.Module) -> Tensor:
    return torch.cat([value.grad.flatten() for value in model.parameters() if value.grad is not None])


def turns(rows: tuple[EncodedExample, ...]) -> list[EncodedExample]:
    """Rows as of conversations: every third token of the completion is not learned, its last always is."""
    masks = [[place % 3 != 1 for place in range(len(row.completion_ids))] for row in rows]
    return [replace(row, learned=(*mask[:-1], True)) for row, mask in zip(rows, masks, strict=True)]


@pytest.mark.parametrize(("layout", "micro"), [("shared_prefix", 3), ("shared_prefix", 8), ("padded", 3)])
@pytest.mark.parametrize(
    ("weight", "smoothing"), [(0.0, 0.0), (0.1, 0.0), (1.0, 0.0), (0.0, 0.2), (0.25, 0.1)], ids=str
)
def test_loss_and_gradient_are_those_of_the_plain_batch(
    layout: str,
    micro: int,
    weight: float,
    smoothing: float,
    tiny_model_folder: Path,
    rows: tuple[EncodedExample, ...],
) -> None:
    batch, reference = turns(rows[:8]), plain(tiny_model_folder)
    expected = plain_loss(reference, batch, weight, smoothing)
    expected.backward()
    fast = engine(tiny_model_folder, Objective(weight, smoothing), layout=layout, micro=micro)
    assert update_gradient(fast, batch) == pytest.approx(expected.item(), rel=FLOAT32)
    wanted = gradient(reference)
    assert (gradient(fast.model) - wanted).norm() <= GRADIENT * wanted.norm()


@pytest.mark.parametrize("prefix", [0, 1, 4, PREFIX])
def test_prefix_tokens_count_once_for_every_example(
    prefix: int, tiny_model_folder: Path, rows: tuple[EncodedExample, ...]
) -> None:
    expected = plain_loss(plain(tiny_model_folder), rows[:6], 0.5).item()
    fast = engine(tiny_model_folder, Objective(prompt_weight=0.5), prefix=prefix)
    assert update_gradient(fast, rows[:6]) == pytest.approx(expected, rel=FLOAT32)


def test_validation_loss_is_of_the_answers_alone(tiny_model_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    """So that runs with other objectives can be compared."""
    expected = plain_loss(plain(tiny_model_folder), turns(rows[:10])).item()
    fast = engine(tiny_model_folder, Objective(0.5, 0.3, 5.0, seed=1))
    assert mean_loss(fast, turns(rows[:10])) == pytest.approx(expected, rel=FLOAT32)
    assert fast.model.training is False


def test_weights_of_a_row() -> None:
    row = EncodedExample(0, (7, 8, 9), (10, 11, 2), (True, False, True))
    assert token_weights(row, 0.25) == (0.0, 0.25, 0.25, 1.0, 0.0, 1.0)
    assert total_weight(row, 0.25) == sum(token_weights(row, 0.25))
    assert token_weights(replace(row, learned=None), 0.0) == (0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
