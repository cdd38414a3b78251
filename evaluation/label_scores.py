"""Each label of a category by itself: precision, recall and F1 with their intervals.

    label_scores(coded, confidence=0.95, seed=7)[0]
        →  LabelScore("claims", rows=312, answered=298, precision=MetricScore(0.93, …), recall=…, f1=…)

The three are those of the metrics with `average: binary` and that label as `positive`.
*Not here:* means over the labels (lfine.evaluation.metrics.f1), which answer was given for which (confusion).
"""

from __future__ import annotations

from lfine.evaluation.intervals import RESAMPLES, percentiles, resampled_rows
from lfine.evaluation.metrics.label_counts import LabelCounts, count_labels
from lfine.evaluation.metrics.resampling import divide
from lfine.evaluation.records import CodedAnswers, LabelScore, MetricScore

MOST_COUNTS = 20_000_000
"""Counts of all resamples that are held at once (160 MB); more labels than that allows get fewer resamples."""


def label_scores(
    coded: CodedAnswers, *, confidence: float, seed: int, resamples: int = RESAMPLES
) -> tuple[LabelScore, ...]:
    """Return the scores of every label that a gold answer has, in the order of `coded.labels`."""
    import numpy as np

    n, size = len(coded.golds), len(coded.labels)
    if n == 0:
        return ()
    count = count_labels(coded)
    most = min(resamples, max(1, MOST_COUNTS // (3 * size)))
    blocks = [np.arange(n, dtype=np.int64)[None, :], *resampled_rows(n, seed=seed, resamples=most)]
    found = [count(block) for block in blocks]
    counts = LabelCounts(
        *(np.concatenate([getattr(each, name) for each in found]) for name in ("right", "gold", "answered"))
    )
    ratios = {
        "precision": divide(counts.right, counts.answered),
        "recall": divide(counts.right, counts.gold),
        "f1": divide(2 * counts.right, counts.gold + counts.answered),
    }
    return tuple(
        LabelScore(
            label=label,
            rows=int(counts.gold[0, place]),
            answered=int(counts.answered[0, place]),
            **{
                name: MetricScore(float(values[0, place]), *percentiles(values[1:, place], confidence))
                for name, values in ratios.items()
            },
        )
        for place, label in enumerate(coded.labels)
        if counts.gold[0, place]
    )
