"""Matthews correlation coefficient: how far answered and gold labels go together, 0 for guessing, 1 for all right.

    golds a a b b   answers a a b a   → 0.577
    golds a a b b   answers a a a a   → 0.0

For more than two labels it is Gorodkin's R_K (2004), for two the coefficient of Matthews (1975) itself. An answer that
is no label counts as a label of its own, which is never right. Where all rows have one label, or all answers are one,
the coefficient is undefined and taken as 0. It goes from -1 to 1.
*Not here:* the counts (lfine.evaluation.metrics.label_counts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfine.evaluation.metrics.label_counts import count_labels, encode
from lfine.evaluation.metrics.registry import Answered, Corpus, metric

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import Indices, Values


@metric(output_types=("category",), kind="corpus", source="sklearn.metrics.matthews_corrcoef")
def mcc(answered: Answered) -> Corpus:
    count = count_labels(encode(answered))

    def statistic(indices: Indices) -> Values:
        import numpy as np

        counts = count(indices)
        rows = indices.shape[1]
        none = rows - counts.answered.sum(axis=1)
        right = counts.right.sum(axis=1) * rows - (counts.gold * counts.answered).sum(axis=1)
        golds = rows**2 - (counts.gold**2).sum(axis=1)
        answers = rows**2 - (counts.answered**2).sum(axis=1) - none**2
        whole = np.sqrt(golds.astype(np.float64) * answers)
        value: Values = right / np.where(whole > 0, whole, 1.0)
        return value

    return Corpus(statistic)
