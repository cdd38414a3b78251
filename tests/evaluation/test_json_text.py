"""JSON found in answers and read by a path."""

from __future__ import annotations

import pytest

from lfine.evaluation.json_text import MISSING, at_path, embedded, leaves, parse_strictly, same


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{'a': 1}", "", "[" * 100_000, "1" * 5000, "{} {}"])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_strictly(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7", 7),
        ('see {"a": 1}.', {"a": 1}),
        ("```json\n[1, 2]\n```", [1, 2]),
        ("a [b] {c} [3]", [3]),
        ("nothing 5 here", MISSING),
        ("{" * 1000 + '{"a": 1}', MISSING),  # looked for from the beginning, and not for ever
    ],
)
def test_json_in_a_longer_answer(text: str, found: object) -> None:
    assert embedded(text) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b.1", 2), ("a", {"b": [1, 2]}), ("a.b.2", MISSING), ("a.b.x", MISSING), ("c", MISSING), ("a.b.-1", MISSING)],
)
def test_paths(path: str, found: object) -> None:
    assert at_path({"a": {"b": [1, 2]}}, path) == found


def test_equality_of_values() -> None:
    assert same({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not same(1, True)
    assert not same([0], [False])
    assert not same({"a": 1}, {"a": 1, "b": 2})
    assert not same("1", 1)


def test_leaves_are_named_by_their_path() -> None:
    value: object = {"a": {"b": [1, 2]}, "c": [], "d": {}, "e": None}
    assert leaves(value) == {("a", "b", 0): 1, ("a", "b", 1): 2, ("c",): [], ("d",): {}, ("e",): None}
    assert leaves(7) == {(): 7}
