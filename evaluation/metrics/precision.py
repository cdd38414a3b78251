"""Precision: of the answers with a label the share that is right, averaged over the labels.

    golds a a b b   answers a b b b   → precision of a 1, of b 0.667, macro 0.833

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
    source="sklearn.metrics.precision_score(labels=set(golds), average=…, zero_division=0)",
    parameters={"average": "macro", "positive": None},
)
def precision(answered: Answered) -> Corpus:
    return averaged(answered, lambda counts: divide(counts.right, counts.answered))
