"""Merged weights: those of peft's own merge for every kind of adapter, and the numbers that few bits stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.export.merging import Merged, merge
from lfine.finetune.models.adapters import load_adapter
from lfine.schemas.errors import RunError
from tests.finetune.export.conftest import MakeAdapter, base
from tests.finetune.models.plans import lora

ALL = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "every layer": {"target_modules": ALL},
    "rslora": {"use_rslora": True},
    "patterns": {"target_modules": ALL, "rank_pattern": {"q_proj": 2, "up_proj": 7}, "alpha_pattern": {"v_proj": 3}},
    "rslora with patterns": {"use_rslora": True, "rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 3}},
    "dora": {"use_dora": True},
    "pissa": {"init": "pissa"},
    "olora with rslora": {"init": "olora", "use_rslora": True},
    "embedding": {"target_modules": ("q_proj", "embed_tokens")},
    "embedding with dora": {"target_modules": ("q_proj", "embed_tokens"), "use_dora": True},
    "whole head": {"modules_to_save": ("lm_head",)},
    "whole embedding": {"modules_to_save": ("embed_tokens",)},
    "whole norms": {"modules_to_save": ("input_layernorm",)},
}
NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="float32")
INT8 = QuantizationPlan(bits=8, quant_type="nf4", double_quant=False, compute_dtype="float32")


def merged_here(folder: Path, adapter: Path, dtype: torch.dtype = torch.float32) -> Merged:
    return merge(load_adapter(base(folder), adapter), dtype, computing=torch.float32)


def reference(folder: Path, adapter: Path, quantization: QuantizationPlan | None = None) -> dict[str, Tensor]:
    """What peft's own merge gives in float32, on a base whose head is not tied: tied, it would change both."""
    plain = base(folder, quantization)
    head = plain.get_output_embeddings()  # type: ignore[operator]
    head.weight = nn.Parameter(head.weight.detach().clone())
    found: dict[str, Tensor] = load_adapter(plain, adapter).merge_and_unload(safe_merge=True).state_dict()
    return found


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Equal but for the order in which float32 sums are made; weights are about 1."""
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-6, atol=1e-6, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_as_peft_merges(kind: str, tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    folder = adapter(tiny_model_folder, lora(**KINDS[kind]))
    found = merged_here(tiny_model_folder, folder).weights
    expected = reference(tiny_model_folder, folder)
    assert_same(found, expected)
    before = base(tiny_model_folder).state_dict()
    assert any(not torch.equal(found[name], weight) for name, weight in before.items())


@pytest.mark.parametrize("bias", ["all", "lora_only"])
def test_biases(bias: str, tiny_neox_folder: Path, adapter: MakeAdapter) -> None:
    folder = adapter(tiny_neox_folder, lora(target_modules=("query_key_value", "dense"), bias=bias))
    found = merged_here(tiny_neox_folder, folder).weights
    assert_same(found, reference(tiny_neox_folder, folder))
    name = "gpt_neox.layers.0.attention.query_key_value.bias"
    assert not torch.equal(found[name], base(tiny_neox_folder).state_dict()[name])


@pytest.mark.parametrize("use_dora", [False, True])
def test_layers_that_lie_the_other_way(use_dora: bool, tiny_gpt2_folder: Path, adapter: MakeAdapter) -> None:
    folder = adapter(tiny_gpt2_folder, lora(target_modules=("c_attn", "c_proj"), use_dora=use_dora))
    assert_same(merged_here(tiny_gpt2_folder, folder).weights, reference(tiny_gpt2_folder, folder))


@pytest.mark.parametrize("plan", [NF4, INT8], ids=["nf4", "int8"])
@pytest.mark.parametrize("kind", ["every layer", "dora"])
def test_a_quantized_base_is_what_its_bits_stand_for(
    kind: str, plan: QuantizationPlan, tiny_model_folder: Path, adapter: MakeAdapter
) -> None:
    folder = adapter(tiny_model_folder, lora(**KINDS[kind]), plan)
    found = merge(load_adapter(base(tiny_model_folder, plan), folder), torch.float32, computing=torch.float32).weights
    assert_same(found, reference(tiny_model_folder, folder, plan))
    exact = merged_here(tiny_model_folder, folder).weights
    name = "model.layers.0.mlp.up_proj.weight"  # rounded by quantization, whether adapted or not
    assert not torch.allclose(found[name], exact[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "tied"),
    [("plain", True), ("embedding", False), ("whole head", False), ("whole embedding", False), ("head", False)],
)
def test_embedding_and_head_part_when_one_is_trained(
    kind: str, tied: bool, tiny_model_folder: Path, adapter: MakeAdapter
) -> None:
    changes = {"target_modules": ("q_proj", "lm_head")} if kind == "head" else KINDS[kind]
    found = merged_here(tiny_model_folder, adapter(tiny_model_folder, lora(**changes)))
    before = base(tiny_model_folder).state_dict()["lm_head.weight"]
    names = ("lm_head.weight", "model.embed_tokens.weight")
    changed = {name for name in names if not torch.equal(found.weights[name], before)}
    trained = {"embedding": "model.embed_tokens.weight", "whole embedding": "model.embed_tokens.weight"}
    assert (found.tied, changed) == (tied, set() if tied else {trained.get(kind, "lm_head.weight")})


def test_rounded_once_at_the_end(tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    folder = adapter(tiny_model_folder, lora())
    exact = merged_here(tiny_model_folder, folder).weights
    for name, weight in merged_here(tiny_model_folder, folder, torch.bfloat16).weights.items():
        assert torch.equal(weight, exact[name].to(torch.bfloat16))


def test_what_was_rounded_is_named(tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    """The base holds float32 here; in bfloat16 a base of bfloat16 keeps all that no adapter changes."""
    folder = adapter(tiny_model_folder, lora())
    assert merged_here(tiny_model_folder, folder).rounded == frozenset()
    assert len(merged_here(tiny_model_folder, folder, torch.bfloat16).rounded) > 10
    adapted = {f"model.layers.{layer}.self_attn.{kind}_proj.weight" for layer in (0, 1) for kind in "qv"}
    model = load_adapter(base(tiny_model_folder, dtype="bfloat16"), folder)
    assert merge(model, torch.bfloat16, computing=torch.float32).rounded == adapted
    assert merge(model, torch.float32, computing=torch.float32).rounded == frozenset()
    assert merge(model, torch.float32, computing=torch.bfloat16).rounded == adapted  # kept in the file, lost when used


def test_a_small_update_is_added_before_it_is_rounded(tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    """Each of the four ranks adds 1/512 to a weight of 1: too little for bfloat16 alone, together one step of it."""
    model = load_adapter(base(tiny_model_folder, dtype="bfloat16"), adapter(tiny_model_folder, lora()))
    layer = model.get_base_model().model.layers[0].self_attn.q_proj
    layer.get_base_layer().weight.data.fill_(1.0)
    layer.lora_A["default"].weight.data.fill_(1 / 512 / layer.scaling["default"])
    layer.lora_B["default"].weight.data.fill_(1.0)
    found = merge(model, torch.bfloat16, computing=torch.float32).weights["model.layers.0.self_attn.q_proj.weight"]
    assert torch.equal(found, torch.full_like(found, 1 + 1 / 128))
    assert torch.tensor(1 + 1 / 512).bfloat16() == 1


def test_the_model_is_left_as_it_was(tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    model = load_adapter(base(tiny_model_folder), adapter(tiny_model_folder, lora(use_dora=True)))
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    merge(model, torch.bfloat16, computing=torch.float32)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_a_model_without_an_adapter_gives_its_own_weights(tiny_model_folder: Path) -> None:
    plain = base(tiny_model_folder)
    found = merge(plain, torch.float32, computing=torch.float32)
    assert found.tied
    assert found.weights["lm_head.weight"] is found.weights["model.embed_tokens.weight"]
    assert_same(found.weights, plain.state_dict())


def test_a_weight_beyond_float16(tiny_model_folder: Path) -> None:
    plain = base(tiny_model_folder)
    plain.state_dict()["model.layers.1.mlp.up_proj.weight"][0, 0] = 1e5
    assert torch.isfinite(
        merge(plain, torch.bfloat16, computing=torch.float32).weights["model.layers.1.mlp.up_proj.weight"]
    ).all()
    with pytest.raises(RunError, match=r"layers\.1\.mlp\.up_proj\.weight has a weight of 1e\+05") as caught:
        merge(plain, torch.float16, computing=torch.float32)
    assert caught.value.problems[0].code == "LF540"
