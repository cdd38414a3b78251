"""Bounded error: 1 minus the distance from the gold number, as a share of the range that numbers can have.

    range 5    gold "4"   answer "3.5"        → 0.9
    range 5    gold "0"   answer "12"         → 0.0    (never below 0)
    range 5    gold "4"   answer "4 of 5"     → 0.0, and counted as not judged: no number by itself

`range` must be given: 5 for STS-B, whose numbers go from 0 to 5. An answer must be a number and nothing else; the last
number of a longer one is taken with `extract: last_number`. A gold answer that is no number is refused.
*Not here:* reading numbers (lfine.evaluation.numerals).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric
from lfine.evaluation.numerals import only_number


@also(needs=("range",))
@metric(
    output_types=("number", "text", "category"),
    kind="mean",
    source="1 - min(1, |answer - gold| / range): one minus the absolute error scaled to 0..1",
    parameters={"range": None},
    judges=lambda gold: only_number(gold) is not None,
)
def bounded_error(answered: Answered) -> PerExample:
    found = [None if answer is None else only_number(answer) for answer in answered.answers]
    width = answered.choice.range or 1.0
    pairs = zip(answered.golds, found, strict=True)
    return PerExample(
        {"bounded_error": tuple(closeness(only_number(gold), each, width) for gold, each in pairs)},
        answered.unread(found),
    )


def closeness(gold: float | None, answer: float | None, width: float) -> float:
    """Return 1 for equal numbers, falling to 0 at a distance of `width`; 0 where there is no number."""
    if gold is None or answer is None:
        return 0.0
    return max(0.0, 1 - abs(answer - gold) / width)
