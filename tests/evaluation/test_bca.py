"""The BCa interval against scipy's, on the same resamples; the jackknife in groups against that of single rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from lfine.evaluation import intervals
from lfine.evaluation.intervals import bca, bootstrap_mean, bootstrap_statistic, left_out
from lfine.evaluation.metrics.chrf import chrf
from lfine.evaluation.metrics.f1 import f1
from lfine.evaluation.metrics.registry import Corpus, Facts
from tests.evaluation.metrics.asking import asked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import Indices, Statistic, Values

RESAMPLES = 600


def scipy_s(statistic: Statistic, n: int, confidence: float, seed: int) -> tuple[float, float]:
    """Return scipy's interval of a statistic of row positions. It draws them as lfine does, from the same generator."""

    def alone(rows: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        moved = np.moveaxis(rows, axis, -1).astype(np.int64)
        found: NDArray[np.float64] = statistic(moved.reshape(-1, moved.shape[-1])).reshape(moved.shape[:-1])
        return found

    result = stats.bootstrap(
        (np.arange(n, dtype=np.float64),),
        alone,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="BCa",
        vectorized=True,
        random_state=np.random.default_rng(seed),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def ours(statistic: Statistic, n: int, confidence: float, seed: int) -> tuple[float, float]:
    found = bootstrap_statistic(statistic, n, confidence=confidence, seed=seed, method="bca", resamples=RESAMPLES)
    return found.low, found.high


def mean_of(values: NDArray[np.float64]) -> Statistic:
    def mean(indices: Indices) -> Values:
        found: Values = values[indices].mean(axis=1)
        return found

    return mean


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("seed", range(5))
def test_a_mean_of_skewed_scores_is_scipy_s(seed: int, confidence: float) -> None:
    values = np.random.default_rng(seed).beta(8, 1, size=60)
    expected = scipy_s(mean_of(values), 60, confidence, seed)
    assert ours(mean_of(values), 60, confidence, seed) == pytest.approx(expected, abs=1e-12)
    quick = bootstrap_mean(values, confidence=confidence, seed=seed, method="bca", resamples=RESAMPLES)
    assert (quick.low, quick.high) == pytest.approx(expected, abs=1e-12)
    usual = bootstrap_mean(values, confidence=confidence, seed=seed, resamples=RESAMPLES)
    assert (quick.low, quick.high) != pytest.approx((usual.low, usual.high), abs=1e-4)


def labelled(n: int, labels: int, seed: int) -> Statistic:
    """Return macro F1 of rows of which three in four are right."""
    generator = np.random.default_rng(seed)
    golds = generator.integers(0, labels, size=n)
    answers = np.where(generator.random(n) < 0.75, golds, generator.integers(0, labels, size=n))
    pairs = [(str(gold), str(answer)) for gold, answer in zip(golds, answers, strict=True)]
    result = f1.compute(asked(pairs, labels=tuple(map(str, range(labels)))))
    assert isinstance(result, Corpus)
    return result.statistic


@pytest.mark.parametrize("seed", range(3))
def test_macro_f1_is_scipy_s(seed: int) -> None:
    statistic = labelled(80, 5, seed)
    assert ours(statistic, 80, 0.95, seed) == pytest.approx(scipy_s(statistic, 80, 0.95, seed), abs=1e-12)


def test_a_metric_of_facts_is_scipy_s() -> None:
    words = ["the cat sat", "a dog ran far away", "no", "it is late today"]
    pairs = [(gold, gold[: -(place % 4) or None]) for place, gold in enumerate(words * 10)]
    result = chrf.compute(asked(pairs))
    assert isinstance(result, Facts)
    statistic = chrf.statistics(result, asked(pairs).choice)["chrf"]
    assert ours(statistic, 40, 0.9, 1) == pytest.approx(scipy_s(statistic, 40, 0.9, 1), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_up_to_a_thousand_rows_each_is_left_out_once(n: int) -> None:
    found = [row.tolist() for block in left_out(n, seed=0) for row in block]
    gone = sorted(set(range(n)) - set(row) for row in found)
    assert [len(each) for each in gone] == [1] * (n if n > 1 else 0)
    assert set().union(*gone) == (set(range(n)) if n > 1 else set())


@pytest.mark.parametrize("n", [1001, 2500])
def test_more_rows_are_left_out_in_equal_groups(n: int) -> None:
    size = math.ceil(n / 1000)
    found = [set(range(n)) - set(row.tolist()) for block in left_out(n, seed=3) for row in block]
    assert {len(each) for each in found} == {size}
    assert len(found) == math.ceil(n / size)
    assert set().union(*found) == set(range(n))


def acceleration(without: NDArray[np.float64]) -> float:
    lean = without.mean() - without
    return float((lean**3).sum() / (6 * (lean**2).sum() ** 1.5))


def test_groups_have_the_acceleration_of_single_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).beta(12, 0.5, size=3000)  # skewness -3
    statistic = mean_of(values)
    grouped = acceleration(np.concatenate([statistic(block) for block in left_out(3000, seed=0)]))
    monkeypatch.setattr(intervals, "MOST_LEFT_OUT", 3000)
    single = acceleration(np.concatenate([statistic(block) for block in left_out(3000, seed=0)]))
    assert single < -0.005
    assert grouped == pytest.approx(single, abs=0.0012)  # three times 0.4 / 1,000


def test_equal_values_stay_where_they_are() -> None:
    assert bca(np.full(50, 0.3), 0.3, np.full(10, 0.3), 0.95) == (0.3, 0.3)


def test_a_single_row_and_a_level_near_one_are_numbers() -> None:
    one = bootstrap_statistic(mean_of(np.array([0.4])), 1, confidence=0.95, seed=0, method="bca")
    assert (one.low, one.high) == (0.4, 0.4)
    values = np.array([0.0] * 30 + [1.0])
    wide = bootstrap_mean(values, confidence=0.999999, seed=0, method="bca")
    assert 0 <= wide.low <= wide.value <= wide.high <= 1


def test_resamples_all_on_one_side_are_moved_as_far_as_they_can_tell() -> None:
    drawn = np.linspace(0.5, 0.9, 100)
    assert bca(drawn, 0.95, np.linspace(0, 1, 10), 0.95)[1] == pytest.approx(0.9, abs=0.01)
    assert bca(drawn, 0.40, np.linspace(0, 1, 10), 0.95)[0] == pytest.approx(0.5, abs=0.01)
