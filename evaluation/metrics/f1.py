"""F1: for each label the harmonic mean of precision and recall, averaged over the labels.

    golds a a b b   answers a b b b   → F1 of a 0.667, of b 0.8, macro 0.733

The labels are those of the gold answers in the scored rows; an answer with another label, or with none, counts against
the recall of the gold label; a ratio without a denominator is 0.
`average` says the mean: of the labels (`macro`, not given), of the labels by their gold rows (`weighted`), of all rows
together, whatever their label (`micro`), or the figure of the one label `positive` (`binary`).
`beta` weighs recall beta times as much as precision (F-beta, van Rijsbergen 1979): value `f1_beta2`.
*Not here:* the counts (lfine.evaluation.metrics.label_counts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfine.evaluation.metrics.label_counts import LabelCounts, averaged
from lfine.evaluation.metrics.registry import Answered, Corpus, metric
from lfine.evaluation.metrics.resampling import divide

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import Values


@metric(
    output_types=("category",),
    kind="corpus",
    source="sklearn.metrics.fbeta_score(labels=set(golds), average=…, zero_division=0)",
    parameters={"average": "macro", "positive": None, "beta": 1.0},
)
def f1(answered: Answered) -> Corpus:
    square = (1.0 if answered.choice.beta is None else answered.choice.beta) ** 2

    def ratio(counts: LabelCounts) -> Values:
        return divide((1 + square) * counts.right, square * counts.gold + counts.answered)

    return averaged(answered, ratio)
