"""Tests of the null hypothesis that two models are equally good on the same rows.

    sign_flip([1, 1, 1, 1, 1, -1], seed=0)   →  0.22     could a coin have chosen the signs?
    mcnemar(wins=5, losses=1)                →  0.21875  the same question for 0/1 scores, exactly

*Not here:* which rows and which models (lfine.evaluation.compare).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from lfine.evaluation.intervals import BLOCK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import Values

PERMUTATIONS = 10_000
"""The smallest p-value is 1 / (PERMUTATIONS + 1)."""

SLACK = 1e-9
"""Sums of the same numbers in another order differ by less; such ties count as at least as extreme."""


def sign_flip(differences: Sequence[float], *, seed: int, permutations: int = PERMUTATIONS) -> float:
    """Return the two-sided p-value of the mean difference under random signs (Fisher's randomisation test)."""
    values = np.asarray(differences, dtype=np.float64)
    values = values[values != 0]  # a tie has no sign to flip

    def flipped(swapped: NDArray[np.bool_]) -> Values:
        sums: Values = values.sum() - 2 * (swapped @ values)
        return sums

    return swap_test(flipped, len(values), float(values.sum()), seed=seed, permutations=permutations)


def swap_test(
    statistic: Callable[[NDArray[np.bool_]], Values],
    n: int,
    observed: float,
    *,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> float:
    """Return the two-sided p-value of `observed` among values of `statistic` with the two models swapped at random.

    `statistic` takes (permutations, n) booleans, true where a row's two models are swapped. The observed arrangement
    counts as one of the permutations (Phipson and Smyth 2010), so that the value is never 0.
    """
    if n == 0:
        return 1.0
    extreme = sum(
        int((np.abs(statistic(block)) >= abs(observed) - SLACK).sum())
        for block in _swaps(n, seed=seed, permutations=permutations)
    )
    return (1 + extreme) / (1 + permutations)


def mcnemar(wins: int, losses: int) -> float:
    """Return the exact two-sided p-value of McNemar's test: a fair coin thrown wins + losses times (McNemar 1947)."""
    thrown = wins + losses
    ways, tail = 1, 1  # of throwing k heads, from k = 0 on
    for k in range(min(wins, losses)):
        ways = ways * (thrown - k) // (k + 1)
        tail += ways
    # Whole numbers to the last step: for thousands of rows the parts of the quotient do not fit a float.
    return min(1.0, float(Fraction(2 * tail, 2**thrown)))


def _swaps(n: int, *, seed: int, permutations: int) -> Iterator[NDArray[np.bool_]]:
    generator = np.random.default_rng(seed)
    tall = max(1, BLOCK // n)
    for start in range(0, permutations, tall):
        yield generator.integers(0, 2, size=(min(tall, permutations - start), n), dtype=np.uint8).astype(np.bool_)
