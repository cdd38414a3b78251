"""The figures behind the pictures: each label's precision, recall and F1, confusions, lengths, smoothed losses.

    label_rows(Confusion(("a", "b"), ((40, 2, 1), (5, 30, 0))))[0]  →  LabelRow("a", 43, 45, 0.889, 0.930, 0.909)

*Not here:* drawing (charts, heat_map), the answers themselves (answers).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lfine.evaluation.intervals import bootstrap_mean
from lfine.evaluation.metrics.label_counts import NO_LABEL
from lfine.evaluation.records import Confusion, Prediction
from lfine.evaluation.reports.charts import Curve
from lfine.evaluation.reports.sources import LogLine

SMOOTHING = 40
"""The smoothed training loss is a mean over a 40th of the run on either side."""


@dataclass(frozen=True)
class LabelRow:
    label: str
    gold: int
    """Rows with this gold label."""
    answered: int
    """Rows answered with it."""
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Mistake:
    gold: str
    answered: str
    count: int


@dataclass(frozen=True)
class LabelErrors:
    """A gold label and its rows that were answered otherwise."""

    label: str
    rows: int
    wrong: int


@dataclass(frozen=True)
class LengthRow:
    """Rows whose prompts have about the same length."""

    shortest: int
    """In tokens."""
    longest: int
    rows: int
    score: float
    """Mean per-example score."""
    low: float
    high: float


def label_rows(confusion: Confusion) -> list[LabelRow]:
    """Return the figures of each label, the worst F1 first; a ratio without a denominator is 0."""
    rows = []
    for place, label in enumerate(confusion.labels):
        right = confusion.counts[place][place]
        gold = sum(confusion.counts[place])
        answered = sum(row[place] for row in confusion.counts)
        f1 = 2 * right / max(1, gold + answered)
        rows.append(LabelRow(label, gold, answered, right / max(1, answered), right / max(1, gold), f1))
    return sorted(rows, key=lambda row: row.f1)


def commonest_mistakes(confusion: Confusion, most: int) -> list[Mistake]:
    columns = (*confusion.labels, NO_LABEL)
    mistakes = [
        Mistake(label, columns[column], number)
        for row, label in enumerate(confusion.labels)
        for column, number in enumerate(confusion.counts[row])
        if column != row and number
    ]
    return sorted(mistakes, key=lambda mistake: -mistake.count)[:most]


def label_errors(confusion: Confusion) -> list[LabelErrors]:
    """Return the labels that have a wrong answer, those with the most first."""
    counted = [
        LabelErrors(label, sum(counts), sum(counts) - counts[place])
        for place, (label, counts) in enumerate(zip(confusion.labels, confusion.counts, strict=True))
    ]
    return sorted((each for each in counted if each.wrong), key=lambda each: (-each.wrong, -each.wrong / each.rows))


def length_rows(
    predictions: Sequence[Prediction], scores: Sequence[float | None], *, confidence: float, seed: int
) -> list[LengthRow]:
    """Return the mean score of four groups of equal size, from the shortest prompts (in tokens) to the longest."""
    known = [
        (prediction.prompt_tokens, score)
        for prediction, score in zip(predictions, scores, strict=True)
        if prediction.prompt_tokens is not None and score is not None
    ]
    known.sort()
    ends = [round(len(known) * quarter / 4) for quarter in range(5)]
    groups = [known[start:end] for start, end in pairwise(ends) if end > start]
    if len(groups) < 4:
        return []
    means = [bootstrap_mean([score for _, score in group], confidence=confidence, seed=seed) for group in groups]
    return [
        LengthRow(group[0][0], group[-1][0], len(group), mean.value, mean.low, mean.high)
        for group, mean in zip(groups, means, strict=True)
    ]


def loss_curves(log: Sequence[LogLine]) -> list[Curve]:
    """Return training loss, smoothed training loss and validation loss, those that have a point.

    A resumed run writes some steps twice: the last line of a step counts. Losses that are not finite are left out.
    """
    training = sorted({line.step: line.loss for line in log if _finite(line.loss)}.items())
    validation = sorted({line.step: line.validation_loss for line in log if _finite(line.validation_loss)}.items())
    raw = tuple((float(step), loss) for step, loss in training if loss is not None)
    curves = [
        Curve("training loss, every update", "raw", raw),
        Curve("training loss, smoothed", "smooth", _smooth(raw)),
        Curve("validation loss", "points", tuple((float(step), loss) for step, loss in validation if loss is not None)),
    ]
    return [curve for curve in curves if curve.places]


def rate_curve(log: Sequence[LogLine]) -> list[Curve]:
    """Return the learning rate of each update; nothing where the log has none. The last line of a step counts."""
    found = sorted({line.step: line.learning_rate for line in log if _finite(line.learning_rate)}.items())
    places = tuple((float(step), rate) for step, rate in found if rate is not None)
    return [Curve("", "smooth", places)] if places else []


def _smooth(places: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return centred moving averages, which do not lag behind; the window narrows, evenly, towards both ends."""
    widest = max(2, len(places) // SMOOTHING)
    smoothed = []
    for place, (x, _) in enumerate(places):
        reach = min(widest, place, len(places) - 1 - place)
        window = [y for _, y in places[place - reach : place + reach + 1]]
        smoothed.append((x, sum(window) / len(window)))
    return tuple(smoothed)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
