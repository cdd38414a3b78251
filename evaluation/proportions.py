"""Intervals of shares by formula: no resample is drawn, and rows that all score alike get a width too.

    wilson(1000, 1000, confidence=0.95)           →  (0.996, 1.0)       1,000 of 1,000 right
    paired(wins=4, losses=0, rows=1000, …)        →  (-0.001, 0.009)    four rows won, none lost
    all_alike(0.5, 1000, within=(0, 1), …)        →  (0.498, 0.502)     every row scored 0.5

A bootstrap draws from the rows it has: where all are right it cannot draw a wrong one, and says "from 100 to 100". How
often each interval holds the truth was measured: docs/decisions/0018-intervals.md.
*Not here:* resampling (lfine.evaluation.intervals), tests (lfine.evaluation.permutations).
"""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(right: float, rows: int, *, confidence: float) -> tuple[float, float]:
    """Return the interval of a share of right rows (Wilson 1927); without rows nothing is known of it: (0, 1)."""
    if rows == 0:
        return 0.0, 1.0
    z, share = deviations(confidence), right / rows
    middle = share + z * z / (2 * rows)
    half = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    whole = 1 + z * z / rows
    low, high = (middle - half) / whole, (middle + half) / whole
    # Rounding must not put a share of 0 or 1 outside its own interval.
    return min(max(low, 0.0), share), max(min(high, 1.0), share)


def paired(wins: int, losses: int, rows: int, *, confidence: float) -> tuple[float, float]:
    """Return the interval of (wins - losses) / rows: Wald's with one win and one loss more (Bonett and Price 2012)."""
    more, fewer = (wins + 1) / (rows + 2), (losses + 1) / (rows + 2)
    half = deviations(confidence) * math.sqrt((more + fewer - (more - fewer) ** 2) / (rows + 2))
    return max(more - fewer - half, -1.0), min(more - fewer + half, 1.0)


def all_alike(score: float, rows: int, *, within: tuple[float, float], confidence: float) -> tuple[float, float]:
    """Return the interval of the mean where every row has the same score, which lies `within` two bounds.

    At least the share `wilson(rows, rows)` of all rows have that score; the others could have either bound.
    """
    alike = wilson(rows, rows, confidence=confidence)[0]
    low, high = (alike * score + (1 - alike) * bound for bound in within)
    return min(low, score), max(high, score)


def deviations(confidence: float) -> float:
    """Return how many standard deviations a two-sided interval of this level takes: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
