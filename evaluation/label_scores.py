"""Each label of a category by itself: precision, recall and F1 with their intervals.

    label_scores(coded, confidence=0.95)[0]
        →  LabelScore("claims", rows=312, answered=298, precision=MetricScore(0.93, …), recall=…, f1=…)

The three are those of the metrics with `average: binary` and that label as `positive`. A label may have three rows, too
few to resample: recall is a share of its gold rows, precision of the answers with it, and of the rows with it on either
side a share J is right, of which F1 = 2J / (1 + J); each has the interval of its share (lfine.evaluation.proportions).
*Not here:* means over the labels (lfine.evaluation.metrics.f1), which answer was given for which (confusion).
"""

from __future__ import annotations

from lfine.evaluation.metrics.label_counts import count_labels
from lfine.evaluation.proportions import wilson
from lfine.evaluation.records import CodedAnswers, LabelScore, MetricScore


def label_scores(coded: CodedAnswers, *, confidence: float) -> tuple[LabelScore, ...]:
    """Return the scores of every label that a gold answer has, in the order of `coded.labels`."""
    import numpy as np

    n = len(coded.golds)
    if n == 0:
        return ()
    counts = count_labels(coded)(np.arange(n, dtype=np.int64)[None, :])
    pairs = zip(coded.labels, *(each[0].tolist() for each in (counts.right, counts.gold, counts.answered)), strict=True)
    return tuple(_score(label, right, (gold, answered), confidence) for label, right, gold, answered in pairs if gold)


def _score(label: str, right: int, rows: tuple[int, int], confidence: float) -> LabelScore:
    gold, answered = rows
    shared = _share(right, gold + answered - right, confidence)
    return LabelScore(
        label=label,
        rows=gold,
        answered=answered,
        precision=_share(right, answered, confidence),
        recall=_share(right, gold, confidence),
        f1=MetricScore(*(2 * each / (1 + each) for each in (shared.value, shared.low, shared.high))),
    )


def _share(right: int, rows: int, confidence: float) -> MetricScore:
    return MetricScore(right / rows if rows else 0.0, *wilson(right, rows, confidence=confidence))
