"""Numeric match: the share of answers whose last number equals the last number of the gold answer (as GSM8K is scored).

    gold "… #### 1,200"   answer "3 * 400 = 1200.0 dollars."   → 1.0
    gold "72"             answer "seventy-two"                 → 0.0

Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems". Values are compared as decimal numbers, exactly:
`1.0` equals `1`, `0.33` does not equal `0.333`. A gold answer without a number is refused.
*Not here:* finding numbers in a text (lfine.evaluation.numerals).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import Answered, PerExample, metric
from lfine.evaluation.numerals import last_number, value_of


@metric(
    output_types=("number", "text"),
    kind="mean",
    source="share of answers whose last number is that of the gold answer",
    right_or_wrong=True,
    judges=lambda gold: last_number(gold) is not None,
)
def numeric_match(answered: Answered) -> PerExample:
    found = [None if answer is None else value_of(answer) for answer in answered.answers]
    pairs = zip(answered.golds, found, strict=True)
    scores = tuple(float(each is not None and each == value_of(gold)) for gold, each in pairs)
    return PerExample({"numeric_match": scores}, answered.unread(found))
