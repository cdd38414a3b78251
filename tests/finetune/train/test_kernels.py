"""Each kernel beside the module that it stands for: values and gradients, in float32 and bfloat16."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peft
import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lfine.finetune.compile.kernels import KERNELS
from lfine.finetune.compile.plan import AdapterPlan
from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.kernels import adapted, dropped, gated, rms_norm, use_kernels
from tests.finetune.models.plans import lora
from tests.finetune.train.layouts import close, family_model

WIDTH, INNER, TOKENS = 24, 40, 13
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 2e-2}
"""Relative to the norm: order of sums; in bfloat16 three roundings of 2^-9 on the way, in another order."""
DTYPES = sorted(TOLERANCE, key=str)


def both(
    fast: Callable[[Tensor], Tensor], plain: Callable[[Tensor], Tensor], dtype: torch.dtype
) -> tuple[list[Tensor], list[Tensor]]:
    """Return output and gradient of the input, of each side."""
    torch.manual_seed(8)
    x, grad = torch.randn(2, TOKENS, WIDTH).to(dtype), torch.randn(2, TOKENS, WIDTH).to(dtype)
    found = []
    for compute in (fast, plain):
        given = x.clone().requires_grad_()
        out = compute(given)
        out.backward(grad[..., : out.shape[-1]])
        assert given.grad is not None
        found.append([out.detach().float(), given.grad.float()])
    return found[0], found[1]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_norm(dtype: torch.dtype) -> None:
    weight = torch.rand(WIDTH).add(0.5).to(dtype)

    def plain(x: Tensor) -> Tensor:
        wide = x.float()
        return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + 1e-5)).to(dtype)

    mine, theirs = both(lambda x: rms_norm(x, weight, 1e-5), plain, dtype)
    assert all(close(one, other, TOLERANCE[dtype]) for one, other in zip(mine, theirs, strict=True))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gate(dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    gate, up, down = (torch.randn(*shape).to(dtype) for shape in ((INNER, WIDTH), (INNER, WIDTH), (WIDTH, INNER)))

    def plain(x: Tensor) -> Tensor:
        return (nn.functional.silu(x @ gate.T) * (x @ up.T)) @ down.T

    mine, theirs = both(lambda x: gated(x, gate, up, down), plain, dtype)
    assert all(close(one, other, TOLERANCE[dtype]) for one, other in zip(mine, theirs, strict=True))


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_adapter(dtype: torch.dtype, bias: bool, dropout: bool) -> None:
    torch.manual_seed(1)
    weight, a, b = torch.randn(INNER, WIDTH).to(dtype), torch.randn(4, WIDTH), torch.randn(INNER, 4)
    offset = torch.randn(INNER).to(dtype) if bias else None
    gone = torch.rand(2, TOKENS, WIDTH) < 0.25 if dropout else None
    sides: list[list[Tensor]] = []
    torch.manual_seed(8)
    x, grad = torch.randn(2, TOKENS, WIDTH).to(dtype), torch.randn(2, TOKENS, INNER).to(dtype)
    for fast in (True, False):
        given, down, up = (value.clone().requires_grad_() for value in (x, a, b))
        if fast:
            out = adapted(given, gone, (weight, offset), down, up, 0.5)
        else:
            taken = given if gone is None else given * ~gone
            plain = nn.functional.linear(given, weight, offset)
            out = (plain + 0.5 * (taken.float() @ down.T @ up.T)).to(dtype)
        out.backward(grad)
        gradients = [value.grad.float() for value in (given, down, up) if value.grad is not None]
        assert len(gradients) == 3
        sides.append([out.detach().float(), *gradients])
    assert all(close(mine, theirs, TOLERANCE[dtype]) for mine, theirs in zip(*sides, strict=True))


@pytest.mark.parametrize("model_type", sorted(KERNELS))
def test_every_family_has_what_the_plan_says(model_type: str) -> None:
    model = family_model(model_type)
    model.requires_grad_(requires_grad=False)
    ids = torch.arange(3, 40)[None]
    expected = model(input_ids=ids).logits
    found = use_kernels(model, KERNELS[model_type])
    assert found.get("norm", 5) >= 5  # two layers of two or more, and the last one
    assert found.get("gate", 2) == 2
    torch.testing.assert_close(model(input_ids=ids).logits, expected, rtol=1e-4, atol=1e-5)


def tuned(folder: Path, **changes: object) -> tuple[PreTrainedModel, peft.PeftModel]:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    plan: AdapterPlan = lora(**changes)
    return model, add_adapter(model, plan, seed=1)


def test_the_adapter_is_found_in_every_adapted_layer(tiny_model_folder: Path) -> None:
    model, _ = tuned(tiny_model_folder)
    layers = [module for module in model.modules() if isinstance(module, peft.tuners.lora.Linear)]
    assert use_kernels(model, ("norm", "gate", "adapter"))["adapter"] == len(layers) > 0


def test_what_is_trained_or_not_plain_lora_stays_as_it_is(tiny_model_folder: Path) -> None:
    model, _ = tuned(tiny_model_folder, use_dora=True)
    assert use_kernels(model, ("adapter",))["adapter"] == 0
    model.requires_grad_(requires_grad=True)
    assert use_kernels(model, ("norm", "gate")) == {"norm": 0, "gate": 0}


def test_a_merged_and_a_disabled_adapter_are_left_to_peft(tiny_model_folder: Path) -> None:
    model, wrapper = tuned(tiny_model_folder)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_()
    use_kernels(model, ("adapter",))
    ids = torch.arange(3, 20)[None]
    expected = model(input_ids=ids).logits
    with wrapper.disable_adapter():
        assert not torch.allclose(model(input_ids=ids).logits, expected, atol=1e-3)
    wrapper.merge_adapter()
    torch.testing.assert_close(model(input_ids=ids).logits, expected, rtol=1e-3, atol=1e-4)


def test_dropout_is_drawn_for_each_layer_in_training_alone(tiny_model_folder: Path) -> None:
    model, _ = tuned(tiny_model_folder, dropout=0.5)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_B" in name:
                value.normal_()
    use_kernels(model, ("adapter",))
    ids = torch.arange(3, 20)[None]
    torch.testing.assert_close(model.eval()(input_ids=ids).logits, model(input_ids=ids).logits, rtol=0, atol=0)
    model.train()
    assert not torch.allclose(model(input_ids=ids).logits, model(input_ids=ids).logits, atol=1e-3)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.999])
def test_dropout_takes_its_share_of_every_place(p: float) -> None:
    """Of a million draws; the bound is five standard deviations."""
    torch.manual_seed(2)
    size = 1_000_003
    gone = dropped(torch.ones(size), p)
    assert gone.float().mean().item() == pytest.approx(p, abs=5 * (p * (1 - p) / size) ** 0.5)
    four = gone[: size - size % 4].view(-1, 4).float()  # those of one draw of 64 bits
    spread = 5 * (p * (1 - p) / (size // 4)) ** 0.5
    assert four.mean(0).tolist() == pytest.approx([p] * 4, abs=spread)


def test_dropout_follows_the_seed() -> None:
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(dropped(torch.ones(500), 0.5))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])


def test_what_dropout_leaves_is_scaled_up(tiny_model_folder: Path) -> None:
    """The mean over many draws is the layer without dropout."""
    model, _ = tuned(tiny_model_folder, dropout=0.5)
    layer = next(module for module in model.modules() if isinstance(module, peft.tuners.lora.Linear))
    with torch.no_grad():
        layer.lora_B["default"].weight.normal_()
        use_kernels(model, ("adapter",))
        x = torch.ones(1, 1, layer.in_features)
        expected = layer.eval()(x)
        layer.train()
        torch.manual_seed(0)
        found = layer(x.expand(1, 40_000, -1)).mean(1, keepdim=True)
    assert close(found.flatten(), expected.flatten(), 2e-2)  # the mean of 40,000 draws
