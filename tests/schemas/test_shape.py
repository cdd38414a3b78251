"""Faults of values, compared with what the jsonschema library finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lfine.schemas.document import Value
from lfine.schemas.schema import Node, SchemaKey, schema_keys, task_schema
from lfine.schemas.shape import _CHECKS, faults, has_type, repeated_index

ANNOTATIONS = {"$schema", "$id", "$defs", "$ref", "title", "description", "default", "examples"}
HANDLED = {"type", "anyOf", "properties", "required", "additionalProperties", "items", *_CHECKS}


def keywords(node: Any) -> set[str]:
    """Return every keyword of a schema, those of its parts included."""
    found = set(node)
    if not node:
        return found
    for name in ("properties", "$defs"):
        found |= {word for part in node.get(name, {}).values() for word in keywords(part)}
    parts = [*node.get("anyOf", []), node.get("items", {}), node.get("additionalProperties", {})]
    return found | {word for part in parts if isinstance(part, dict) for word in keywords(part)}


def test_no_keyword_of_the_schema_is_overlooked() -> None:
    assert {word for word in keywords(task_schema()) if not word.startswith("x-")} - ANNOTATIONS <= HANDLED


@pytest.mark.parametrize(
    ("node", "value", "found"),
    [
        ({"type": "integer"}, 16.0, []),
        ({"type": "integer"}, True, ["type"]),
        ({"type": "number"}, True, ["type"]),
        ({"type": ["integer", "null"], "minimum": 1}, None, []),
        ({"type": "integer", "minimum": 1}, 0, ["minimum"]),
        ({"type": "number", "exclusiveMaximum": 1}, 1, ["exclusiveMaximum"]),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, 2, ["maximum"]),
        ({"type": "number", "exclusiveMinimum": 0}, 0.0, ["exclusiveMinimum"]),
        ({"type": "number", "minimum": 0}, float("nan"), []),
        ({"type": "string", "minLength": 1, "pattern": "^a"}, "", ["minLength", "pattern"]),
        ({"type": "string", "maxLength": 2}, "abc", ["maxLength"]),
        ({"enum": [4, 8]}, 4.0, []),
        ({"enum": [1]}, True, ["enum"]),
        ({"type": "array", "minItems": 2, "maxItems": 3}, [1], ["minItems"]),
        ({"type": "array", "maxItems": 1, "uniqueItems": True}, [1, 1.0], ["maxItems", "uniqueItems"]),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1, 2], ["type", "type"]),
        ({"type": "object", "properties": {}, "required": ["a"], "additionalProperties": False}, {"b": 1}, None),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"b": "x"}, ["type"]),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["auto"], "type": "string"}]}, "atuo", ["enum"]),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, "x", ["anyOf"]),
    ],
)
def test_faults(node: Node, value: Value, found: list[str] | None) -> None:
    expected = ["required", "additionalProperties"] if found is None else found
    assert [fault.keyword for fault in faults(node, value)] == expected
    assert Draft202012Validator(dict(node)).is_valid(value) == (not expected)


def test_paths_and_values_of_faults() -> None:
    (fault,) = faults(task_schema(), {**MINIMAL, "evaluation": {"metrics": ["a", {"name": "b", "beta": -1}]}})
    assert (fault.path, fault.value, fault.keyword) == (("evaluation", "metrics", 1, "beta"), -1, "exclusiveMinimum")
    assert fault.node["x-unit" if "x-unit" in fault.node else "description"]


def test_types_of_values() -> None:
    kinds: dict[str, Value] = {"string": "x", "boolean": False, "null": None, "integer": 3, "number": 0.5, "object": {}}
    kinds["array"] = []
    for name, value in kinds.items():
        fitting = [other for other in kinds if has_type({"type": other}, value)]
        assert fitting == (["integer", "number"] if name == "integer" else [name])


def test_repeated_items() -> None:
    assert repeated_index(["a", 1, True, 1.0]) == 3
    assert repeated_index([{"a": [1]}, {"a": [True]}, {}]) is None
    assert repeated_index([str(number) for number in range(10_000)]) is None


MINIMAL: dict[str, Value] = {"base_model": "m", "dataset": {"path": "d"}, "prompt": {"template": "{x}"}}
LIBRARY = Draft202012Validator(task_schema())
WORDS = st.sampled_from(["auto", "none", "label", "lora", "p95", "p5", "a b", " a", "", "name", "type", "true", "x\n"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from([0.0, 0.5, 1.0, 2.0, 1e9, -0.1]) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(schema_keys()), VALUES, st.booleans())
def test_the_library_agrees(key: SchemaKey, value: Value, inside: bool) -> None:
    """An example of the key or any value at all, with a value put into it."""
    if inside and isinstance(key.node["examples"][0], dict):
        value = {**key.node["examples"][0], "name": value}
    node = {"$defs": task_schema()["$defs"], **key.node}
    assert (next(faults(key.node, value), None) is None) == Draft202012Validator(node).is_valid(value)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(["base_model", "dataset", "output_feature", "adapter", "trainer", "evaluation", "x"]), VALUES)
def test_the_library_finds_faults_at_the_same_places(name: str, value: Value) -> None:
    task: Value = {**MINIMAL, name: value}
    ours = {fault.path for fault in faults(task_schema(), task)}
    theirs = {tuple(error.absolute_path) for error in LIBRARY.iter_errors(task)}
    assert {path[:1] for path in ours} == {path[:1] for path in theirs}
    assert all(any(path[: len(outer)] == outer for outer in theirs) for path in ours), "never outside of what it names"
