"""Many tasks, several models: who is better on which task, by how much, and whether chance alone could have done it.

    board = leaderboard([Evaluation(tuned_scores), Evaluation(base_scores), …])
    board.rows[0].lifts["base"]   →  Lift("base", gain=0.41, low=0.33, high=0.49, p_value=0.0001, adjusted=0.0003)
    board.average("base").value   →  0.31, over the tasks that every model was scored on

The lift of a task's tuned model over every other is paired, row by row, on the rows that both were scored on. P-values
are adjusted by Holm's method over the tasks, for each rival by itself.
*Not here:* one pair of models (lfine.evaluation.compare), how a leaderboard is shown (lfine.evaluation.reports).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import sqrt
from statistics import fmean

from lfine.evaluation.compare import choice_of, compare
from lfine.evaluation.holm import holm
from lfine.evaluation.metrics.registry import Metric, find, gives, is_known
from lfine.evaluation.records import MetricScore, Scores
from lfine.schemas.errors import RunError

TUNED = "tuned"
ORDER = (TUNED, "base", "few_shot", "majority", "tfidf")
"""Models that every task can have, as they stand from left to right; others stand behind, by name."""


@dataclass(frozen=True)
class Cost:
    """What the answers of one model to one task took."""

    seconds: float
    """Generation and scoring, wall clock."""
    prompt_tokens: int | None = None
    """None where they were not counted."""
    completion_tokens: int | None = None
    usd: float | None = None
    """By the prices of the task; None where they are not known."""


@dataclass(frozen=True)
class Evaluation:
    """One model on one task."""

    scores: Scores
    model: str = ""
    """As it is called here; empty: as its scores call it."""
    cost: Cost | None = None
    report: str | None = None
    """Where its report lies."""

    @property
    def name(self) -> str:
        return self.model or self.scores.model


@dataclass(frozen=True)
class Average:
    """Of one model over tasks, in headline metrics that are shares of 1."""

    value: float
    low: float
    high: float
    """Ends of the interval for these very tasks: their own intervals put together as independent ones."""
    tasks: int


@dataclass(frozen=True)
class Record:
    """How often the tuned model was better than one other, beyond chance over all tasks."""

    better: int
    worse: int
    undecided: int


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
    evaluations: dict[str, Evaluation]
    """By model."""
    tuned: str | None
    """The model whose lifts are told; None where none was tuned."""
    lifts: dict[str, Lift]
    """Of the tuned model over each other one; empty where nothing can be paired."""
    best_other: str | None
    """The model that is best without having been tuned; None where there is no other."""
    over_best: Lift | None
    """The lift over that model, adjusted over the tasks' best others."""

    def value(self, model: str) -> MetricScore | None:
        """Return what a model has in the headline metric; None where it was not scored in it."""
        found = self.evaluations.get(model)
        return None if found is None else found.scores.metrics.get(self.metric)

    @property
    def winners(self) -> tuple[str, ...]:
        """The models with the best value: one, but for equals."""
        best = _best(self.evaluations, self.metric)
        value = None if best is None else self.value(best)
        found = ((model, self.value(model)) for model in self.evaluations)
        return tuple(model for model, each in found if each and value and each.value == value.value)

    @property
    def share(self) -> bool:
        """Whether the metric is a share of 1, so that it can be averaged with others."""
        known = _metric(next(iter(self.evaluations.values())).scores, self.metric)
        return known is None or known.share


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

    @property
    def common(self) -> tuple[TaskRow, ...]:
        """The tasks that every model was scored on, in a metric that can be averaged."""
        return tuple(row for row in self.rows if row.share and all(row.value(model) for model in self.models))

    def average(self, model: str) -> Average | None:
        """Return a model's mean over the common tasks; None where there is none."""
        found = [score for score in (row.value(model) for row in self.common) if score is not None]
        if not found:
            return None
        mean = fmean(score.value for score in found)
        below = sqrt(sum((score.value - score.low) ** 2 for score in found)) / len(found)
        above = sqrt(sum((score.high - score.value) ** 2 for score in found)) / len(found)
        return Average(mean, mean - below, mean + above, len(found))

    def wins(self, model: str) -> int:
        """Return on how many tasks a model has the best value, alone or with equals."""
        return sum(model in row.winners for row in self.rows)

    def against(self, model: str | None) -> Record:
        """Return how the tuned model did against one other; None: against the best other of each task."""
        lifts = [row.over_best if model is None else row.lifts.get(model) for row in self.rows]
        found = [lift for lift in lifts if lift is not None]
        better = sum(lift.significant and lift.gain > 0 for lift in found)
        worse = sum(lift.significant and lift.gain < 0 for lift in found)
        return Record(better, worse, len(found) - better - worse)

    def record(self) -> dict[str, object]:
        """Return the JSON form: values, lifts, costs and what was left out."""
        averages = {model: self.average(model) for model in self.models}
        return {
            "models": list(self.models),
            "tasks": [_record(row) for row in self.rows],
            "averages": {model: asdict(each) for model, each in averages.items() if each is not None},
            "left_out": [asdict(each) for each in self.left_out],
        }


