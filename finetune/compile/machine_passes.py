"""The decisions that change speed and memory, never the result: layout, shared prefix, checkpointing, micro-batch.

    decide_machine(task, load, machine, layout="shared_prefix", batch_size=16, notes=notes).micro_batch_size -> 16

*Not here:* the decisions that change the result (passes.py), memory's arithmetic (memory.py).
"""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.catalogue.families import FAMILIES
from lfine.finetune.compile.adapter_start import OF_THE_WEIGHT
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import UNKNOWN_MEMORY, Load, available, largest_micro_batch
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import AdapterPlan, LengthPlan, MachinePlan, ModelPlan
from lfine.schemas.task import Task

LONG_ROWS = 800
"""Own tokens from which a row's attention, written out, costs more than sharing and no padding save (docs/LOG.md)."""
CHECKED = (
    "arcee cohere cohere2 ernie4_5 exaone4 gemma gemma2 gemma3_text glm glm4 gpt_neox granite helium llama "
    "ministral3 mistral olmo olmo2 olmo3 opt phi phi3 qwen2 qwen3 smollm3 starcoder2"
)
SHARED_PREFIX_FAMILIES = frozenset(CHECKED.split())
"""Families whose loss and gradients in the packed layout were compared with the padded loop, in the tests."""
NORM_AND_GATE = ("ernie4_5", "exaone4", "granite", "llama", "ministral3", "mistral", "qwen2", "qwen3", "smollm3")
NORM_ALONE = ("arcee", "glm", "glm4", "phi3")
GATE_ALONE = ("cohere", "cohere2", "helium", "olmo", "olmo2", "olmo3")
KERNELS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(NORM_AND_GATE, ("norm", "gate")),
    **dict.fromkeys(NORM_ALONE, ("norm",)),
    **dict.fromkeys(GATE_ALONE, ("gate",)),
}
"""What of each family's layers the kernels of lfine.finetune.train.kernels compute; compared in the tests."""


def decide_machine(
    task: Task, load: Load, machine: Machine, *, layout: str, batch_size: int, notes: Notes
) -> MachinePlan:
    """Choose checkpointing and the micro-batch for one example's `load`: speed and memory, never the result."""
    room = available(machine)
    checkpointing = _checkpointing(task, load, room, notes)
    asked = task.trainer.micro_batch_size
    if asked == "auto":
        most = max(1, largest_micro_batch(replace(load, checkpointing=checkpointing), available=room))
        micro = notes.derived(
            "trainer.micro_batch_size",
            min(batch_size, most),
            f"up to {most} examples of the longest kind fit {room / 1e9:.0f} GB of {_memory(machine)}",
        )
        tokens = 0 if micro == batch_size else micro * load.own
    else:
        reason = f"{asked} were asked for; an update has {batch_size}"
        micro, tokens = min(asked, batch_size), 0
        notes.written("trainer.micro_batch_size", micro, reason if micro < asked else "")
    deterministic = notes.written("trainer.deterministic", task.trainer.deterministic)
    return MachinePlan(machine.device, layout, micro, checkpointing, deterministic, tokens)


def decide_kernels(model: ModelPlan, adapter: AdapterPlan | None, device: str, notes: Notes) -> tuple[str, ...]:
    """Choose the operations that are computed in one step each; the others are those of transformers and peft."""
    found, reason = _kernels(model, adapter, device)
    return notes.derived("kernels", found, reason)


def _kernels(model: ModelPlan, adapter: AdapterPlan | None, device: str) -> tuple[tuple[str, ...], str]:
    if device != "cpu":
        return (), f"not measured on {device}: the modules of transformers and peft"
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


def _checkpointing(task: Task, load: Load, room: int, notes: Notes) -> bool:
    path, asked = "trainer.gradient_checkpointing", task.trainer.gradient_checkpointing
    if asked != "auto":
        return notes.written(path, asked)
    fits = largest_micro_batch(load, available=room) > 0
    reason = "an example of the longest kind fits without" if fits else "without, not even one example would fit"
    return notes.derived(path, not fits, reason)


def _adapts_gate(adapter: AdapterPlan, family: str) -> bool:
    targets = adapter.target_modules
    return isinstance(targets, str) or any(name.endswith(FAMILIES[family].mlp) for name in targets)


def _memory(machine: Machine) -> str:
    if machine.memory:
        return f"{machine.memory / 1e9:.0f} GB"
    return f"{UNKNOWN_MEMORY / 1e9:.0f} GB (assumed: this machine does not tell)"


def decide_prefix(task: Task, length: LengthPlan, notes: Notes) -> LengthPlan:
    """Share no prefix where noise makes each example's own (NEFTune)."""
    if task.trainer.neftune_noise_alpha is None:
        return length
    reason = "trainer.neftune_noise_alpha gives every example its own noise, so nothing is common to them"
    return replace(length, shared_prefix=notes.derived("shared prefix", 0, reason))


def decide_layout(length: LengthPlan, card: ModelCard, notes: Notes) -> str:
    """Take the packed row where its attention was checked for the family; the padded one elsewhere, and say why."""
    layout, reason = _layout(length, card)
    return notes.derived("layout", layout, reason)


def _layout(length: LengthPlan, card: ModelCard) -> tuple[str, str]:
    if card.model_type not in SHARED_PREFIX_FAMILIES:
        return "padded", f"the shared prefix is not yet checked for the family {card.model_type}"
    if card.sliding_window is not None and card.sliding_window < length.max_sequence_length:
        return "padded", f"the model attends to {card.sliding_window} tokens only, fewer than the longest sequence"
    if card.attention_dropout:
        return "padded", f"the model drops attention weights at random (attention_dropout {card.attention_dropout:g})"
    own = length.p50 - length.shared_prefix
    if own > LONG_ROWS and 4 * length.shared_prefix < own:
        return (
            "padded",
            f"half of the rows have {own} tokens of their own and more: their attention is faster by itself",
        )
    return "shared_prefix", f"{length.shared_prefix} prompt tokens are common to all rows and computed once"
