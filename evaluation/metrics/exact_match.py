"""Exact match: the share of answers that equal the gold answer character for character.

    gold "SELECT a"   answer "SELECT a\\n"   → 1.0   (outer white space is stripped on both sides)
    gold "SELECT a"   answer "select a"      → 0.0

*Not here:* any forgiveness (lfine.evaluation.metrics.accuracy).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import OUTPUT_TYPES, Answered, PerExample, metric


@metric(
    output_types=OUTPUT_TYPES,
    kind="mean",
    source="share of answers equal character for character, outer white space stripped",
    right_or_wrong=True,
)
def exact_match(answered: Answered) -> PerExample:
    pairs = zip(answered.golds, answered.answers, strict=True)
    scores = tuple(float(answer is not None and gold.strip() == answer.strip()) for gold, answer in pairs)
    return PerExample({"exact_match": scores})
