"""The confusion matrix: how often each gold label was answered with each label.

    golds a a b   answers a b None   →  labels (a, b), counts ((1, 1, 0), (0, 0, 1))     # last column: "(no label)"

*Not here:* a number (the matrix has none), and its picture (lfine.evaluation.reports.heat_map).
"""

from __future__ import annotations

from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.registry import Answered, metric
from lfine.evaluation.records import CodedAnswers, Confusion


def tabulate(coded: CodedAnswers) -> Confusion:
    size = len(coded.labels)
    counts = [[0] * (size + 1) for _ in range(size)]
    for gold, answer in zip(coded.golds, coded.answers, strict=True):
        counts[gold][answer] += 1
    return Confusion(coded.labels, tuple(map(tuple, counts)))


@metric(output_types=("category",), kind="matrix", source="counts of (gold, answered) pairs")
def confusion(answered: Answered) -> Confusion:
    return tabulate(encode(answered))
