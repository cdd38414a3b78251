"""Recall: of the rows with a gold label the share that was answered with it, averaged over the labels.

    golds a a b b   answers a b b b   → recall of a 0.5, of b 1, macro 0.75

The labels are those of the gold answers in the scored rows; an answer with another label, or with none, counts against
the recall of the gold label; a ratio without a denominator is 0.
`average` says the mean: of the labels (`macro`, not given), of the labels by their gold rows (`weighted`), of all rows
together, whatever their label (`micro`), or the figure of the one label `positive` (`binary`).
*Not here:* the counts (lfine.evaluation.metrics.label_counts).
"""

from __future__ import annotations

from lfine.evaluation.metrics.label_counts import averaged
from lfine.evaluation.metrics.registry import Answered, Corpus, metric
from lfine.evaluation.metrics.resampling import divide


@metric(
    output_types=("category",),
    kind="corpus",
    source="sklearn.metrics.recall_score(labels=set(golds), average=…, zero_division=0)",
    parameters={"average": "macro", "positive": None},
)
def recall(answered: Answered) -> Corpus:
    return averaged(answered, lambda counts: divide(counts.right, counts.gold))
