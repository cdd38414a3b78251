"""Quantized weights against what bitsandbytes' own layers hold: equal to the last bit."""

from __future__ import annotations

import warnings
from pathlib import Path

import bitsandbytes as bnb
import pytest
import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.models.quantization import linear_layers, quantize_weights, round_trip

PLANS = (
    QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="float32"),
    QuantizationPlan(bits=4, quant_type="nf4", double_quant=False, compute_dtype="float32"),
    QuantizationPlan(bits=4, quant_type="fp4", double_quant=True, compute_dtype="float32"),
    QuantizationPlan(bits=8, quant_type="nf4", double_quant=True, compute_dtype="float32"),
)


def held_by_bitsandbytes(weight: Tensor, plan: QuantizationPlan) -> Tensor:
    """Return the weight of a bitsandbytes layer that was loaded with `weight`, dequantized by bitsandbytes."""
    if plan.bits == 4:
        held = bnb.nn.Params4bit(
            weight.clone(),
            requires_grad=False,
            compress_statistics=plan.double_quant,
            quant_type=plan.quant_type,
        ).to("cpu")
        found: Tensor = bnb.functional.dequantize_4bit(held.data, held.quant_state)
        return found
    held = bnb.nn.Int8Params(weight.clone(), requires_grad=False).to("cpu")
    found = bnb.functional.int8_vectorwise_dequant(held.data, held.SCB)
    return found.to(weight.dtype)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.bits}-{plan.quant_type}-{plan.double_quant}")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(96, 64), (5, 24)])
def test_weights_equal_those_of_bitsandbytes(
    plan: QuantizationPlan, dtype: torch.dtype, shape: tuple[int, int]
) -> None:
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    ours = round_trip(weight, plan)
    assert torch.equal(ours, held_by_bitsandbytes(weight, plan))
    assert ours.dtype == dtype
    assert not torch.equal(ours, weight)


def test_every_linear_layer_but_the_head(tiny_neox_folder: Path) -> None:
    plain = load_base(tiny_neox_folder, dtype="float32", device="cpu", quantization=None)
    names = {id(layer): name for name, layer in plain.named_modules()}
    assert sorted(names[id(layer)].rpartition(".")[2] for layer in linear_layers(plain)) == sorted(
        2 * ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]
    )
    rounded = load_base(tiny_neox_folder, dtype="float32", device="cpu", quantization=PLANS[0])
    before, after = plain.state_dict(), rounded.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {f"{names[id(layer)]}.weight" for layer in linear_layers(plain)}
    for name in changed:
        assert torch.equal(after[name], held_by_bitsandbytes(before[name], PLANS[0]))


def test_a_turned_layer_is_quantized_along_its_inputs() -> None:
    layer = Conv1D(48, 64)
    before = layer.weight.detach().clone()
    quantize_weights(nn.Sequential(layer), PLANS[0])
    assert torch.equal(layer.weight, held_by_bitsandbytes(before.T.contiguous(), PLANS[0]).T)


def test_a_layer_computes_what_bitsandbytes_computes() -> None:
    source = torch.Generator().manual_seed(1)
    weight, rows = torch.randn(32, 64, generator=source), torch.randn(3, 64, generator=source)
    theirs = bnb.nn.Linear4bit(64, 32, bias=False, quant_type="nf4", compute_dtype=torch.float32)
    theirs.weight = bnb.nn.Params4bit(weight.clone(), requires_grad=False, quant_type="nf4").to("cpu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs(rows)
    # Equal weights; the sums of 64 fp32 products may be taken in another order.
    torch.testing.assert_close(rows @ round_trip(weight, PLANS[0]).T, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("dtype", "compute"), [("float32", "bfloat16"), ("bfloat16", "float32")])
def test_weights_are_multiplied_in_the_compute_dtype(dtype: str, compute: str) -> None:
    """As bitsandbytes' own layer: its input is turned into the compute dtype, its output back."""
    inside, outside = getattr(torch, compute), getattr(torch, dtype)
    generator = torch.Generator().manual_seed(0)
    layer = nn.Linear(64, 32).to(outside)
    model = nn.ModuleList([layer])
    inputs = torch.randn(5, 64, generator=generator).to(outside)
    plain = layer(inputs)
    plan = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype=compute)
    rounded = round_trip(layer.weight.detach(), plan)
    quantize_weights(model, plan)
    found = layer(inputs)
    expected = nn.functional.linear(inputs.to(inside), rounded.to(inside), layer.bias.detach().to(inside)).to(outside)
    assert found.dtype == outside
    assert layer.weight.dtype == inside
    assert torch.equal(found, expected)
    assert not torch.equal(found, plain)
