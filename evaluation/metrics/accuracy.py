"""Accuracy: the share of answers that equal the gold answer after normalisation.

    gold "auto claims"   answer " Auto  claims."   → 1.0
    gold "1"             answer "1.0"              → 0.0   (numbers are compared as text)

Both sides: Unicode NFC, outer white space stripped, inner runs of it one space, case-folded, one trailing full stop
dropped. With `case: true` upper and lower case differ (value `accuracy_case`).
*Not here:* the normalisation itself (lfine.evaluation.text) and taking a label out of a sentence (extraction).
"""

from __future__ import annotations

from functools import partial

from lfine.evaluation.metrics.registry import Answered, PerExample, metric
from lfine.evaluation.text import normalise


@metric(
    output_types=("text", "category"),
    kind="mean",
    source="share of equal answers after lfine.evaluation.text.normalise",
    parameters={"case": False},
    right_or_wrong=True,
)
def accuracy(answered: Answered) -> PerExample:
    pairs = zip(answered.golds, answered.answers, strict=True)
    alike = partial(normalise, case=bool(answered.choice.case))
    scores = tuple(float(answer is not None and alike(gold) == alike(answer)) for gold, answer in pairs)
    return PerExample({"accuracy": scores})
