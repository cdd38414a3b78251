"""Macro recall: of the rows with a gold label the share that was answered with it, averaged over the labels.

    golds a a b b   answers a b b b   → recall of a 0.5, of b 1, macro 0.75

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
    source='sklearn.metrics.recall_score(labels=set(golds), average="macro", zero_division=0)',
)
def recall(answered: Answered) -> Corpus:
    return macro(answered, lambda counts: divide(counts.right, counts.gold))
