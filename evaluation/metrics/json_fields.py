"""JSON fields: of the fields that gold or answered JSON has, the share that both have with the same value.

    gold '{"a": 1, "b": [2, 3]}'   answer '{"a": 1, "b": [2, 4], "c": null}'   → 0.5    (a and b.0 of a, b.0, b.1, c)
    gold '{"a": 1}'                answer 'a is 1'                             → 0.0, and counted as not judged

A field is a value that holds no others, at its place: keys by name, items of a list by position. Numbers are compared
by value, `1` is not `true`. A field that the answer adds lowers the score as one that it leaves out. A gold answer that
is no JSON is refused.
*Not here:* whether all of it is right, or valid (lfine.evaluation.metrics.json_match).
"""

from __future__ import annotations

from lfine.evaluation.json_text import MISSING, leaves, same
from lfine.evaluation.metrics.json_match import is_json, parsed
from lfine.evaluation.metrics.registry import Answered, PerExample, metric


@metric(
    output_types=("json",),
    kind="mean",
    source="Jaccard index of (path, value) pairs of two JSON values parsed by RFC 8259",
    judges=is_json,
)
def json_fields(answered: Answered) -> PerExample:
    found = [MISSING if answer is None else parsed(answer) for answer in answered.answers]
    scores = tuple(_shared(parsed(gold), each) for gold, each in zip(answered.golds, found, strict=True))
    unjudged = answered.unread([None if each is MISSING else True for each in found])
    return PerExample({"json_fields": scores}, unjudged)


def _shared(gold: object, answer: object) -> float:
    if answer is MISSING:
        return 0.0
    ours, theirs = leaves(gold), leaves(answer)
    right = sum(path in theirs and same(value, theirs[path]) for path, value in ours.items())
    return right / len(ours.keys() | theirs.keys())
