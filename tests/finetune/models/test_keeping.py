"""A base model that is kept: its weights are shared, all else is a copy; loaded again once a weight has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitsandbytes
import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.models import keeping
from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.keeping import KeptBase, bits_of, fresh, keepable
from lfine.finetune.models.loading import load_base
from tests.finetune.models.plans import lora

IDS = torch.tensor([[5, 9, 40, 7]])
NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")
KEPT = "the base model is still in memory: it is not loaded again"
CHANGED = "the last task has changed weights of the base model itself: it is loaded again"


class Kept(KeptBase):
    """A KeptBase that notes what it says, and how often it went to the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        self.loads = 0
        super().__init__(self.said.append)

        def counted(*where: Any, **how: Any) -> PreTrainedModel:
            self.loads += 1
            return load_base(*where, **how)

        monkeypatch.setattr(keeping, "load_base", counted)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    return Kept(monkeypatch)


def ask(kept: KeptBase, folder: Path, **changes: Any) -> PreTrainedModel:
    how: dict[str, Any] = {"dtype": "float32", "device": "cpu", "quantization": None, **changes}
    return kept(folder, **how)


@torch.inference_mode()
def said(model: nn.Module) -> Tensor:
    logits: Tensor = model(IDS).logits
    return logits


def test_the_second_model_shares_the_weights_of_the_first_and_nothing_else(kept: Kept, tiny_model_folder: Path) -> None:
    first, second = ask(kept, tiny_model_folder), ask(kept, tiny_model_folder)
    assert (kept.loads, kept.said) == (1, [KEPT])
    for (name, one), (_, other) in zip(first.named_parameters(), second.named_parameters(), strict=True):
        assert one.data_ptr() == other.data_ptr(), name
    assert not {id(each) for each in first.modules()} & {id(each) for each in second.modules()}
    assert not {each.data_ptr() for each in first.buffers()} & {each.data_ptr() for each in second.buffers()}
    assert first.config is not second.config
    assert first.get_input_embeddings().weight is first.get_output_embeddings().weight  # still tied


def test_what_is_done_to_one_model_does_not_reach_the_next(kept: Kept, tiny_model_folder: Path) -> None:
    first = ask(kept, tiny_model_folder)
    plain = said(first)
    adapted = add_adapter(first, lora(modules_to_save=("lm_head",)), seed=1)
    for weight in adapted.parameters():
        if weight.requires_grad:
            nn.init.normal_(weight)
    first.set_attn_implementation("eager")
    first.gradient_checkpointing_enable()
    first.train()
    first.register_forward_hook(lambda *_: pytest.fail("a hook of the model before"))
    second = ask(kept, tiny_model_folder)
    untouched = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    assert kept.said == [KEPT]
    assert repr(second) == repr(untouched)
    assert second.config.to_dict() == untouched.config.to_dict()
    assert second.config._attn_implementation == "sdpa"
    assert not any(module.training for module in second.modules())
    assert not any(weight.requires_grad for weight in second.parameters())
    assert vars(second).keys() == vars(untouched).keys()
    assert torch.equal(said(second), plain)


def test_a_gradient_that_was_left_does_not_reach_the_next(kept: Kept, tiny_model_folder: Path) -> None:
    first = ask(kept, tiny_model_folder).requires_grad_(requires_grad=True)
    first(IDS).logits.sum().backward()
    second = ask(kept, tiny_model_folder)
    assert kept.said == [KEPT]
    assert all(weight.grad is None and not weight.requires_grad for weight in second.parameters())


@pytest.mark.parametrize("changes", [{}, {"dtype": "bfloat16"}])
def test_a_changed_weight_is_found_and_the_model_loaded_again(
    changes: dict[str, Any], kept: Kept, tiny_model_folder: Path
) -> None:
    first = ask(kept, tiny_model_folder, **changes)
    plain = said(first)
    with torch.no_grad():
        list(first.parameters())[-1].data[-1] *= 1.5  # past autograd's own counter of changes
    assert torch.equal(said(ask(kept, tiny_model_folder, **changes)), plain)
    assert (kept.loads, kept.said) == (2, [CHANGED])
    ask(kept, tiny_model_folder, **changes)
    assert (kept.loads, kept.said) == (2, [CHANGED, KEPT])


def test_layers_that_multiply_in_another_dtype_still_do(kept: Kept, tiny_model_folder: Path) -> None:
    first = ask(kept, tiny_model_folder, quantization=NF4)
    second = ask(kept, tiny_model_folder, quantization=NF4)
    untouched = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=NF4)
    layer = second.get_submodule("model.layers.0.self_attn.q_proj")
    assert layer.weight.dtype == torch.bfloat16
    assert torch.equal(said(second), said(untouched))
    assert torch.equal(said(first), said(untouched))
    assert kept.loads == 1


def test_another_dtype_scheme_or_folder_is_another_base(
    kept: Kept, tiny_model_folder: Path, tiny_neox_folder: Path
) -> None:
    ask(kept, tiny_model_folder)
    ask(kept, tiny_model_folder, dtype="bfloat16")
    ask(kept, tiny_model_folder, dtype="bfloat16", quantization=NF4)
    ask(kept, tiny_neox_folder, dtype="bfloat16", quantization=NF4)
    ask(kept, tiny_model_folder)
    assert (kept.loads, kept.said) == (5, [])


def test_weights_that_their_first_use_moves_are_not_kept(
    kept: Kept, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Int8Params(nn.Parameter):
        """As bitsandbytes names it."""

    def loaded(*_: Any, **__: Any) -> PreTrainedModel:
        model = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
        layer = model.get_submodule("model.layers.0.self_attn.q_proj")
        layer.weight = Int8Params(layer.weight.data, requires_grad=False)
        return model

    monkeypatch.setattr(keeping, "load_base", loaded)
    first, second = ask(kept, tiny_model_folder), ask(kept, tiny_model_folder)
    assert not keepable(first)
    assert next(first.parameters()).data_ptr() != next(second.parameters()).data_ptr()
    assert kept.said == []


def test_four_bit_weights_are_shared_with_their_scales() -> None:
    layer = bitsandbytes.nn.Linear4bit(64, 32, bias=False, compute_dtype=torch.float32, quant_type="nf4")
    model: Any = nn.Sequential(layer).to("cpu").eval()  # moving it is what quantizes it
    given = torch.randn(3, 64, generator=torch.Generator().manual_seed(0))
    expected, before = model(given), bits_of(model)
    first, second = fresh(model), fresh(model)
    assert torch.equal(first(given), expected)
    assert torch.equal(second(given), expected)
    assert first[0].weight is second[0].weight is layer.weight
    assert first[0].quant_state is layer.weight.quant_state
    assert first[0] is not second[0]
    assert keepable(model)
    assert bits_of(model) == before


def test_bits_tell_weights_apart(tiny_model_folder: Path) -> None:
    model = load_base(tiny_model_folder, dtype="bfloat16", device="cpu", quantization=None)
    before = bits_of(model)
    assert before == bits_of(fresh(model))
    weight = list(model.parameters())[2]
    with torch.no_grad():
        weight[0, 0] += 1
    after = bits_of(model)
    assert [at for at, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] == [2]
