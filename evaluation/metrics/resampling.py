"""Sums over resampled rows, for corpus metrics that are a formula of sums: counts of n-grams, of entities, of labels.

    sums(facts)(indices)     # facts (n, k), row positions (resamples, n)  →  (resamples, k)

How often each row was drawn, times what is true of the row: one product of matrices for all resamples. 2,000 resamples
of 1,000 rows with 18 facts take 0.05 s. *Not here:* the resamples (lfine.evaluation.intervals), the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import FactTable, Indices


def draws(indices: Indices, rows: int) -> NDArray[np.int64]:
    """Return how often each of `rows` rows stands in each resample: (resamples, rows)."""
    import numpy as np

    offsets = np.arange(len(indices), dtype=np.int64)[:, None] * rows
    return np.bincount((indices + offsets).ravel(), minlength=len(indices) * rows).reshape(len(indices), rows)


def sums(facts: FactTable) -> Callable[[Indices], FactTable]:
    """Return the function that sums the facts over each resample; whole numbers below 2**53 are exact."""

    import numpy as np

    def summed(indices: Indices) -> FactTable:
        total: FactTable = draws(indices, len(facts)).astype(np.float64) @ facts
        return total

    return summed


def divide(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, 0 where `whole` is 0."""
    import numpy as np

    quotient: NDArray[np.float64] = part / np.where(whole > 0, whole, 1)
    return quotient
