"""Spearman's correlation: how far answered numbers stand in the order of the gold numbers.

    golds 1 2 3   answers 1 2 9      → 1.0
    golds 1 2 3   answers 3 2 1      → -1.0

It goes from -1 to 1. An answer must be a number and nothing else (`extract: last_number` takes one out of a longer
answer); one that is none is given the mean of the others (of their ranks): it counts as an answer that says nothing,
and the coefficient falls towards 0. Numbers that are all equal have no correlation; it is taken as 0. A gold answer
that is no number is refused.
*Not here:* the arithmetic (lfine.evaluation.metrics.correlations).
"""

from __future__ import annotations

from functools import partial

from lfine.evaluation.metrics.correlations import is_number, number_facts, ranked
from lfine.evaluation.metrics.registry import Answered, Facts, also, metric


@also(pool=lambda facts, _: {"spearman": partial(ranked, facts)})
@metric(output_types=("number", "text", "category"), kind="corpus", source="scipy.stats.spearmanr", judges=is_number)
def spearman(answered: Answered) -> Facts:
    return number_facts(answered)
