"""JSON match: equal values whatever their writing, validity by RFC 8259 and by the task's schema."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.json_match import json_match
from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from tests.evaluation.metrics.asking import outcome, parity

SCHEMA = json.dumps({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}})


def scores(gold: str, answer: str | None, schema: str | None = None) -> tuple[float, float]:
    result = outcome(json_match, Answered((gold,), (answer,), (), plain("json_match"), schema))
    assert isinstance(result, PerExample)
    return result.scores["json_match"][0], result.scores["json_valid"][0]


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ('{"a": 1, "b": [2]}', '{ "b":[2.0],\n"a":1 }', (1.0, 1.0)),
        ('{"a": 1}', '{"a": "1"}', (0.0, 1.0)),
        ('{"a": 1}', '{"a": true}', (0.0, 1.0)),  # Python's 1 == True is not JSON's
        ("[1, 2]", "[2, 1]", (0.0, 1.0)),
        ("[1, 2]", "[1, 2, 3]", (0.0, 1.0)),
        ("null", "null", (1.0, 1.0)),
        ("null", None, (0.0, 0.0)),
        ('{"a": 1}', 'Here: {"a": 1}', (0.0, 0.0)),
        ('{"a": 1}', '{"a": 1', (0.0, 0.0)),
        ("[1]", "[NaN]", (0.0, 0.0)),
        ("[1]", "[" * 100_000, (0.0, 0.0)),
        ('"\\u00e9"', '"é"', (1.0, 1.0)),
    ],
)
def test_hand_worked_cases(gold: str, answer: str | None, expected: tuple[float, float]) -> None:
    assert scores(gold, answer) == expected


def test_valid_means_satisfying_the_schema_too() -> None:
    assert scores('{"a": 1}', '{"a": 2}', SCHEMA) == (0.0, 1.0)
    assert scores('{"a": 1}', '{"a": "2"}', SCHEMA) == (0.0, 0.0)
    assert scores('{"a": 1}', "[]", SCHEMA) == (0.0, 0.0)


SCALARS = st.sampled_from((None, True, False, 0, 1, 1.0, 1.5, -2, 1e3, 1000, "a", "1", "", "é", "e\u0301", "\n"))
KEYS = st.sampled_from(("a", "b", "", "é"))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2), max_leaves=4
)
BROKEN = ("no JSON", "", "{a: 1}", "[1,]", "NaN", '{"a": Infinity}', "[1] .", "'a'", "tru", '"\t"', "01", "[" * 9)


def rewritten(value: object, how: int) -> str:
    """Write a value as JSON in one of four ways."""
    return json.dumps(
        value,
        indent=(None, 1, "\t", None)[how],
        sort_keys=how == 1,
        ensure_ascii=how < 2,
        separators=None if how else (",", ":"),
    )


def canonical(value: object) -> str:
    """Write a value so that equal ones are the same text: numbers as fractions, keys sorted, the rest as it is."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {canonical(each)}" for key, each in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(canonical, value)) + "]"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"number {Fraction(value)}" if number and isinstance(value, int | float) else repr(value)


def almost(value: object) -> object:
    """Return a near miss: true for 1 and the reverse, text for other numbers, lists backwards."""
    if isinstance(value, dict):
        return {key: almost(each) for key, each in value.items()}
    if isinstance(value, list):
        return [almost(each) for each in reversed(value)]
    if isinstance(value, int | float):
        return (int(value) if isinstance(value, bool) else bool(value)) if value in (0, 1) else str(value)
    return value


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def has_type(value: object, name: str) -> bool:
    """Say whether a value is of one of JSON Schema's types; a whole number is one however it is written."""
    if name not in TYPES:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (name == "number" or float(str(value)).is_integer())
    return isinstance(value, TYPES[name])


def satisfies(value: object, kind: str, required: str, inner: str) -> bool:
    """Read the schema of `schema_of` by hand."""
    if not has_type(value, kind):
        return False
    if isinstance(value, list):
        return all(has_type(each, inner) for each in value)
    if isinstance(value, dict):
        return required in value and has_type(value[required], inner)
    return True


def schema_of(kind: str, required: str, inner: str) -> str:
    rules = {"required": [required], "properties": {required: {"type": inner}}, "items": {"type": inner}}
    return json.dumps({"type": kind, **rules})


NAMES = st.sampled_from((*TYPES, "number", "integer"))
SCHEMAS = st.none() | st.tuples(st.sampled_from(("object", "array", "object", "integer")), KEYS, NAMES)


@parity("json_match")
@given(VALUES, VALUES | st.sampled_from(BROKEN).map(lambda text: (text,)) | st.none(), st.integers(0, 7), SCHEMAS)
def test_equals_values_written_in_one_way_and_a_schema_read_by_hand(
    gold: object, other: object, luck: int, schema: tuple[str, str, str] | None
) -> None:
    """Half of the answers are the gold value otherwise written; a tuple is a text that is no JSON."""
    answer = gold if luck < 4 else almost(gold) if luck == 4 else other
    text = answer[0] if isinstance(answer, tuple) else rewritten(answer, luck % 4)
    found = scores(rewritten(gold, 3 - luck % 4), text, None if schema is None else schema_of(*schema))
    valid = not isinstance(answer, tuple) and (schema is None or satisfies(answer, *schema))
    alike = not isinstance(answer, tuple) and canonical(answer) == canonical(gold)
    assert found == (float(alike), float(valid))


def test_which_golds_it_can_judge() -> None:
    assert json_match.judges("{}")
    assert not json_match.judges("{a: 1}")
