"""Pearson's and Spearman's correlation against scipy over samples and resamples; answers that are no number."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lfine.evaluation.metrics.pearson import pearson
from lfine.evaluation.metrics.registry import Metric
from lfine.evaluation.metrics.spearman import spearman
from tests.evaluation.metrics.asking import Pair, asked, measured, parity, resampled, seeds, unjudged, value

READ = {"0": 0.0, "1": 1.0, "2.5": 2.5, " -3.": -3.0, "4": 4.0, "1,000": 1000.0, "0.125": 0.125, "−2": -2.0}
NUMBERS = list(READ)
SAMPLES: st.SearchStrategy[list[Pair]] = st.lists(
    st.tuples(
        st.sampled_from(NUMBERS), st.sampled_from((*NUMBERS, *NUMBERS, *NUMBERS, "none", "4 of 5", "nan", "", None))
    ),
    min_size=1,
    max_size=6,
)


def imputed(answers: list[float | None], *, ranked: bool) -> list[float]:
    """Give answers that are none the mean of the others, or of their ranks."""
    judged = [each for each in answers if each is not None]
    values = iter(stats.rankdata(judged) if ranked else judged)
    mean = (len(judged) + 1) / 2 if ranked else sum(judged) / max(1, len(judged))
    return [mean if each is None else float(next(values)) for each in answers]


def reference(pairs: list[Pair], *, ranked: bool) -> float:
    golds = [READ[gold] for gold, _ in pairs]
    answers = imputed([READ.get(answer or "") for _, answer in pairs], ranked=ranked)
    others = list(map(float, stats.rankdata(golds))) if ranked else golds
    if np.ptp(others) == 0 or np.ptp(answers) == 0:
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nearly constant input
        return float(stats.pearsonr(answers, others).statistic)


@parity("pearson", "spearman")
@given(SAMPLES, seeds)
def test_equals_scipy(pairs: list[Pair], seed: int) -> None:
    drawn, answered = resampled(len(pairs), seed), asked(pairs)
    for metric in (pearson, spearman):
        for got, rows in zip(measured(metric, answered, drawn)[metric.name], drawn, strict=True):
            expected = reference([pairs[row] for row in rows], ranked=metric is spearman)
            assert got == pytest.approx(expected, abs=1e-9), metric.name


def test_complete_answers_are_scipy_s_own() -> None:
    golds, answers = [1.0, 2.0, 3.0, 3.0, 5.5], [2.0, 1.0, 4.0, 4.5, 4.5]
    pairs: list[Pair] = [(str(gold), str(answer)) for gold, answer in zip(golds, answers, strict=True)]
    assert value(pearson, pairs) == pytest.approx(stats.pearsonr(golds, answers).statistic)
    assert value(spearman, pairs) == pytest.approx(stats.spearmanr(golds, answers).statistic)


@pytest.mark.parametrize(
    ("metric", "answers", "expected"),
    [
        (pearson, ("2", "4", "6"), 1.0),
        (pearson, ("1", "2", "9"), 0.9177),
        (spearman, ("1", "2", "9"), 1.0),
        (spearman, ("3", "2", "1"), -1.0),
        (pearson, ("7", "7", "7"), 0.0),
        (spearman, (None, "x", None), 0.0),
        (pearson, ("1e200", "2e200", "3e200"), 1.0),  # whose squares are no floats
    ],
)
def test_worked_examples(metric: Metric, answers: tuple[str | None, ...], expected: float) -> None:
    pairs: list[Pair] = list(zip(("1", "2", "3"), answers, strict=True))
    assert value(metric, pairs) == pytest.approx(expected, abs=1e-4)


def test_an_answer_without_a_number_is_counted_and_costs() -> None:
    pairs: list[Pair] = [("1", "1"), ("2", "2"), ("3", "about 3"), ("4", "4"), ("5", None)]
    assert unjudged(pearson, asked(pairs)) == unjudged(spearman, asked(pairs)) == 1
    assert 0.3 < value(pearson, pairs) < 0.99
    assert not pearson.judges("about 3")
    assert spearman.judges("-3.5")
