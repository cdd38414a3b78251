"""Metrics asked in a test: rows in, values out; and how often a property is tried.

    value(bleu, [("the cat", "the cat")]) == 1.0
    per_row(squad, [("a b", "b"), ("c", None)], "squad_f1") == (…, 0.0)

Parity is tried on 500 cases: 20 examples, each of 25 rows for a metric that is a mean, of 25 resamples of a few rows
for one of the whole sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, Metric, PerExample, plain
from lfine.evaluation.records import Prediction
from lfine.schemas.task import MetricChoice

Pair = tuple[str, str | None]
Test = Callable[..., None]

ROWS = 25
slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
often: Callable[[Test], Test] = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=slow
)
"""20 examples."""
seeds = st.integers(0, 2**32 - 1)


def resampled(rows: int, seed: int) -> list[list[int]]:
    """Return ROWS resamples of some rows, the first of them all rows as they are."""
    drawn = np.random.default_rng(seed).integers(0, rows, size=(ROWS - 1, rows))
    return [list(range(rows)), *drawn.tolist()]


def rows_of(golds: st.SearchStrategy[str], answers: st.SearchStrategy[str]) -> st.SearchStrategy[list[Pair]]:
    """Return ROWS pairs of gold answer and answer, some of them missing, some the gold answer itself."""
    pair = st.tuples(golds, answers, st.integers(0, 9)).map(_pair)
    return st.lists(pair, min_size=ROWS, max_size=ROWS)


def _pair(drawn: tuple[str, str, int]) -> Pair:
    gold, answer, luck = drawn
    return gold, None if luck == 0 else gold if luck == 1 else answer


def asked(
    pairs: Sequence[Pair],
    choice: MetricChoice | None = None,
    labels: tuple[str, ...] = (),
    references: Sequence[tuple[str, ...]] | None = None,
) -> Answered:
    golds, answers = tuple(gold for gold, _ in pairs), tuple(answer for _, answer in pairs)
    given = tuple(
        Prediction(place, gold, answer, references=None if references is None else references[place])
        for place, (gold, answer) in enumerate(pairs)
    )
    return Answered(golds, answers, labels, choice or plain(""), given=given)


def measured(
    metric: Metric, answered: Answered, indices: Sequence[Sequence[int]] | None = None
) -> dict[str, list[float]]:
    """Return each value over all rows, or over each of some resamples."""
    result = metric.compute(answered)
    if isinstance(result, PerExample):
        assert indices is None
        return {name: [sum(scores) / len(scores)] for name, scores in result.scores.items()}
    assert isinstance(result, Corpus | Facts)
    drawn = np.asarray([range(len(answered.golds))] if indices is None else indices, dtype=np.int64)
    statistics = metric.statistics(result, answered.choice)
    return {name: [float(each) for each in statistic(drawn)] for name, statistic in statistics.items()}


def value(metric: Metric, pairs: Sequence[Pair], choice: MetricChoice | None = None) -> float:
    """Return the headline over all rows."""
    return measured(metric, asked(pairs, choice))[metric.values[0]][0]


def per_row(metric: Metric, answered: Answered, name: str | None = None) -> tuple[float, ...]:
    """Return the scores of the rows."""
    result = metric.compute(answered)
    assert isinstance(result, PerExample)
    assert set(result.scores) == set(metric.values)
    return result.scores[name or metric.values[0]]


def unjudged(metric: Metric, answered: Answered) -> int:
    result = metric.compute(answered)
    assert isinstance(result, PerExample | Facts)
    return result.unjudged
