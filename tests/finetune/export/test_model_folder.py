"""Folders that from_pretrained loads: the same logits as the adapter, tied or not, in one file or many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from lfine.finetune.export import model_folder
from lfine.finetune.export.merging import merge
from lfine.finetune.export.model_folder import copy_tokenizer, generation_config, write_model
from lfine.finetune.models.adapters import load_adapter
from tests.finetune.export.conftest import MakeAdapter, base
from tests.finetune.models.plans import lora

IDS = torch.arange(3, 19).unsqueeze(0)


@torch.no_grad()
def logits(model: nn.Module) -> Tensor:
    found: Tensor = model(IDS).logits
    return found


def written(model: nn.Module, folder: Path, dtype: torch.dtype = torch.float32) -> nn.Module:
    """Write the model and load it as anybody would."""
    write_model(
        model,
        merge(model, dtype, computing=torch.float32),
        folder,
        dtype=dtype,
        stop_ids=frozenset({2, 0}),
        trusted=False,
    )
    loaded: nn.Module = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    return loaded


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"use_dora": True},
        {"init": "pissa"},
        {"modules_to_save": ("lm_head",)},
        {"modules_to_save": ("embed_tokens",)},
        {"target_modules": ("q_proj", "lm_head")},
        {"target_modules": ("q_proj", "embed_tokens")},
    ],
    ids=["plain", "dora", "pissa", "whole head", "whole embedding", "head", "embedding"],
)
def test_the_logits_of_the_adapter(
    changes: dict[str, Any], tiny_model_folder: Path, adapter: MakeAdapter, tmp_path: Path
) -> None:
    """Float32: the order of sums differs (logits are about 10)."""
    model = load_adapter(base(tiny_model_folder), adapter(tiny_model_folder, lora(**changes)))
    found = logits(written(model, tmp_path / "out"))
    torch.testing.assert_close(found, logits(model), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(found, logits(base(tiny_model_folder)), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("family", ["tiny_neox_folder", "tiny_gpt2_folder"])
def test_other_families(family: str, request: pytest.FixtureRequest, adapter: MakeAdapter, tmp_path: Path) -> None:
    folder = request.getfixturevalue(family)
    model = load_adapter(base(folder), adapter(folder, lora(target_modules="all-linear")))
    torch.testing.assert_close(logits(written(model, tmp_path / "out")), logits(model), rtol=1e-4, atol=1e-4)


def test_sixteen_bits_are_what_the_folder_says(tiny_model_folder: Path, tmp_path: Path) -> None:
    loaded = written(base(tiny_model_folder), tmp_path / "out", torch.bfloat16)
    assert {weight.dtype for weight in loaded.parameters()} == {torch.bfloat16}
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert (config["dtype"], config["tie_word_embeddings"]) == ("bfloat16", True)
    assert str(tiny_model_folder) not in json.dumps(config)


def test_large_models_come_in_several_files(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_folder, "SHARD", "40KB")
    model = base(tiny_model_folder)
    assert torch.equal(logits(written(model, tmp_path / "out")), logits(model))
    assert len(list((tmp_path / "out").glob("model-*-of-*.safetensors"))) > 1
    assert (tmp_path / "out" / "model.safetensors.index.json").is_file()


def test_every_end_token_is_named(tiny_model_folder: Path, tmp_path: Path) -> None:
    written(base(tiny_model_folder), tmp_path / "out")
    found = GenerationConfig.from_pretrained(tmp_path / "out")
    assert (found.eos_token_id, found.bos_token_id, found.pad_token_id) == ([0, 2], 1, 2)


def test_a_generation_config_that_transformers_refuses() -> None:
    odd = GenerationConfig(bos_token_id=1, pad_token_id=2)
    odd.do_sample, odd.temperature = False, 0.3  # as some published models have it
    with pytest.raises(ValueError, match="temperature"):
        odd.validate(strict=True)
    found = generation_config(odd, frozenset({2}))
    assert (found.eos_token_id, found.bos_token_id, found.pad_token_id) == ([2], 1, 2)
    sampled = GenerationConfig(do_sample=True, temperature=0.3)
    assert generation_config(sampled, frozenset({2})).temperature == 0.3
    assert sampled.eos_token_id is None  # the model's own is left alone
    assert generation_config(None, frozenset({2})).eos_token_id == [2]


def test_the_tokenizer_byte_for_byte(tiny_model_folder: Path, tmp_path: Path) -> None:
    names = (
        "vocab.json",
        "merges.txt",
        "tokenizer.model",
        "special_tokens_map.json",
        "tokenization_own.py",
        "notes.txt",
    )
    source = tmp_path / "source"
    (source / "additional_chat_templates").mkdir(parents=True)
    for path in tiny_model_folder.iterdir():
        (source / path.name).symlink_to(path)  # as in a cache of the hub
    for name in (*names, "additional_chat_templates/tools.jinja"):
        (source / name).write_text("{}")
    (tmp_path / "out").mkdir()
    copy_tokenizer(source, tmp_path / "out")
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    ours = {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "additional_chat_templates/tools.jinja"}
    assert found == {*ours, *names[:4]}
    assert not any((tmp_path / "out" / name).is_symlink() for name in found)
    for name in ("tokenizer.json", "chat_template.jinja"):
        assert (tmp_path / "out" / name).read_bytes() == (tiny_model_folder / name).read_bytes()
    assert AutoTokenizer.from_pretrained(tmp_path / "out").chat_template
