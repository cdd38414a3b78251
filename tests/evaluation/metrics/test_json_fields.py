"""JSON fields against counting the paths of both values by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.json_fields import json_fields
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, rows_of, unjudged
from tests.evaluation.metrics.test_json_match import BROKEN, VALUES, rewritten

TEXTS = st.builds(rewritten, VALUES, st.integers(0, 3))


def paths(value: object, at: str = "") -> dict[str, str]:
    """Return the leaves as text, numbers by value and everything else with its type."""
    if isinstance(value, dict) and value:
        return {key: leaf for name, each in value.items() for key, leaf in paths(each, f"{at}/{name}").items()}
    if isinstance(value, list) and value:
        return {key: leaf for place, each in enumerate(value) for key, leaf in paths(each, f"{at}#{place}").items()}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {at: f"number {float(value)}" if number and isinstance(value, int | float) else json.dumps(value)}


@pytest.mark.parametrize(
    ("gold", "answer", "score"),
    [
        ('{"a": 1, "b": [2, 3]}', '{"a": 1, "b": [2, 4], "c": null}', 0.5),
        ('{"a": 1}', '{"a": true}', 0.0),
        ('{"a": {}}', '{"a": []}', 0.0),
        ("[1, 2]", "[2, 1]", 0.0),
        ('{"a": 1}', "a is 1", 0.0),
        ('{"a": 1}', None, 0.0),
        ("null", "null", 1.0),
    ],
)
def test_worked_examples(gold: str, answer: str | None, score: float) -> None:
    assert per_row(json_fields, asked([(gold, answer)])) == (score,)


@parity("json_fields")
@given(rows_of(TEXTS, TEXTS | st.sampled_from(BROKEN), most=2))
def test_equals_counting_by_hand(pairs: list[Pair]) -> None:
    expected = []
    for gold, answer in pairs:
        if answer is None or answer in BROKEN:
            expected.append(0.0)
            continue
        ours, theirs = paths(json.loads(gold)), paths(json.loads(answer))
        expected.append(len(ours.items() & theirs.items()) / len(ours.keys() | theirs.keys()))
    assert per_row(json_fields, asked(pairs)) == pytest.approx(expected, abs=1e-12)
    assert unjudged(json_fields, asked(pairs)) == sum(answer in BROKEN for _, answer in pairs)
