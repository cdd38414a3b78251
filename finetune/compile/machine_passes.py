"""The decisions that change speed and memory, never the result: layout, shared prefix, checkpointing, micro-batch.

    decide_machine(task, load, machine, layout="shared_prefix", batch_size=16, notes=notes).micro_batch_size -> 16

*Not here:* the decisions that change the result (passes.py), memory's arithmetic (memory.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.checkpointing import Choice, choose, fewest, fits
from lfine.finetune.compile.encoded import EncodedExample
from lfine.finetune.compile.kernels import decide_attention
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import UNKNOWN_MEMORY, Load, available, largest_micro_batch
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import LengthPlan, MachinePlan
from lfine.finetune.compile.stems import spared_share
from lfine.schemas.task import Task

LONG_ROWS = 800
"""Own tokens from which a row's attention, written out, costs more than sharing and no padding save (docs/LOG.md)."""
CHECKED = (
    "arcee cohere cohere2 ernie4_5 exaone4 gemma gemma2 gemma3_text glm glm4 gpt_neox granite helium llama "
    "ministral3 mistral olmo olmo2 olmo3 opt phi phi3 qwen2 qwen3 smollm3 starcoder2"
)
SHARED_PREFIX_FAMILIES = frozenset(CHECKED.split())
"""Families whose loss and gradients in the packed layout were compared with the padded loop, in the tests."""


def decide_machine(
    task: Task, load: Load, machine: Machine, *, layout: str, batch_size: int, notes: Notes
) -> MachinePlan:
    """Choose kernels, checkpointing and the micro-batch for one example's `load`: speed and memory, not the result."""
    room = available(machine)
    deterministic = notes.written("trainer.deterministic", task.trainer.deterministic)
    attention = decide_attention(load, layout=layout, batch_size=batch_size, deterministic=deterministic, notes=notes)
    load = replace(load, attention=attention)
    layers = _checkpointing(task, load, room, batch_size, notes)
    again = layers is None or layers > 0
    asked = task.trainer.micro_batch_size
    if asked == "auto":
        chosen = replace(load, checkpointing=again, checkpointed_layers=layers)
        most = max(1, largest_micro_batch(chosen, available=room))
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
    return MachinePlan(
        machine.device,
        layout,
        micro,
        gradient_checkpointing=again,
        deterministic=deterministic,
        micro_batch_tokens=tokens,
        checkpointed_layers=layers if again else None,
        kernels=load.kernels,
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


def decide_prefix(
    task: Task, length: LengthPlan, *, rows: Sequence[EncodedExample], batch_size: int, notes: Notes
) -> LengthPlan:
    """Say what the examples of an update share: nothing where noise makes each example's own (NEFTune)."""
    if task.trainer.neftune_noise_alpha is not None:
        reason = "trainer.neftune_noise_alpha gives every example its own noise, so nothing is common to them"
        return replace(length, shared_prefix=notes.derived("shared prefix", 0, reason))
    share = round(spared_share(rows, length.shared_prefix, batch_size=batch_size), 3)
    if share:
        reason = "of the tokens behind the prefix, shared by some examples of an update and computed once for these"
        notes.derived("stems", share, reason)
    return replace(length, stems=share)


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
