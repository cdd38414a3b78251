"""Which kernels compute the layers: ours on a processor, Liger's on a GPU, and how packed rows attend.

    decide_kernels(model, adapter, "cpu", notes) -> ("norm", "gate", "adapter")
    decide_attention(load, layout="shared_prefix", batch_size=16, deterministic=False, notes=notes) -> "explicit"

The projection onto the vocabulary stays ours with either: it computes learned tokens only and weighs each by itself,
and Liger's gives a weight for each token only by computing every logit twice (0.8.5, reduction="none").

*Not here:* applying them (lfine.finetune.train.kernels, lfine.finetune.models.liger, lfine.finetune.train.flex).
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace

from lfine.finetune.catalogue.families import FAMILIES
from lfine.finetune.compile.adapter_start import OF_THE_WEIGHT
from lfine.finetune.compile.memory import Load, activations, attention_weights
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import AdapterPlan, ModelPlan

NORM_AND_GATE = ("ernie4_5", "exaone4", "granite", "llama", "ministral3", "mistral", "qwen2", "qwen3", "smollm3")
NORM_ALONE = ("arcee", "glm", "glm4", "phi3")
GATE_ALONE = ("cohere", "cohere2", "helium", "olmo", "olmo2", "olmo3")
KERNELS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(NORM_AND_GATE, ("norm", "gate")),
    **dict.fromkeys(NORM_ALONE, ("norm",)),
    **dict.fromkeys(GATE_ALONE, ("gate",)),
}
"""What of each family's layers the kernels of lfine.finetune.train.kernels compute; compared in the tests."""
LIGER_FAMILIES = frozenset({"llama", "mistral", "phi3", "qwen2", "qwen3"})
"""Families whose norms, rotary embedding and gated block Liger replaces one for one, and whose prefix is shared."""
CAPPED = frozenset({"gemma2"})
"""Families whose attention scores are capped by a tanh."""
WRITTEN_OUT = 0.25
"""Share of what a layer keeps from which on the attention weights are no longer written out: assumed, not measured."""


def installed(library: str) -> bool:
    """Say whether a library is there, without importing it."""
    return importlib.util.find_spec(library) is not None


def decide_kernels(model: ModelPlan, adapter: AdapterPlan | None, device: str, notes: Notes) -> tuple[str, ...]:
    """Choose the operations that are computed in one step each; the others are those of transformers and peft."""
    found, reason = _kernels(model, adapter, device)
    return notes.derived("kernels", found, reason)


def _kernels(model: ModelPlan, adapter: AdapterPlan | None, device: str) -> tuple[tuple[str, ...], str]:
    if device != "cpu":
        return _liger(model.family, device)
    if adapter is None or adapter.modules_to_save or adapter.bias != "none":
        return (), "weights of the base model are trained, and the kernels have no gradient for them"
    scheme = model.quantization
    if scheme is not None and scheme.bits == 4 and scheme.compute_dtype != model.dtype:
        return (), f"the layers multiply in {scheme.compute_dtype}, the model is {model.dtype}"
    found = KERNELS.get(model.family, ())
    if "gate" in found and _adapts_gate(adapter, model.family):
        found = tuple(name for name in found if name != "gate")
    if adapter.use_dora or adapter.init in OF_THE_WEIGHT:
        kind = "DoRA" if adapter.use_dora else f"an adapter that starts from {adapter.init}"
        return found, f"forward and backward in one step each; {kind} is left to peft"
    return (*found, "adapter"), "forward and backward in one step each: the same numbers but for the order of sums"


def _adapts_gate(adapter: AdapterPlan, family: str) -> bool:
    targets = adapter.target_modules
    return isinstance(targets, str) or any(name.endswith(FAMILIES[family].mlp) for name in targets)


def _liger(family: str, device: str) -> tuple[tuple[str, ...], str]:
    if device != "cuda":
        return (), f"not measured on {device}: the modules of transformers and peft"
    if family not in LIGER_FAMILIES:
        return (), f"Liger's kernels are not taken for the family {family}"
    if not installed("liger_kernel"):
        return (), "liger-kernel is not installed: pip install 'lfine[kernels]' makes norms and gates faster"
    return ("liger",), "norms, rotary embedding and, where the gate is SiLU, the feed-forward block as fused kernels"


def decide_attention(load: Load, *, layout: str, batch_size: int, deterministic: bool, notes: Notes) -> str:
    """Choose how packed rows attend; padded ones have torch's own attention, which is flash where it can be."""
    attention, reason = _attention(load, layout, batch_size, deterministic=deterministic)
    return notes.derived("attention", attention, reason)


def _attention(load: Load, layout: str, batch_size: int, *, deterministic: bool) -> tuple[str, str]:
    if layout == "padded":
        return "sdpa", "padding stands at the end of each row, so the causal kernel needs no mask"
    if load.device != "cuda":
        return "explicit", "two products and one softmax, without padding between examples"
    if load.card.model_type in CAPPED:
        return "explicit", "the family caps its scores, which FlexAttention is not given here"
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
