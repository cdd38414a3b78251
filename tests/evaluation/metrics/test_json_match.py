"""JSON match: equal values whatever their writing, validity by RFC 8259 and by the task's schema."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from lfine.evaluation.metrics.json_match import json_match
from lfine.evaluation.metrics.registry import Answered, PerExample, plain

SCHEMA = json.dumps({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}})


def scores(gold: str, answer: str | None, schema: str | None = None) -> tuple[float, float]:
    result = json_match.compute(Answered((gold,), (answer,), (), plain("json_match"), schema))
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


def test_500_random_values_equal_themselves_rewritten_and_nothing_else() -> None:
    rng = random.Random(5)

    def value(depth: int) -> object:
        kind = rng.randrange(6 if depth else 4)
        if kind == 4:
            return [value(depth - 1) for _ in range(rng.randrange(3))]
        if kind == 5:
            return {rng.choice("abc"): value(depth - 1) for _ in range(rng.randrange(3))}
        return (rng.randrange(3), rng.choice("ab"), rng.random() < 0.5, None)[kind]

    values = [value(3) for _ in range(500)]
    for one, other in itertools.pairwise(values):
        assert scores(json.dumps(one), json.dumps(one, indent=2, sort_keys=True)) == (1.0, 1.0)
        alike = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
        assert scores(json.dumps(one), json.dumps(other))[0] == float(alike)


def test_which_golds_it_can_judge() -> None:
    assert json_match.judges("{}")
    assert not json_match.judges("{a: 1}")
