"""Plain weights become a folder that `from_pretrained` and every server load, with the network off.

    write_model(model, merged, folder, dtype=torch.bfloat16, stop_ids=frozenset({2}), trusted=False)
    config.json  generation_config.json  model.safetensors  tokenizer.json  tokenizer_config.json  chat_template.jinja

The tokenizer's files are the base model's, byte for byte. generation_config.json names every token that ends an answer,
the one that training has taught among them, so that a server stops where lfine does.

*Not here:* merging (merging.py), whole-or-not-at-all and the files of lfine's own (lfine.exporting).
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from peft import PeftModel
from torch import nn
from transformers import AutoModelForCausalLM, GenerationConfig, PretrainedConfig, PreTrainedModel

from lfine.finetune.export.merging import Merged

SHARD = "5GB"
"""Largest file of weights: hubs and file systems take it, and a server loads several at once."""
TOKENIZER_FILES = (
    "tokenizer*",
    "*.model",
    "vocab.*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "additional_chat_templates/*",
)


def write_model(
    model: nn.Module, merged: Merged, folder: Path, *, dtype: torch.dtype, stop_ids: frozenset[int], trusted: bool
) -> None:
    """Write weights and configuration; `model` is the one that was merged, `trusted` says that its own code may run."""
    source = model.get_base_model() if isinstance(model, PeftModel) else model
    if not isinstance(source, PreTrainedModel):
        raise TypeError("a model of transformers is needed")
    config = plain_config(source.config, tied=merged.tied)
    with torch.device("meta"):
        fresh = AutoModelForCausalLM.from_config(config, dtype=dtype, trust_remote_code=trusted)
    fresh.load_state_dict(merged.weights, strict=True, assign=True)
    if merged.tied:
        fresh.tie_weights()
    fresh.generation_config = generation_config(source.generation_config, stop_ids)
    fresh.save_pretrained(folder, max_shard_size=SHARD)


def plain_config(config: PretrainedConfig, *, tied: bool) -> PretrainedConfig:
    """Return the configuration without traces of quantization and of this machine's folders."""
    plain = copy.deepcopy(config)
    for name in ("quantization_config", "_name_or_path"):
        if name in vars(plain):
            delattr(plain, name)
    plain.tie_word_embeddings = tied
    plain.get_text_config().tie_word_embeddings = tied
    return plain


def generation_config(base: GenerationConfig | None, stop_ids: frozenset[int]) -> GenerationConfig:
    """Return the base model's own, with every end token; its token ids alone where transformers refuses the rest."""
    found = copy.deepcopy(base) if base is not None else GenerationConfig()
    found.eos_token_id = sorted(stop_ids)
    found._from_model_config = False  # else transformers may make it anew, from config.json
    try:
        found.validate(strict=True)
    except ValueError:
        found = GenerationConfig(
            bos_token_id=found.bos_token_id, eos_token_id=found.eos_token_id, pad_token_id=found.pad_token_id
        )
    return found


def copy_tokenizer(base: Path, folder: Path) -> None:
    """Copy the tokenizer with its chat template from the base model's folder."""
    for path in tokenizer_files(base):
        copy_to = folder / path.relative_to(base)
        copy_to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy_to)  # a snapshot of the hub's cache holds links: the bytes are meant


def tokenizer_files(base: Path) -> Iterator[Path]:
    found = {path for pattern in TOKENIZER_FILES for path in base.glob(pattern) if path.is_file()}
    yield from sorted(path for path in found if path.suffix != ".py")
