"""How a model on this machine answers: in which layout, with which probabilities, with its adapter merged or not.

    decide_generation_layout(card, notes)        -> ("packed", None)
    decide_probabilities(task, metrics, labels, notes) -> True
    merges(training)                             -> (False, "in bfloat16 merging would round the weights anew …")

*Not here:* what can be answered (passes.py), generation itself (lfine.finetune.generate).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.evaluation.metrics.registry import RECORDED, find
from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.machine_passes import SHARED_PREFIX_FAMILIES
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import TrainingPlan
from lfine.schemas.task import MetricChoice, Task


def decide_generation_layout(card: ModelCard, notes: Notes) -> tuple[str, int | None]:
    """Return the layout of answering and the window of the model's attention, None where it has none that counts."""
    path = "generation.layout"
    if card.model_type not in SHARED_PREFIX_FAMILIES:
        reason = f"answers of the family {card.model_type} were not compared in the packed layout"
        return notes.derived(path, "padded", reason), None
    window = card.sliding_window
    if window is None or window >= card.context:
        return notes.derived(
            path, "packed", "the common prompt is computed once and its keys and values kept once"
        ), None
    reason = f"the common prompt is kept once; rows that could exceed the {window} tokens attended to are padded"
    return notes.derived(path, "packed", reason), window


def decide_probabilities(task: Task, metrics: Sequence[MetricChoice], labels: tuple[str, ...], notes: Notes) -> bool:
    """Record probabilities where a metric reads them, or where there are labels whose confidence a report shows."""
    path, asked = "generation.probabilities", task.generation.probabilities
    if asked != "auto":
        return notes.written(path, asked)
    reading = [each.name for each in metrics if RECORDED & frozenset(find(each.name).looks_at)]
    if reading:
        return notes.derived(path, value=True, reason=f"the metric {reading[0]} reads them")
    if labels:
        reason = "one step more for each row says how sure the model is of each label"
        return notes.derived(path, value=True, reason=reason)
    return notes.derived(path, value=False, reason="no metric reads them, and there are no labels")


def decide_merging(training: TrainingPlan, notes: Notes) -> None:
    """Say in the plan whether answers come from merged weights; `merges` is asked again where they are made."""
    if training.adapter is not None:
        found, reason = merges(training)
        notes.derived("generation: adapter merged", found, reason)


def merges(training: TrainingPlan) -> tuple[bool, str]:
    """Say whether an adapter is added to the weights for the time of answering, and why."""
    adapter, model = training.adapter, training.model
    if adapter is None:
        return False, "there is no adapter"
    if model.quantization is not None:
        return False, f"weights of {model.quantization.bits} bits have no room for it"
    if model.dtype != "float32":
        return False, f"in {model.dtype} the sums would be rounded anew, and some answers change"
    if adapter.modules_to_save or adapter.bias != "none":
        return False, "whole layers or biases were trained beside it"
    return True, "in float32 the sums are exact but for the last digit, and no product is computed twice"
