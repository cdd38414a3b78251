"""Products with weights laid out beforehand are those with the weights as they were, and the model is given back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from lfine.finetune.models.laid_out import laid_out
from lfine.finetune.models.loading import load_base

HERE = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
needs_bf16 = pytest.mark.skipif(not HERE, reason="this processor's library multiplies no bfloat16")


def model_of(dtype: torch.dtype, *, bias: bool) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(96, 160, bias=bias), nn.GELU(), nn.Linear(160, 64, bias=bias)).to(dtype)


@needs_bf16
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("tokens", [1, 7, 32, 300])
def test_products_are_the_same_to_the_last_bit(tokens: int, bias: bool) -> None:
    """For the number of rows that they were laid out for, and for others."""
    model = model_of(torch.bfloat16, bias=bias)
    states = torch.randn(tokens, 96, dtype=torch.bfloat16)
    with torch.inference_mode():
        plain = model(states)
        with laid_out(model, tokens=32):
            assert "forward" in vars(model[0])
            assert torch.equal(model(states), plain)
        assert torch.equal(model(states), plain)
    assert "forward" not in vars(model[0])


def test_weights_in_float32_stay_as_they_are() -> None:
    model = model_of(torch.float32, bias=True)
    with laid_out(model, tokens=32):
        assert "forward" not in vars(model[0])


@needs_bf16
def test_the_model_is_given_back_after_an_error() -> None:
    model = model_of(torch.bfloat16, bias=True)
    with pytest.raises(ValueError, match="in between"), laid_out(model, tokens=32):
        raise ValueError("in between")
    assert "forward" not in vars(model[0])


@needs_bf16
def test_a_whole_model_gives_the_same_logits(tiny_model_folder: Path) -> None:
    model = load_base(tiny_model_folder, dtype="bfloat16", device="cpu", quantization=None).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        plain = model(ids).logits
        with laid_out(model, tokens=4):
            assert torch.equal(model(ids).logits, plain)


@needs_bf16
def test_what_is_laid_out_already_is_left_to_whoever_did_it() -> None:
    model = model_of(torch.bfloat16, bias=True)
    with laid_out(model, tokens=32):
        outer = vars(model[0])["forward"]
        with laid_out(model, tokens=7):
            assert vars(model[0])["forward"] is outer
        assert vars(model[0])["forward"] is outer
    assert "forward" not in vars(model[0])
