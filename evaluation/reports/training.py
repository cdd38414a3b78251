"""What the page says of the training itself: the task's metric by update, the best evaluation, what was spent.

    metric_curves(log, "accuracy")  →  [Curve("", "smooth", ((20.0, 71.0), …)), Curve("accuracy", "points", …)]
    spent(log)                      →  Spent(updating=212.4, evaluating=31.0, saving=2.2, tokens=31_044, …)

A line of the log is of an update, of an evaluation on validation rows, or of a checkpoint; its seconds are the wall
time since the line before, so they add up to the time of the loop.

*Not here:* curves of losses (lfine.evaluation.reports.tables), drawing (charts), reading the log (sources).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from lfine.evaluation.reports.charts import Curve
from lfine.evaluation.reports.sources import LogLine, PlanFile, RunFile

Number = TypeVar("Number", int, float)
CHOICE = "trainer.save_best_by"


@dataclass(frozen=True)
class EvaluationRow:
    """One evaluation on the way."""

    step: int
    loss: float
    values: tuple[float | None, ...]
    """Of the metrics, in the order of `watched`; None where a line lacks one."""
    best: bool


@dataclass(frozen=True)
class Spent:
    """What the loop took; None where the log does not say."""

    updating: float | None
    """Seconds of updates."""
    evaluating: float | None
    """Seconds of validation losses and of answering."""
    saving: float | None
    """Seconds of checkpoints."""
    tokens: int | None
    """Of all examples seen."""
    computed: int | None
    """Tokens that went through the layers for them."""


def watched(log: Sequence[LogLine]) -> tuple[str, ...]:
    """Return the names of the metrics that were computed on the way, in the order in which they first occur."""
    return tuple(dict.fromkeys(name for line in log for name in line.metrics))


def shown_metric(names: Sequence[str], plan: PlanFile | None, headline: str) -> str | None:
    """Return the metric whose curve is drawn: what chose the adapter, else the headline, else the first."""
    chosen = [each.value for each in plan.decisions if each.path == CHOICE] if plan is not None else []
    return next((name for name in (*chosen, headline, *names) if isinstance(name, str) and name in names), None)


def metric_curves(log: Sequence[LogLine], name: str) -> list[Curve]:
    """Return a metric by update as a line and its points, in points of 100; the last line of a step counts."""
    found = {line.step: 100 * line.metrics[name] for line in log if math.isfinite(line.metrics.get(name, math.nan))}
    places = tuple((float(step), value) for step, value in sorted(found.items()))
    return [Curve("", "smooth", places), Curve(name, "points", places)] if places else []


def best_step(log: Sequence[LogLine], run: RunFile | None) -> int | None:
    """Return the update whose weights the adapter has, where an evaluation chose it."""
    if run is not None and run.best_step is not None:
        return run.best_step
    return max((line.step for line in log if line.best), default=None)


def evaluation_rows(log: Sequence[LogLine], best: int | None) -> list[EvaluationRow]:
    """Return the evaluations in order; the last line of a step counts."""
    names = watched(log)
    lines = {line.step: line for line in log if line.validation_loss is not None}
    return [
        EvaluationRow(step, line.validation_loss, tuple(line.metrics.get(name) for name in names), step == best)
        for step, line in sorted(lines.items())
        if line.validation_loss is not None
    ]


def spent(log: Sequence[LogLine]) -> Spent:
    """Add up seconds and tokens."""
    updates = [line for line in log if line.loss is not None]
    evaluations = [line for line in log if line.validation_loss is not None]
    rest = [line for line in log if line.loss is None and line.validation_loss is None]
    return Spent(
        updating=_sum([line.step_seconds for line in updates]),
        evaluating=_sum([line.seconds for line in evaluations]),
        saving=_sum([line.seconds for line in rest]),
        tokens=_sum([line.tokens for line in updates]),
        computed=_sum([line.computed_tokens for line in updates]),
    )


def _sum(values: Sequence[Number | None]) -> Number | None:
    """Return the sum; None where there is none, or one is not known."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None
