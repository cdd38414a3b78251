"""The table of families against the models that transformers builds (on the meta device: shapes without memory)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.pytorch_utils import Conv1D

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.families import COUNTED, FAMILIES

# What a configuration needs besides its number of layers, where its own default values do not build.
NEEDED: dict[str, dict[str, object]] = {
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "nemotron": {"num_key_value_heads": 8},
}


def built(family: str) -> PreTrainedModel:
    config = AutoConfig.for_model(family, num_hidden_layers=2, **NEEDED.get(family, {}))
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_names_are_those_of_the_model(family: str, tmp_path: Path) -> None:
    model = built(family)
    head = model.get_output_embeddings()
    linear = [
        name for name, layer in model.named_modules() if isinstance(layer, nn.Linear | Conv1D) and layer is not head
    ]
    for target in FAMILIES[family].linear:
        assert any(name.endswith(f".{target}") for name in linear), f"{family} has no {target}"
    rest = [name for name in linear if not name.endswith(tuple(f".{target}" for target in FAMILIES[family].linear))]
    assert not rest
    if family in COUNTED:
        config = {**model.config.to_dict(), "model_type": family}
        (tmp_path / "config.json").write_text(json.dumps(config, default=str), encoding="utf-8")
        assert read_card(tmp_path).parameters == sum(weight.numel() for weight in model.parameters())
