"""Noise on the embeddings: its size, and that it depends on seed, update and place in the batch alone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.losses import update_gradient
from lfine.finetune.train.noise import batch_noise, row_noise
from lfine.finetune.train.targets import Objective
from tests.finetune.train.reference import plain_loss
from tests.finetune.train.test_losses import FLOAT32, GRADIENT, engine, gradient, plain

NOISE = Objective(noise_alpha=5.0, seed=9)


def test_the_size_is_that_of_the_paper() -> None:
    """Uniform in ±alpha/sqrt(length · width), so an expected norm of alpha/sqrt(3)."""
    noise = row_noise(200, 64, 5.0, "0:0:0")
    bound = 5 / math.sqrt(200 * 64)
    assert noise.shape == (200, 64)
    assert 0.99 * bound < noise.abs().max() <= bound
    assert noise.norm().item() == pytest.approx(5 / math.sqrt(3), rel=0.02)
    assert abs(noise.mean()) < 0.02 * bound


def test_what_it_depends_on() -> None:
    noise = row_noise(6, 8, 5.0, "9:3:1")
    assert torch.equal(noise, row_noise(6, 8, 5.0, "9:3:1"))
    for other in ("8:3:1", "9:4:1", "9:3:2"):
        assert not torch.equal(noise, row_noise(6, 8, 5.0, other))


def test_it_leaves_the_random_state_alone(rows: tuple[EncodedExample, ...]) -> None:
    before = torch.random.get_rng_state()
    assert batch_noise(rows[:2], [0, 1], NOISE, width=8, step=0) is not None
    assert torch.equal(before, torch.random.get_rng_state())
    assert batch_noise(rows[:2], [0, 1], Objective(), width=8, step=0) is None


class Noisy(nn.Module):
    """The plain model with noise added to its embeddings, row by row."""

    def __init__(self, model: nn.Module, noise: list[Tensor]) -> None:
        super().__init__()
        self.model, self.noise = model, noise

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> object:
        embedded = self.model.get_input_embeddings()(input_ids).clone()  # type: ignore[operator]
        for number, noise in enumerate(self.noise):
            embedded[number, : noise.shape[0]] += noise
        return self.model(inputs_embeds=embedded, attention_mask=attention_mask)


@pytest.mark.parametrize(("layout", "micro"), [("shared_prefix", 3), ("shared_prefix", 8), ("padded", 3)])
def test_loss_and_gradient_are_those_of_the_plain_noisy_batch(
    layout: str, micro: int, tiny_model_folder: Path, rows: tuple[EncodedExample, ...]
) -> None:
    batch, step = rows[:8], 4
    reference = plain(tiny_model_folder)
    noise = [row_noise(row.length, 32, 5.0, f"9:{step}:{number}") for number, row in enumerate(batch)]
    expected = plain_loss(Noisy(reference, noise), batch)
    expected.backward()
    fast = engine(tiny_model_folder, NOISE, layout=layout, micro=micro)
    assert update_gradient(fast, batch, step) == pytest.approx(expected.item(), rel=FLOAT32)
    wanted = gradient(reference)
    assert (gradient(fast.model) - wanted).norm() <= GRADIENT * wanted.norm()
    assert abs(expected.item() - plain_loss(reference, batch).item()) > 1e-3
