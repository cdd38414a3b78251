"""Holm's correction: p-values of several comparisons, so that one false alarm among all stays as rare.

    holm([0.01, 0.04, 0.03])  →  (0.03, 0.06, 0.06)

The smallest of m p-values counts m-fold, the next m - 1 times, and so on; none below one before it (Holm 1979). It asks
nothing of how the comparisons depend on each other: tasks may share rows and models may share a base.
*Not here:* the p-values (lfine.evaluation.permutations).
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order of the given ones."""
    adjusted, so_far = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        so_far = max(so_far, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = so_far
    return tuple(adjusted)
