"""Which kernels compute the layers on a GPU: Liger's, where installed, and the attention of packed rows.

    decide_kernels(card, "cuda", notes) -> "liger"
    decide_attention(load, layout="shared_prefix", batch_size=16, deterministic=False, notes=notes) -> "explicit"

The projection onto the vocabulary stays ours with either: it computes learned tokens only and weighs each by itself,
and Liger's gives a weight for each token only by computing every logit twice (0.8.5, reduction="none").

*Not here:* applying them (lfine.finetune.models.liger, lfine.finetune.train.flex).
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.memory import Load, activations, attention_weights
from lfine.finetune.compile.notes import Notes

LIGER_FAMILIES = frozenset({"llama", "mistral", "phi3", "qwen2", "qwen3"})
"""Families whose norms, rotary embedding and gated block Liger replaces one for one, and whose prefix is shared."""
WRITTEN_OUT = 0.25
"""Share of what a layer keeps from which on the attention weights are no longer written out: assumed, not measured."""


def installed(library: str) -> bool:
    """Say whether a library is there, without importing it."""
    return importlib.util.find_spec(library) is not None


def decide_kernels(card: ModelCard, device: str, notes: Notes) -> str:
    """Take Liger's fused kernels where they can run; torch's elsewhere, and say why."""
    kernels, reason = _kernels(card, device)
    return notes.derived("kernels", kernels, reason)


def _kernels(card: ModelCard, device: str) -> tuple[str, str]:
    if device != "cuda":
        return "torch", f"fused kernels are for CUDA, and the device is {device}"
    if card.model_type not in LIGER_FAMILIES:
        return "torch", f"Liger's kernels are not taken for the family {card.model_type}"
    if not installed("liger_kernel"):
        return "torch", "liger-kernel is not installed: pip install 'lfine[kernels]' makes norms and gates faster"
    return "liger", "norms, rotary embedding and, where the gate is SiLU, the feed-forward block as fused kernels"


def decide_attention(load: Load, *, layout: str, batch_size: int, deterministic: bool, notes: Notes) -> str:
    """Choose how packed rows attend; padded ones have torch's own attention, which is flash where it can be."""
    attention, reason = _attention(load, layout, batch_size, deterministic=deterministic)
    return notes.derived("attention", attention, reason)


def _attention(load: Load, layout: str, batch_size: int, *, deterministic: bool) -> tuple[str, str]:
    if layout == "padded":
        return "sdpa", "padding stands at the end of each row, so the causal kernel needs no mask"
    if load.device != "cuda":
        return "explicit", "two products and one softmax, without padding between examples"
    whole = replace(load, micro_batch=batch_size)
    share = load.card.layers * attention_weights(whole) / activations(whole)
    written = f"written out, the attention weights are {share:.0%} of what the layers keep"
    if share < WRITTEN_OUT:
        return "explicit", written
    if deterministic:
        return "explicit", f"{written}; trainer.deterministic is true, and FlexAttention was not checked for that"
    if not installed("triton"):
        return "explicit", f"{written}; FlexAttention would keep none, but needs triton, which is not installed"
    return "flex", f"{written}; FlexAttention keeps none of them"
