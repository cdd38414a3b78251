"""Bootstrap intervals against the analytic interval of a proportion, and their degenerate cases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lfine.evaluation.intervals import (
    BLOCK,
    bootstrap_mean,
    bootstrap_statistic,
    mean_interval,
    resampled_rows,
)
from lfine.evaluation.proportions import wilson
from lfine.evaluation.records import MetricScore
from lfine.schemas.errors import TaskError

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import Indices, Values

# An end is a percentile of 2,000 draws: its own standard error is about 0.06 standard errors of the mean at 95%, and
# the proportion moves in steps of 1/n; 0.25 standard errors allow for four of the former and for the steps.
TOLERANCE = 0.25


@pytest.mark.parametrize(("right", "n"), [(912, 1000), (500, 1000), (60, 100)])
@pytest.mark.parametrize(("confidence", "normal"), [(0.95, 1.960), (0.9, 1.645)])
def test_interval_of_a_proportion_is_the_normal_one(right: int, n: int, confidence: float, normal: float) -> None:
    share = right / n
    error = math.sqrt(share * (1 - share) / n)
    found = bootstrap_mean([1.0] * right + [0.0] * (n - right), confidence=confidence, seed=3)
    assert found.value == pytest.approx(share)
    assert found.low == pytest.approx(share - normal * error, abs=TOLERANCE * error)
    assert found.high == pytest.approx(share + normal * error, abs=TOLERANCE * error)


def test_mean_and_statistic_agree() -> None:
    scores = np.linspace(0, 1, 50) ** 2

    def mean(indices: Indices) -> Values:
        means: Values = scores[indices].mean(axis=1)
        return means

    assert bootstrap_statistic(mean, 50, confidence=0.95, seed=1) == bootstrap_mean(
        scores.tolist(), confidence=0.95, seed=1
    )


def test_seed_decides_and_the_order_of_calls_does_not() -> None:
    scores = [0.0, 0.2, 0.9, 1.0, 0.4] * 9
    first = bootstrap_mean(scores, confidence=0.95, seed=1)
    other = bootstrap_mean(scores, confidence=0.95, seed=2)
    assert bootstrap_mean(scores, confidence=0.95, seed=1) == first
    assert other != first
    assert other.value == first.value


@pytest.mark.parametrize("right", [0, 1, 912, 1000])
def test_shares_of_right_rows_have_wilson_s_interval_by_either_method(right: int) -> None:
    scores = [1.0] * right + [0.0] * (1000 - right)
    expected = MetricScore(right / 1000, *wilson(right, 1000, confidence=0.95))
    assert mean_interval(scores, confidence=0.95, seed=0, method="percentile") == expected
    assert mean_interval(scores, confidence=0.95, seed=0, method="bca") == expected
    assert expected.high - expected.low > 0.003


def test_other_scores_are_resampled() -> None:
    scores = [0.2, 1.0, 0.93] * 30
    found = mean_interval(scores, confidence=0.9, seed=4, method="percentile")
    assert found == bootstrap_mean(scores, confidence=0.9, seed=4)
    assert mean_interval(scores, confidence=0.9, seed=4, method="bca") != found


def test_differences_that_are_only_0_and_1_are_no_shares() -> None:
    """A loss could have been among them: the score is -1 to 1."""
    gaps = [1.0, 0.0, 0.0] * 30
    found = mean_interval(gaps, confidence=0.9, seed=4, method="percentile", within=(-1.0, 1.0))
    assert found == bootstrap_mean(gaps, confidence=0.9, seed=4)


def test_equal_scores_have_a_width_and_a_single_row_says_nearly_nothing() -> None:
    half = mean_interval([0.1] * 1000, confidence=0.95, seed=0, method="percentile")
    assert half.value == 0.1  # the mean of equal floats is not always that float
    assert half.low == pytest.approx(0.1 * 0.99617, abs=1e-5)
    assert half.high == pytest.approx(0.1 + 0.9 * 0.00383, abs=1e-5)
    gaps = mean_interval([0.0] * 1000, confidence=0.95, seed=0, method="bca", within=(-1.0, 1.0))
    assert (gaps.value, gaps.high) == (0.0, -gaps.low)
    assert gaps.high == pytest.approx(0.00383, abs=1e-5)
    assert mean_interval([1.0], confidence=0.95, seed=0, method="percentile").low < 0.25


def test_no_rows_are_a_problem() -> None:
    with pytest.raises(TaskError) as caught:
        mean_interval([], confidence=0.95, seed=0, method="percentile")
    assert caught.value.problems[0].code == "LF305"


def test_resamples_come_in_blocks_that_fit_in_memory() -> None:
    blocks = list(resampled_rows(BLOCK // 3, seed=0, resamples=7))
    assert [block.shape for block in blocks] == [(3, BLOCK // 3), (3, BLOCK // 3), (1, BLOCK // 3)]
    assert min(int(block.min()) for block in blocks) == 0
    assert max(int(block.max()) for block in blocks) < BLOCK // 3
