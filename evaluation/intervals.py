"""Bootstrap intervals: how far a score could have come out otherwise with other held-out rows of the same kind.

    bootstrap_mean([1.0] * 912 + [0.0] * 88, confidence=0.95, seed=0)  →  MetricScore(0.912, 0.894, 0.929)

Percentile bootstrap (Efron 1979): 2,000 resamples of the rows with replacement; the ends are the percentiles of their
values. All metrics of n rows see the same resamples. Rows that all score alike give an interval of no width: the
bootstrap cannot tell what it has not seen. *Not here:* differences between two models (lfine.evaluation.compare).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lfine.evaluation.records import MetricScore
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import Indices, Values

RESAMPLES = 2_000
BLOCK = 2_000_000
"""Row positions held at once: 16 MB of int64."""


def bootstrap_mean(scores: Sequence[float], *, confidence: float, seed: int, resamples: int = RESAMPLES) -> MetricScore:
    """Return the mean of the per-example scores with its interval; TaskError LF305 without rows."""
    values = np.asarray(scores, dtype=np.float64)

    def mean(indices: Indices) -> Values:
        means: Values = values[indices].mean(axis=1)
        return means

    if len(values) and values.min() == values.max():
        only = float(values[0])  # the mean of equal floats is not always that float
        return MetricScore(only, only, only)
    return bootstrap_statistic(mean, len(values), confidence=confidence, seed=seed, resamples=resamples)


def bootstrap_statistic(
    statistic: Callable[[Indices], Values],
    n: int,
    *,
    confidence: float,
    seed: int,
    resamples: int = RESAMPLES,
) -> MetricScore:
    """Return the value of `statistic` over all n rows with its interval; TaskError LF305 without rows.

    `statistic` takes row positions (resamples, n) and returns (resamples,) values.
    """
    if n == 0:
        cure = "give the held-out split at least one row"
        raise TaskError(Problem("LF305", "there is no held-out row to score", cure))
    value = float(statistic(np.arange(n, dtype=np.int64)[None, :])[0])
    drawn = np.concatenate([statistic(block) for block in resampled_rows(n, seed=seed, resamples=resamples)])
    low, high = percentiles(drawn, confidence)
    return MetricScore(value, low, high)


def resampled_rows(n: int, *, seed: int, resamples: int = RESAMPLES) -> Iterator[Indices]:
    """Yield row positions drawn with replacement, in blocks (some resamples, n) that fit in memory."""
    generator = np.random.default_rng(seed)
    tall = max(1, BLOCK // n)
    for start in range(0, resamples, tall):
        yield generator.integers(0, n, size=(min(tall, resamples - start), n))


def percentiles(drawn: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Return the two ends that leave out (1 - confidence) / 2 of `drawn` on either side."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)
