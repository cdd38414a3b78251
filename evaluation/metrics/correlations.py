"""Correlation of gold and answered numbers over resampled rows: what `pearson` and `spearman` share.

    facts = number_facts(Answered(golds=("1", "2"), answers=("1.5", "none"), …)).rows == ((1, 1.5, 1), (1, 0, 2))

A row is (whether there is an answered number, it or 0, the gold number). An answer that is no number says nothing about
the gold number: it is given the mean of the others (of their ranks), so that the coefficient falls towards 0 with every
such answer. A correlation of numbers that are all equal is undefined and taken as 0.
*Not here:* the intervals (lfine.evaluation.intervals).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfine.evaluation.metrics.registry import Answered, Facts
from lfine.evaluation.metrics.resampling import draws
from lfine.evaluation.numerals import only_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import FactTable, Indices, Values

    Column = NDArray[np.float64]
    """(resamples, n): a number for each row, the same in every resample for Pearson, its rank there for Spearman."""

NEGLIGIBLE = 1e-12
"""A spread below this share of the numbers' size is rounding: numbers that are all equal."""


def is_number(text: str) -> bool:
    return only_number(text) is not None


def number_facts(answered: Answered) -> Facts:
    found = [None if answer is None else only_number(answer) for answer in answered.answers]
    golds = [only_number(gold) or 0.0 for gold in answered.golds]
    rows = tuple((float(each is not None), each or 0.0, gold) for each, gold in zip(found, golds, strict=True))
    return Facts(rows, answered.unread(found))


def scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the numbers between -1 and 1: a correlation does not see it, and no square is too large for a float."""
    import numpy as np

    largest = np.abs(values).max(initial=0.0)
    return values / largest if largest > 0 else values


def linear(facts: FactTable, indices: Indices) -> Values:
    """Return Pearson's coefficient of each resample."""
    drawn = draws(indices, len(facts)).astype(float)
    return correlation(drawn * facts[:, 0], drawn, scaled(facts[:, 1])[None, :], scaled(facts[:, 2])[None, :])


def ranked(facts: FactTable, indices: Indices) -> Values:
    """Return Spearman's coefficient of each resample: Pearson's of the ranks that the numbers have in it."""
    drawn = draws(indices, len(facts)).astype(float)
    judged = drawn * facts[:, 0]
    return correlation(judged, drawn, ranks(facts[:, 1], judged), ranks(facts[:, 2], drawn))


def ranks(values: NDArray[np.float64], weights: NDArray[np.float64]) -> Column:
    """Return the rank of each value where value i occurs weights[r, i] times; equal values share the mean rank."""
    import numpy as np

    order = np.argsort(values, kind="stable")
    distinct, starts = np.unique(values[order], return_index=True)
    counts = np.add.reduceat(weights[:, order], starts, axis=1)  # (resamples, distinct values)
    middle = np.cumsum(counts, axis=1) - (counts - 1) / 2
    found: Column = middle[:, np.searchsorted(distinct, values)] / weights.shape[1]
    return found


def correlation(judged: Column, drawn: Column, answers: Column, golds: Column) -> Values:
    """Return the correlation of columns weighed by how often each row was drawn; `judged` is 0 without a number."""
    import numpy as np

    many, rows = judged.sum(axis=1), drawn.sum(axis=1)
    centred = answers - ((judged * answers).sum(axis=1) / np.maximum(many, 1))[:, None]
    gold = golds - ((drawn * golds).sum(axis=1) / rows)[:, None]
    spread, gold_spread = (judged * centred**2).sum(axis=1), (drawn * gold**2).sum(axis=1)
    sizes = (judged * answers**2).sum(axis=1), (drawn * golds**2).sum(axis=1)
    known = (spread > NEGLIGIBLE * sizes[0]) & (gold_spread > NEGLIGIBLE * sizes[1])
    whole = np.sqrt(np.where(known, spread * gold_spread, 1.0))
    value: Values = np.where(known, (judged * centred * gold).sum(axis=1) / whole, 0.0)
    return value