def _record(row: TaskRow) -> dict[str, object]:
    values = {model: row.value(model) for model in row.evaluations}
    costs = {model: each.cost for model, each in row.evaluations.items()}
    return {
        "task": row.task,
        "metric": row.metric,
        "n": row.n,
        "models": {model: asdict(value) for model, value in values.items() if value is not None},
        "costs": {model: asdict(cost) for model, cost in costs.items() if cost is not None},
        "lifts": [asdict(lift) for lift in row.lifts.values()],
        "best_other": row.best_other,
        "over_best": None if row.over_best is None else asdict(row.over_best),
    }


def leaderboard(evaluations: Iterable[Evaluation], *, tuned: Sequence[str] = (TUNED,)) -> Leaderboard:
    """Arrange scores by task and model; of the same task and model the last one counts.

    `tuned` names the models that were trained for the task; the first one that a task has is the one whose lifts are
    told, and whose rows count: scores on other rows are left out.
    """
    tasks: dict[str, dict[str, Evaluation]] = {}
    for each in evaluations:
        tasks.setdefault(each.scores.task, {})[each.name] = each
    left_out: list[LeftOut] = []
    rows = [_row(task, models, tuned, left_out) for task, models in tasks.items()]
    found = {model for row in rows for model in row.evaluations}
    return Leaderboard(_ordered(found, tuned), tuple(_adjusted(rows)), tuple(left_out))


def _row(task: str, models: Mapping[str, Evaluation], tuned: Sequence[str], left_out: list[LeftOut]) -> TaskRow:
    subject = next((model for model in tuned if model in models), None)
    leading = subject or next(iter(models))
    first = models[leading].scores
    same = {}
    for model in _ordered(models, tuned):
        scores = models[model].scores
        if (scores.rows_hash, scores.split, scores.row_ids) == (first.rows_hash, first.split, first.row_ids):
            same[model] = models[model]
        else:
            reason = f"scored on {scores.n:,} other rows of {scores.split} than {leading} ({first.n:,})"
            left_out.append(LeftOut(task, model, reason))
    others = {model: each for model, each in same.items() if model not in tuned}
    rivals = {} if subject is None else {model: each for model, each in same.items() if model != subject}
    found = {model: _lift(first, model, each.scores) for model, each in rivals.items()}
    lifts = {model: lift for model, lift in found.items() if lift is not None}
    best = _best(others, first.headline)
    return TaskRow(task, first.headline, first.n, same, subject, lifts, best, lifts.get(best or ""))


def _lift(tuned: Scores, model: str, other: Scores) -> Lift | None:
    """Return the lift in the headline metric; None where the two cannot be paired in it."""
    if _metric(tuned, tuned.headline) is None:
        return None
    try:
        found = compare(tuned, other, only=tuned.headline).main
    except RunError:
        return None
    low, high = (found.low, found.high) if found.higher_is_better else (-found.high, -found.low)
    return Lift(model, found.gain, low, high, found.p_value, found.p_value)


def _best(evaluations: Mapping[str, Evaluation], metric: str) -> str | None:
    """Return the model with the best value; of equals the first one."""
    scores = {model: each.scores for model, each in evaluations.items() if metric in each.scores.metrics}
    if not scores:
        return None
    known = _metric(next(iter(scores.values())), metric)
    sign = 1 if known is None or known.higher_is_better else -1
    return max(scores, key=lambda model: sign * scores[model].metrics[metric].value)


def _metric(scores: Scores, value: str) -> Metric | None:
    """Return the metric that gave a value; None for one of a package that is not installed here."""
    known = any(is_known(choice.name) and gives(choice, value) for choice in scores.settings.metrics)
    return find(choice_of(value, scores).name) if known else None


def _ordered(models: Iterable[str], tuned: Sequence[str]) -> tuple[str, ...]:
    found = set(models)
    order = dict.fromkeys((*tuned, *ORDER))
    return (*(name for name in order if name in found), *sorted(found.difference(order)))


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
