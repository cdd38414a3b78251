"""The decisions that change speed and memory, never the result: layout, shared prefix, checkpointing, micro-batch.

    decide_machine(task, load, machine, layout="shared_prefix", batch_size=16, notes=notes).micro_batch_size -> 16

*Not here:* the decisions that change the result (passes.py), memory's arithmetic (memory.py).
"""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.checkpointing import Choice, choose, fewest, fits
from lfine.finetune.compile.kernels import decide_attention, decide_kernels
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
    """Choose kernels, checkpointing and the micro-batch for one example's `load`: speed and memory, not the result."""
    room = available(machine)
    deterministic = notes.written("trainer.deterministic", task.trainer.deterministic)
    kernels = decide_kernels(load.card, machine.device, notes)
    attention = decide_attention(load, layout=layout, batch_size=batch_size, deterministic=deterministic, notes=notes)
    load = replace(load, kernels=kernels, attention=attention)
    layers = _checkpointing(task, load, room, batch_size, notes)
    again = layers is None or layers > 0
    asked = task.trainer.micro_batch_size
    if asked == "auto":
        chosen = replace(load, checkpointing=again, checkpointed_layers=layers)
        most = max(1, largest_micro_batch(chosen, available=room))
        micro = notes.derived(
            "trainer.micro_batch_size",
            min(batch_size, most),
            f"up to {most} examples fit {room / 1e9:.0f} GB of {_memory(machine)}",
        )
    else:
        reason = f"{asked} were asked for; an update has {batch_size}"
        micro = min(asked, batch_size)
        notes.written("trainer.micro_batch_size", micro, reason if micro < asked else "")
    return MachinePlan(
        machine.device,
        layout,
        micro,
        gradient_checkpointing=again,
        deterministic=deterministic,
        checkpointed_layers=layers if again else None,
        kernels=kernels,
        attention=attention,
    )


def _checkpointing(task: Task, load: Load, room: int, batch_size: int, notes: Notes) -> int | None:
    """Return how many layers are computed again, None for all of them."""
    path, asked = "trainer.gradient_checkpointing", task.trainer.gradient_checkpointing
    if asked != "auto":
        return None if notes.written(path, asked) else 0
    size = task.trainer.micro_batch_size
    if size == "auto":
        choice = choose(load, batch_size=batch_size, room=room)
    else:
        choice = fewest(load, micro_batch=min(size, batch_size), room=room)
    without = fits(load, 0, batch_size=batch_size, room=room)
    notes.derived(path, choice.layers > 0, _checkpointing_reason(choice, without, size != "auto"))
    if choice.layers:
        said = f"of {load.card.layers}, the first ones: the others are kept, and done with before these are needed"
        notes.derived("checkpointed layers", choice.layers, said)
    return choice.layers


def _checkpointing_reason(choice: Choice, without: int, asked: bool) -> str:  # noqa: FBT001 (says what was asked)
    if not choice.layers:
        return "an example of the longest kind fits without" if without else "there is no layer to compute again"
    if not without:
        return "without, not even one example would fit"
    if asked:
        return f"without, {without} examples would fit at once"
    cheaper = f"computing them again costs less than computing the prefix for every {without} examples"
    return f"it makes room for {choice.micro_batch} examples at once, which share the prefix: {cheaper}"


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
