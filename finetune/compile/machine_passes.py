"""The decisions that change speed and memory, never the result: layout, shared prefix, checkpointing, micro-batch.

    decide_machine(task, load, machine, layout="shared_prefix", batch_size=16, notes=notes).micro_batch_size -> 16

*Not here:* the decisions that change the result (passes.py), memory's arithmetic (memory.py).
"""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import UNKNOWN_MEMORY, Load, available, largest_micro_batch
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import LengthPlan, MachinePlan
from lfine.schemas.task import Task

SHARED_PREFIX_FAMILIES = frozenset({"gpt_neox", "llama", "mistral", "phi3", "qwen2", "qwen3"})
"""Families whose loss and gradients in the packed layout were compared with the padded loop, in the tests."""


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
            f"up to {most} examples fit {room / 1e9:.0f} GB of {_memory(machine)}",
        )
    else:
        reason = f"{asked} were asked for; an update has {batch_size}"
        micro = min(asked, batch_size)
        notes.written("trainer.micro_batch_size", micro, reason if micro < asked else "")
    deterministic = notes.written("trainer.deterministic", task.trainer.deterministic)
    return MachinePlan(machine.device, layout, micro, checkpointing, deterministic)


def _checkpointing(task: Task, load: Load, room: int, notes: Notes) -> bool:
    path, asked = "trainer.gradient_checkpointing", task.trainer.gradient_checkpointing
    if asked != "auto":
        return notes.written(path, asked)
    fits = largest_micro_batch(load, available=room) > 0
    reason = "an example of the longest kind fits without" if fits else "without, not even one example would fit"
    return notes.derived(path, not fits, reason)


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
    return "shared_prefix", f"{length.shared_prefix} prompt tokens are common to all rows and computed once"
