"""Intervals: how far a score could have come out otherwise with other held-out rows of the same kind.

    mean_interval([1.0] * 912 + [0.0] * 88, confidence=0.95, seed=0, method="percentile")
        →  MetricScore(0.912, 0.893, 0.928)

Scores that are only 0 and 1, and rows that all score alike, have intervals by formula (lfine.evaluation.proportions);
everything else is a bootstrap of 2,000 resamples of the rows with replacement, the same for all metrics of n rows:
`percentile` (Efron 1979) takes the percentiles of their values, `bca` (Efron 1987) moves those by the bias of the
values and by how the spread changes with the value. A metric of the whole sample whose resamples all have one value has
an interval without width. *Not here:* differences between two models (lfine.evaluation.compare).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from lfine.evaluation.proportions import all_alike, wilson
from lfine.evaluation.records import IntervalMethod, MetricScore
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import Indices, Values

RESAMPLES = 2_000
BLOCK = 2_000_000
"""Row positions held at once: 16 MB of int64."""
MOST_LEFT_OUT = 1_000
"""Groups of rows that the jackknife leaves out in turn: single rows up to so many, then groups of equal size. Their
skewness over the root of their number is that of single rows; it is known to 0.4 / 1,000, which moves an end by less
than 0.002 standard errors."""
ROUNDING = 1e-12
"""Means of the same numbers in another order differ by less: they are equal to the value itself."""


def mean_interval(
    scores: Sequence[float],
    *,
    confidence: float,
    seed: int,
    method: IntervalMethod,
    within: tuple[float, float] = (0.0, 1.0),
) -> MetricScore:
    """Return the mean of per-example scores, which lie `within` two bounds, with its interval; TaskError LF305."""
    values = np.asarray(scores, dtype=np.float64)
    n = len(values)
    if n and within == (0.0, 1.0) and bool(np.isin(values, (0.0, 1.0)).all()):
        return MetricScore(float(values.mean()), *wilson(float(values.sum()), n, confidence=confidence))
    if n and values.min() == values.max():
        only = float(values[0])  # the mean of equal floats is not always that float
        return MetricScore(only, *all_alike(only, n, within=within, confidence=confidence))
    return bootstrap_mean(values, confidence=confidence, seed=seed, method=method)


def bootstrap_mean(
    scores: Sequence[float] | NDArray[np.float64],
    *,
    confidence: float,
    seed: int,
    method: IntervalMethod = "percentile",
    resamples: int = RESAMPLES,
) -> MetricScore:
    """Return the mean with its bootstrap interval, whatever the scores are; TaskError LF305 without rows."""
    values = np.asarray(scores, dtype=np.float64)

    def mean(indices: Indices) -> Values:
        means: Values = values[indices].mean(axis=1)
        return means

    value, drawn = _resample(mean, len(values), seed=seed, resamples=resamples)
    if method == "percentile":
        return MetricScore(value, *percentiles(drawn, confidence))
    # Without row i the mean is smaller by (values[i] - mean) / (n - 1).
    return MetricScore(value, *bca(drawn, value, -values, confidence))


def bootstrap_statistic(
    statistic: Callable[[Indices], Values],
    n: int,
    *,
    confidence: float,
    seed: int,
    method: IntervalMethod = "percentile",
    resamples: int = RESAMPLES,
) -> MetricScore:
    """Return the value of `statistic` over all n rows with its interval; TaskError LF305 without rows.

    `statistic` takes row positions (resamples, n) and returns (resamples,) values.
    """
    value, drawn = _resample(statistic, n, seed=seed, resamples=resamples)
    if method == "percentile":
        return MetricScore(value, *percentiles(drawn, confidence))
    without = [statistic(block) for block in left_out(n, seed=seed)] or [np.zeros(1)]
    return MetricScore(value, *bca(drawn, value, np.concatenate(without), confidence))


def _resample(statistic: Callable[[Indices], Values], n: int, *, seed: int, resamples: int) -> tuple[float, Values]:
    if n == 0:
        cure = "give the held-out split at least one row"
        raise TaskError(Problem("LF305", "there is no held-out row to score", cure))
    value = float(statistic(np.arange(n, dtype=np.int64)[None, :])[0])
    return value, np.concatenate([statistic(block) for block in resampled_rows(n, seed=seed, resamples=resamples)])


def resampled_rows(n: int, *, seed: int, resamples: int = RESAMPLES) -> Iterator[Indices]:
    """Yield row positions drawn with replacement, in blocks (some resamples, n) that fit in memory."""
    generator = np.random.default_rng(seed)
    tall = max(1, BLOCK // n)
    for start in range(0, resamples, tall):
        yield generator.integers(0, n, size=(min(tall, resamples - start), n))


def left_out(n: int, *, seed: int) -> Iterator[Indices]:
    """Yield the positions that remain without each group of rows, in blocks (some groups, n - rows of a group).

    A last group that is not full is filled with rows of the first. One row alone leaves nothing: no block then.
    """
    size = -(-n // MOST_LEFT_OUT)
    groups = np.resize(np.random.default_rng(seed).permutation(n), (-(-n // size), size))
    tall = max(1, BLOCK // n)
    for start in range(0, len(groups) if n > 1 else 0, tall):
        block = groups[start : start + tall]
        kept = np.ones((len(block), n), dtype=np.bool_)
        np.put_along_axis(kept, block, values=False, axis=1)
        yield np.nonzero(kept)[1].reshape(len(block), n - size)


def percentiles(drawn: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the two ends that leave out (1 - confidence) / 2 of `drawn` on either side."""
    tail = (1 - confidence) / 2
    return _quantiles(drawn, (tail, 1 - tail))


def bca(
    drawn: NDArray[np.float64], value: float, without: NDArray[np.float64], confidence: float
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated ends (Efron 1987) of resampled values.

    `without` holds the value without each row or group of rows in turn; only its shape counts, not its place or scale.
    """
    normal, slack = NormalDist(), ROUNDING * max(1.0, abs(value))
    below = float(((drawn < value - slack).mean() + (drawn <= value + slack).mean()) / 2)
    # With every resample on one side the bias is not known; half a resample on the other bounds it.
    bias = normal.inv_cdf(min(max(below, 0.5 / len(drawn)), 1 - 0.5 / len(drawn)))
    lean = without.mean() - without
    spread = float((lean**2).sum())
    acceleration = float((lean**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0

    def moved(tail: float) -> float:
        aim = bias + normal.inv_cdf(tail)
        return normal.cdf(bias + aim / max(1 - acceleration * aim, ROUNDING))

    tail = (1 - confidence) / 2
    return _quantiles(drawn, (moved(tail), moved(1 - tail)))


def _quantiles(drawn: NDArray[np.float64], shares: tuple[float, float]) -> tuple[float, float]:
    low, high = np.quantile(drawn, shares)
    return float(low), float(high)
