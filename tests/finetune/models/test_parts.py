"""The projection onto the vocabulary: what a family does behind it, and in float32 whatever the model's dtype."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lfine.finetune.models.loading import load_base
from lfine.finetune.models.parts import parts_of, projection_of
from tests.finetune.generate.test_equal_to_generate import spread

IDS = torch.tensor([[5, 9, 3, 17, 40]])


def states_of(model: PreTrainedModel) -> Tensor:
    found: Tensor = parts_of(model)[0](input_ids=IDS).last_hidden_state[0]
    return found


@pytest.mark.parametrize("model_type", ["llama", "gemma2", "granite", "cohere"])
def test_they_are_the_models_own_logits(model_type: str) -> None:
    model = spread(model_type)
    with torch.no_grad():
        own, found = model(input_ids=IDS).logits[0], projection_of(model)(states_of(model))
        assert torch.equal(found, own)
        assert torch.equal(projection_of(model, wide=True)(states_of(model)), own)  # it is float32 as it is


def test_wide_logits_are_not_rounded_to_bfloat16(tiny_model_folder: Path) -> None:
    model = load_base(tiny_model_folder, dtype="bfloat16", device="cpu", quantization=None)
    with torch.no_grad():
        states, weight = states_of(model), model.get_output_embeddings().weight
        wide, narrow = projection_of(model, wide=True)(states), projection_of(model)(states)
        exact = nn.functional.linear(states.double(), weight.double())
    assert (wide.dtype, narrow.dtype) == (torch.float32, torch.bfloat16)
    assert (wide - exact).abs().max() < 1e-5 * exact.abs().max()
    assert (narrow - exact).abs().max() > 1e-3 * exact.abs().max()


def test_what_stands_in_the_place_of_the_projection_is_asked_itself(tiny_model_folder: Path) -> None:
    """An adapter on the projection, say: its weights alone are not the projection."""
    model = load_base(tiny_model_folder, dtype="bfloat16", device="cpu", quantization=None)

    class Doubled(nn.Linear):
        def forward(self, states: Tensor) -> Tensor:
            return 2 * super().forward(states)

    vocabulary, width = model.get_output_embeddings().weight.shape
    other = Doubled(width, vocabulary, bias=False, dtype=torch.bfloat16)
    model.set_output_embeddings(other)
    with torch.no_grad():
        states = states_of(model)
        assert torch.equal(projection_of(model, wide=True)(states), other(states))
