"""Whether the best evaluation can be found at all: by a value that there is, on rows that there are.

    selection_problems(task.trainer, metrics, validation_rows=0)  →  [LF254 trainer.early_stop needs validation rows, …]

*Not here:* the choice during training (lfine.finetune.train.selection).
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from lfine.evaluation.metrics.registry import RECORDED, find, value_names
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice, Trainer

LOSS = "loss"


def selection_problems(trainer: Trainer, metrics: Sequence[MetricChoice], validation_rows: int) -> list[Problem]:
    """Return what keeps save_best_by, early_stop and evaluation_sample from doing what they say."""
    return [
        *without_rows(trainer, validation_rows),
        *without_value(trainer, metrics),
        *without_metric(trainer, metrics),
        *unrecorded(trainer, metrics),
    ]


def unrecorded(trainer: Trainer, metrics: Sequence[MetricChoice]) -> list[Problem]:
    """Return a problem for each metric of probabilities where rows are answered during training."""
    asked = metrics if trainer.evaluation_sample else ()
    return [
        Problem(
            "LF315",
            f"{name} reads probabilities, which answers during training do not record",
            "set trainer.evaluation_sample to 0, or leave the metric out",
            path="trainer.evaluation_sample",
        )
        for name in (choice.name for choice in asked)
        if RECORDED.intersection(find(name).looks_at)
    ]


def without_rows(trainer: Trainer, validation_rows: int) -> list[Problem]:
    """Return a problem for each key that needs validation rows, when there is none."""
    asked = {
        "save_best_by": trainer.save_best_by is not None,
        "early_stop": trainer.early_stop is not None,
        "evaluation_sample": trainer.evaluation_sample > 0,
    }
    if validation_rows:
        return []
    return [
        Problem(
            "LF254",
            f"trainer.{key} needs validation rows, and the data have none",
            "give the validation split some rows, or leave the key out",
            path=f"trainer.{key}",
        )
        for key, wanted in asked.items()
        if wanted
    ]


def without_metric(trainer: Trainer, metrics: Sequence[MetricChoice]) -> list[Problem]:
    """Return the problem of validation rows that are answered though no metric of the task can judge them then."""
    if trainer.evaluation_sample == 0 or _in_training(metrics):
        return []
    names = ", ".join(choice.name for choice in metrics)
    asked = f"trainer.evaluation_sample is {trainer.evaluation_sample}"
    message = f"{asked}, and {names} is computed by `lfine evaluate` only"
    return [Problem("LF287", message, "set it to 0, or name another metric beside", path="trainer.evaluation_sample")]


def _in_training(metrics: Sequence[MetricChoice]) -> list[MetricChoice]:
    """Return the metrics that need neither the rows nor another program."""
    return [choice for choice in metrics if find(choice.name).ready is None]


def without_value(trainer: Trainer, metrics: Sequence[MetricChoice]) -> list[Problem]:
    """Return the problem of a save_best_by that is no value, or whose value nobody computes during training."""
    by, path = trainer.save_best_by, "trainer.save_best_by"
    if by in (None, LOSS):
        return []
    there = [LOSS, *(name for choice in _in_training(metrics) for name in value_names(choice))]
    if by not in there:
        close = difflib.get_close_matches(str(by), there, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        later = any(by in value_names(choice) for choice in metrics)
        what = "which is computed by `lfine evaluate` only" if later else "which is no value of the task's metrics"
        message = f"{path} is {by!r}, {what}{hint}"
        return [Problem("LF256", message, f"choose from {', '.join(there)}", path=path)]
    if trainer.evaluation_sample == 0:
        message = f"{path} is {by!r}, and trainer.evaluation_sample is 0: no validation row would be answered"
        return [Problem("LF255", message, "add for instance `evaluation_sample: 100`, or write `loss`", path=path)]
    return []
