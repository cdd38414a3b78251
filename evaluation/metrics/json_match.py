"""JSON match: the share of answers that equal the gold answer as values; beside it the share that is valid JSON.

    gold '{"a": 1, "b": [2]}'   answer '{"b": [2.0], "a": 1}'   → json_match 1.0, json_valid 1.0
    gold '{"a": 1}'             answer '{"a": "1"}'             → json_match 0.0, json_valid 1.0
    gold '{"a": 1}'             answer 'Here: {"a": 1}'         → both 0.0

Order of keys and white space do not matter, order of a list does; numbers are compared by value. Valid means: JSON by
RFC 8259, and, where the task has `output_feature.schema`, satisfying it. A gold answer that is no JSON is refused.
*Not here:* parsing (lfine.evaluation.json_text); JSON inside a longer answer: `extract: {type: json_field, …}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from lfine.evaluation.json_text import MISSING, parse_strictly, same
from lfine.evaluation.metrics.registry import Answered, PerExample, metric


def is_json(text: str) -> bool:
    return parsed(text) is not MISSING


@metric(
    output_types=("json",),
    kind="mean",
    source="equality of values parsed by RFC 8259; validity by JSON Schema (jsonschema library)",
    values=("json_match", "json_valid"),
    right_or_wrong=True,
    judges=is_json,
)
def json_match(answered: Answered) -> PerExample:
    valid = _validator(answered.schema)
    found = [MISSING if answer is None else parsed(answer) for answer in answered.answers]
    pairs = zip(answered.golds, found, strict=True)
    unjudged = answered.unread([None if each is MISSING else True for each in found])
    return PerExample(
        {
            "json_match": tuple(float(each is not MISSING and same(parsed(gold), each)) for gold, each in pairs),
            "json_valid": tuple(float(each is not MISSING and valid(each)) for each in found),
        },
        unjudged,
    )


def parsed(text: str) -> object:
    try:
        return parse_strictly(text)
    except ValueError:
        return MISSING


def _validator(schema: str | None) -> Callable[[object], bool]:
    if schema is None:
        return lambda _: True
    from jsonschema.validators import validator_for

    rules = json.loads(schema)
    validator = validator_for(rules)(rules)
    return lambda value: bool(validator.is_valid(cast("Any", value)))
