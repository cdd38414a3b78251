"""Many tasks, several models: who is better on which task, by how much, and whether chance alone could have done it.

    board = leaderboard(scores_of_all_evaluations)
    board.rows[0].lifts["base"]   →  Lift("base", gain=0.41, low=0.33, high=0.49, p_value=0.0001, adjusted=0.0003)

The first model of a task is the one that was tuned; its lift over every other is paired, row by row, on the rows that
both were scored on. P-values are adjusted by Holm's method over the tasks, for each rival by itself.
*Not here:* one pair of models (lfine.evaluation.compare), how a leaderboard is shown (lfine.evaluation.reports).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from lfine.evaluation.compare import choice_of, compare
from lfine.evaluation.metrics.registry import find, is_known
from lfine.evaluation.records import MetricScore, Scores
from lfine.schemas.errors import RunError

TUNED = "tuned"
ORDER = (TUNED, "base", "few_shot", "majority", "tfidf")
"""Models that every task can have, as they stand from left to right; others stand behind, by name."""


@dataclass(frozen=True)
class Lift:
    """By how much the tuned model is better than another one, on the same rows."""

    over: str
    """The other model."""
    gain: float
    """In the task's headline metric; negative where the tuned model is worse."""
    low: float
    high: float
    """Ends of the paired bootstrap interval."""
    p_value: float
    """Two-sided permutation test."""
    adjusted: float
    """The same by Holm's method over all tasks that have this comparison."""

    @property
    def significant(self) -> bool:
        """Whether the adjusted p-value is below 5%, whichever model is the better one."""
        return self.adjusted < 0.05


@dataclass(frozen=True)
class TaskRow:
    """One task."""

    task: str
    metric: str
    """Its headline metric, by which everything of this row is told."""
    n: int
    """Held-out rows, the same for every model of the row."""
    scores: dict[str, Scores]
    """By model."""
    lifts: dict[str, Lift]
    """Of the tuned model over each other one; empty where none was tuned or nothing can be paired."""
    best_other: str | None
    """The model that is best without having been tuned; None where there is no other."""
    over_best: Lift | None
    """The lift over that model, adjusted over the tasks' best others."""

    @property
    def higher_is_better(self) -> bool:
        return _higher(next(iter(self.scores.values())), self.metric)

    def value(self, model: str) -> MetricScore | None:
        """Return what a model has in the headline metric; None where it was not scored in it."""
        return self.scores[model].metrics.get(self.metric) if model in self.scores else None

    @property
    def winner(self) -> str | None:
        """The model with the best value."""
        return _best(self.scores, self.metric)


@dataclass(frozen=True)
class LeftOut:
    """Scores that stand in no row."""

    task: str
    model: str
    reason: str


@dataclass(frozen=True)
class Leaderboard:
    models: tuple[str, ...]
    """Those with a score in any task, as they stand from left to right."""
    rows: tuple[TaskRow, ...]
    """In the order in which the tasks came."""
    left_out: tuple[LeftOut, ...]

    def record(self) -> dict[str, object]:
        """Return the JSON form: values, lifts and what was left out."""
        return {
            "models": list(self.models),
            "tasks": [_record(row) for row in self.rows],
            "left_out": [asdict(each) for each in self.left_out],
        }


def _record(row: TaskRow) -> dict[str, object]:
    values = {model: row.value(model) for model in row.scores}
    return {
        "task": row.task,
        "metric": row.metric,
        "n": row.n,
        "models": {model: asdict(value) for model, value in values.items() if value is not None},
        "lifts": [asdict(lift) for lift in row.lifts.values()],
        "best_other": row.best_other,
        "over_best": None if row.over_best is None else asdict(row.over_best),
    }


def leaderboard(evaluations: Iterable[Scores]) -> Leaderboard:
    """Arrange scores by task and model; of the same task and model the last one counts.

    The rows of a task are those of its tuned model, or of the first one without it: scores on other rows are left out.
    """
    tasks: dict[str, dict[str, Scores]] = {}
    for scores in evaluations:
        tasks.setdefault(scores.task, {})[scores.model] = scores
    left_out: list[LeftOut] = []
    rows = [_row(task, models, left_out) for task, models in tasks.items()]
    found = {model for row in rows for model in row.scores}
    return Leaderboard(_ordered(found), tuple(_adjusted(rows)), tuple(left_out))


def _row(task: str, models: Mapping[str, Scores], left_out: list[LeftOut]) -> TaskRow:
    first = models.get(TUNED) or next(iter(models.values()))
    same = {}
    for model in _ordered(models):
        scores = models[model]
        if (scores.rows_hash, scores.split, scores.row_ids) == (first.rows_hash, first.split, first.row_ids):
            same[model] = scores
        else:
            reason = f"scored on {scores.n:,} other rows of {scores.split} than {first.model} ({first.n:,})"
            left_out.append(LeftOut(task, model, reason))
    others = {model: scores for model, scores in same.items() if model != TUNED}
    best = _best(others, first.headline)
    lifts = {}
    if TUNED in same:
        found = {model: _lift(first, scores) for model, scores in others.items()}
        lifts = {model: lift for model, lift in found.items() if lift is not None}
    return TaskRow(task, first.headline, first.n, same, lifts, best, lifts.get(best or ""))


def _lift(tuned: Scores, other: Scores) -> Lift | None:
    """Return the lift in the headline metric; None where the two cannot be paired in it."""
    try:
        found = compare(tuned, other).main
    except RunError:
        return None
    if found.metric != tuned.headline:
        return None
    low, high = (found.low, found.high) if found.higher_is_better else (-found.high, -found.low)
    return Lift(other.model, found.gain, low, high, found.p_value, found.p_value)


def _best(scores: Mapping[str, Scores], metric: str) -> str | None:
    """Return the model with the best value; of equals the first one."""
    values = {model: each.metrics[metric].value for model, each in scores.items() if metric in each.metrics}
    if not values:
        return None
    sign = 1 if _higher(scores[next(iter(values))], metric) else -1
    return max(values, key=lambda model: sign * values[model])


def _higher(scores: Scores, metric: str) -> bool:
    name = choice_of(metric, scores).name
    return find(name).higher_is_better if is_known(name) else True


def _ordered(models: Iterable[str]) -> tuple[str, ...]:
    found = set(models)
    return (*(name for name in ORDER if name in found), *sorted(found.difference(ORDER)))


def _adjusted(rows: Sequence[TaskRow]) -> list[TaskRow]:
    """Adjust every family of p-values: one for each other model, and one for the best others."""
    by_model: dict[tuple[str, str], float] = {}
    for model in {model for row in rows for model in row.lifts}:
        having = [row for row in rows if model in row.lifts]
        values = holm([row.lifts[model].p_value for row in having])
        by_model |= {(row.task, model): value for row, value in zip(having, values, strict=True)}
    best = [row.task for row in rows if row.over_best is not None]
    values = holm([row.over_best.p_value for row in rows if row.over_best is not None])
    over_best = dict(zip(best, values, strict=True))
    return [
        replace(
            row,
            lifts={name: replace(lift, adjusted=by_model[row.task, name]) for name, lift in row.lifts.items()},
            over_best=None if row.over_best is None else replace(row.over_best, adjusted=over_best[row.task]),
        )
        for row in rows
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for being several, in the order given (Holm 1979, step-down)."""
    adjusted, least = [0.0] * len(p_values), 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=lambda number: p_values[number])):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[number]))
        adjusted[number] = least
    return adjusted
