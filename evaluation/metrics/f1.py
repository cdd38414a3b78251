"""Macro F1: for each label the harmonic mean of precision and recall, averaged over the labels.

    golds a a b b   answers a b b b   → F1 of a 0.667, of b 0.8, macro 0.733

The labels are those of the gold answers in the scored rows; an answer with another label, or with none, counts against
the recall of the gold label; a ratio without a denominator is 0.
*Not here:* the counts (lfine.evaluation.metrics.label_counts).
"""

from __future__ import annotations

from lfine.evaluation.metrics.label_counts import divide, macro
from lfine.evaluation.metrics.registry import Answered, Corpus, metric


@metric(
    output_types=("category",),
    kind="corpus",
    source='sklearn.metrics.f1_score(labels=set(golds), average="macro", zero_division=0)',
)
def f1(answered: Answered) -> Corpus:
    return macro(answered, lambda counts: divide(2 * counts.right, counts.gold + counts.answered))
