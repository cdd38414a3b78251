"""Adapters of one rank and one scale: the same model, by a formula that knows no patterns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lfine.finetune.export.adapter_folder import layer_of, write_adapter
from lfine.finetune.models.adapters import load_adapter
from tests.finetune.export.conftest import MakeAdapter, base
from tests.finetune.models.plans import lora

IDS = torch.arange(3, 19).unsqueeze(0)
PATTERNS: dict[str, Any] = {
    "target_modules": ("q_proj", "v_proj", "up_proj"),
    "rank_pattern": {"q_proj": 2, "up_proj": 7},
    "alpha_pattern": {"layers.1.self_attn.v_proj": 3},
}


@torch.no_grad()
def logits(model: nn.Module) -> Tensor:
    found: Tensor = model(IDS).logits
    return found


def rewritten(adapter: Path, folder: Path) -> Path:
    folder.mkdir()
    write_adapter(adapter, folder, base_name="org/base")
    return folder


def test_a_plain_adapter_keeps_its_bits(tiny_model_folder: Path, adapter: MakeAdapter, tmp_path: Path) -> None:
    made = adapter(tiny_model_folder, lora())
    found = rewritten(made, tmp_path / "out")
    before, after = load_file(made / "adapter_model.safetensors"), load_file(found / "adapter_model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    configs = [json.loads((folder / "adapter_config.json").read_text()) for folder in (made, found)]
    assert {key for key in configs[0] if configs[0][key] != configs[1][key]} == {"base_model_name_or_path"}
    assert configs[1]["base_model_name_or_path"] == "org/base"
    assert str(tiny_model_folder) not in json.dumps(configs[1])


@pytest.mark.parametrize("more", [{}, {"use_rslora": True}, {"use_dora": True}], ids=["lora", "rslora", "dora"])
def test_one_rank_and_one_scale(
    more: dict[str, Any], tiny_model_folder: Path, adapter: MakeAdapter, tmp_path: Path
) -> None:
    """Float32: the scale is multiplied into B, which rounds it once more; logits are about 10."""
    made = adapter(tiny_model_folder, lora(**PATTERNS, **more))
    found = rewritten(made, tmp_path / "out")
    config = json.loads((found / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["use_rslora"]) == (7, 7, False)
    assert (config["rank_pattern"], config["alpha_pattern"]) == ({}, {})
    shapes = {
        weight.shape[0] for name, weight in load_file(found / "adapter_model.safetensors").items() if "lora_A" in name
    }
    assert shapes == {7}
    expected = logits(load_adapter(base(tiny_model_folder), made))
    torch.testing.assert_close(logits(load_adapter(base(tiny_model_folder), found)), expected, rtol=1e-4, atol=1e-4)


def test_servers_that_know_no_patterns_get_the_same_numbers(
    tiny_model_folder: Path, adapter: MakeAdapter, tmp_path: Path
) -> None:
    """What vLLM and LoRAX add to a weight is alpha / r B A, for every layer alike."""
    made = adapter(tiny_model_folder, lora(**PATTERNS))
    found = rewritten(made, tmp_path / "out")
    model = load_adapter(base(tiny_model_folder), made)
    config, weights = (
        json.loads((found / "adapter_config.json").read_text()),
        load_file(found / "adapter_model.safetensors"),
    )
    for layer in ("layers.0.self_attn.v_proj", "layers.1.self_attn.v_proj", "layers.0.mlp.up_proj"):
        name = f"base_model.model.model.{layer}"
        served = (
            weights[f"{name}.lora_B.weight"] @ weights[f"{name}.lora_A.weight"] * config["lora_alpha"] / config["r"]
        )
        own = model.get_submodule(name).get_delta_weight("default")
        torch.testing.assert_close(served, own, rtol=1e-5, atol=1e-6)


def test_layers_of_saved_weights() -> None:
    halves = ("lora_A", "lora_embedding_A")
    assert layer_of("base_model.model.model.layers.0.q_proj.lora_A.weight", halves) == "model.layers.0.q_proj"
    assert layer_of("base_model.model.model.embed_tokens.lora_embedding_A", halves) == "model.embed_tokens"
    assert layer_of("base_model.model.lm_head.weight", halves) is None
