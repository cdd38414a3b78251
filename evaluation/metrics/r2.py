"""The coefficient of determination: how much nearer answered numbers are to the gold numbers than their mean is.

    golds 1 2 3   answers 1 2 4      → 0.5
    golds 1 2 3   answers 2 2 2      → 0.0
    golds 1 2 3   answers 3 2 1      → -3.0

It is 1 where every answer is the gold number, 0 for the mean of the gold numbers given to every row, and below 0 for
worse; it has no lower end, and needs no range, whatever the numbers measure. It is no share and is shown as it is. An
answer must be a number and nothing else (`extract: last_number` takes one out of a longer answer); one that is none is
given the mean of the gold numbers: it counts as an answer that says nothing. Gold numbers that are all equal have no
coefficient; it is taken as 0. A gold answer that is no number is refused.
*Not here:* the order or line of the answers alone, whatever their size (pearson, spearman); reading numbers
(lfine.evaluation.metrics.correlations).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lfine.evaluation.metrics.correlations import NEGLIGIBLE, is_number, number_facts
from lfine.evaluation.metrics.registry import Answered, Facts, also, metric
from lfine.evaluation.metrics.resampling import draws

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import FactTable, Indices, Values

FARTHEST = 1e50
"""Times the largest gold number that an answer counts as being away, at the most: of more, intervals are no floats."""


def determination(facts: FactTable, indices: Indices) -> Values:
    """Return the coefficient of each resample; facts are those of number_facts."""
    import numpy as np

    drawn = draws(indices, len(facts)).astype(float)  # (resamples, n)
    judged, largest = facts[:, 0] > 0, np.abs(facts[:, 2]).max(initial=0.0) or 1.0
    golds = facts[:, 2] / largest
    with np.errstate(over="ignore"):
        answers = np.clip(facts[:, 1] / largest, -FARTHEST, FARTHEST)
    centred = golds - ((drawn * golds).sum(axis=1) / drawn.sum(axis=1))[:, None]
    left = np.where(judged, (golds - answers) ** 2, centred**2)
    spread = (drawn * centred**2).sum(axis=1)
    known = spread > NEGLIGIBLE * (drawn * golds**2).sum(axis=1)
    value: Values = np.where(known, 1 - (drawn * left).sum(axis=1) / np.where(known, spread, 1.0), 0.0)
    return value


@also(pool=lambda facts, _: {"r2": partial(determination, facts)}, share=False)
@metric(output_types=("number", "text", "category"), kind="corpus", source="sklearn.metrics.r2_score", judges=is_number)
def r2(answered: Answered) -> Facts:
    return number_facts(answered)
