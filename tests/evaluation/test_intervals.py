"""Bootstrap intervals against the analytic interval of a proportion, and their degenerate cases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lfine.evaluation.intervals import BLOCK, bootstrap_mean, bootstrap_statistic, resampled_rows
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


@pytest.mark.parametrize("scores", [[0.1] * 1000, [1.0], [0.0, 0.0]])
def test_equal_scores_give_an_interval_without_width(scores: list[float]) -> None:
    assert bootstrap_mean(scores, confidence=0.95, seed=0) == MetricScore(scores[0], scores[0], scores[0])


def test_no_rows_are_a_problem() -> None:
    with pytest.raises(TaskError) as caught:
        bootstrap_mean([], confidence=0.95, seed=0)
    assert caught.value.problems[0].code == "LF305"


def test_resamples_come_in_blocks_that_fit_in_memory() -> None:
    blocks = list(resampled_rows(BLOCK // 3, seed=0, resamples=7))
    assert [block.shape for block in blocks] == [(3, BLOCK // 3), (3, BLOCK // 3), (1, BLOCK // 3)]
    assert min(int(block.min()) for block in blocks) == 0
    assert max(int(block.max()) for block in blocks) < BLOCK // 3
