"""Metrics asked in a test: rows in, values out; and the cases on which a metric is compared with its reference.

    value(bleu, [("the cat", "the cat")]) == 1.0
    per_row(squad, [("a b", "b"), ("c", None)], "squad_f1") == (…, 0.0)

    @parity("bleu")                    # 500 cases, each of a few rows, in each of which bleu is asked
    @given(SAMPLES)
    def test_equals_sacrebleu(…): …

test_parity.py sees to it that every metric has such a test.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, Metric, MetricResult, PerExample, plain
from lfine.evaluation.records import Prediction
from lfine.schemas.task import MetricChoice

Pair = tuple[str, str | None]
Test = Callable[..., None]

CASES = 500
slow = [each for each in HealthCheck if each is not HealthCheck.differing_executors]
often: Callable[[Test], Test] = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=slow,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
"""500 examples, each of them a case."""
seeds = st.integers(0, 2**32 - 1)
_asked_in_case: set[str] = set()
"""Metrics that `outcome` has computed since the case began."""


def parity(*names: str) -> Callable[[Test], Test]:
    """Declare that a `@given` test compares these metrics with an independent reference; fail where it does not try.

    Each of them must be computed, through this module, in 500 generated cases.
    """

    def declare(test: Test) -> Test:
        handle = test.hypothesis  # type: ignore[attr-defined]
        compare, tried = handle.inner_test, Counter[str]()

        @functools.wraps(compare)
        def case(*given: object, **named: object) -> None:
            _asked_in_case.clear()
            compare(*given, **named)
            tried.update(_asked_in_case)

        handle.inner_test = case
        whole = often(test)

        @functools.wraps(whole)
        def counted(*given: object, **named: object) -> None:
            tried.clear()
            whole(*given, **named)
            few = {name: tried[name] for name in names if tried[name] < CASES}
            assert not few, f"asked in fewer than {CASES} cases: {few}"

        counted.parity = names  # type: ignore[attr-defined]
        return counted

    return declare


def outcome(metric: Metric, answered: Answered) -> MetricResult:
    """Compute a metric."""
    _asked_in_case.add(metric.name)
    return metric.compute(answered)


def resampled(rows: int, seed: int) -> list[list[int]]:
    """Return all rows as they are, or a resample of them, as a metric of the whole sample takes them."""
    everything = list(range(rows))
    return [everything if seed % 2 else random.Random(seed).choices(everything, k=rows)]


def pieces(*texts: str, most: int, between: str = "") -> st.SearchStrategy[str]:
    """Return texts made of at most so many of these: one draw for each, however long it is."""
    signs = {chr(0x4E00 + place): text for place, text in enumerate(texts)}
    return st.text("".join(signs), max_size=most).map(lambda drawn: between.join(map(signs.__getitem__, drawn)))


def rows_of(
    golds: st.SearchStrategy[str], answers: st.SearchStrategy[str], most: int = 3
) -> st.SearchStrategy[list[Pair]]:
    """Return a few pairs of gold answer and answer, some of them missing, some the gold answer itself."""
    pair = st.tuples(golds, answers, st.integers(0, 9)).map(_pair)
    return st.lists(pair, min_size=1, max_size=most)


def _pair(drawn: tuple[str, str, int]) -> Pair:
    gold, answer, luck = drawn
    return gold, None if luck == 9 else gold if luck == 8 else answer


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
    result = outcome(metric, answered)
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
    result = outcome(metric, answered)
    assert isinstance(result, PerExample)
    assert set(result.scores) == set(metric.values)
    return result.scores[name or metric.values[0]]


def unjudged(metric: Metric, answered: Answered) -> int:
    result = outcome(metric, answered)
    assert isinstance(result, PerExample | Facts)
    return result.unjudged
