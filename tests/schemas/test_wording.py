"""Schemas and values in words."""

from __future__ import annotations

from typing import Any

import pytest

from lfine.schemas.document import Document
from lfine.schemas.schema import schema_keys
from lfine.schemas.wording import expected, flow, got, kind, one_of, shown, source_of
from lfine.schemas.yaml_text import compose

METRIC = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"name": {}}}], "x-bare": "name"}


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": "integer", "minimum": 1}, "an integer of at least 1"),
        ({"type": "integer", "minimum": 0, "maximum": 9}, "an integer from 0 to 9"),
        ({"type": "integer"}, "an integer"),
        ({"type": "number", "exclusiveMinimum": 0}, "a number above 0"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "a number above 0 and at most 1"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "a number of at least 0 and below 1"),
        ({"type": ["number", "null"], "maximum": 1}, "a number at most 1 or null"),
        ({"type": "string"}, "a text"),
        ({"type": "string", "minLength": 1}, "a text that is not empty"),
        ({"type": "string", "pattern": "x", "x-form": "an x"}, "an x"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "object"}, "a mapping"),
        ({"type": "null"}, "null"),
        ({"enum": ["lora"]}, "`lora`"),
        ({"enum": ["a", "b"]}, "`a` or `b`"),
        ({"enum": ["a", "b", "c"]}, "one of `a`, `b` and `c`"),
        ({"enum": ["a", "b", None]}, "`a` or `b` or null"),
        ({"type": "integer", "enum": [4, 8]}, "4 or 8"),
        ({"type": "array", "items": {"type": "string"}}, "a list of texts"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, "a list of texts"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, "a list of at least 2 texts"),
        ({"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}, "a list of 3 numbers"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "a list of `a` and `b`"),
        ({"type": ["object", "null"], "x-form": "a mapping of names to x"}, "a mapping of names to x or null"),
        ({"type": "array", "items": METRIC}, "a list of names (or mappings with a `name`)"),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["auto"]}]}, "an integer of at least 1 or `auto`"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}, {"type": "string"}]}, "an integer, a text or null"),
    ],
)
def test_what_is_expected(node: dict[str, Any], words: str) -> None:
    assert expected(node) == words


def test_every_key_can_be_put_into_words() -> None:
    for key in schema_keys():
        words = expected(key.node)
        assert words
        assert words[0].islower() or words[0] in "`468", words


def document(text: str) -> Document:
    found = compose(text, "t.yaml").document
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('"16"', '"16" (text)'),
        ("'it''s'", "'it''s' (text)"),
        ("sixteen", "sixteen (text)"),
        ("3.5", "3.5 (number)"),
        ("1e-4", "1e-4 (number)"),
        ("0x10", "0x10 (number)"),
        ("true", "true (true/false)"),
        ("TRUE", "TRUE (true/false)"),
        ("null", "null"),
        ("~", "null"),
        ("", "null"),
        ("[1, 2]", "a list"),
        ("[1]", "a list of one item"),
        ("[]", "an empty list"),
        ("{a: 1}", "a mapping"),
        ("one\n  two", '"one two" (text)'),
        ("|\n  one\n", '"one\\n" (text)'),
        ("é🙂", "é🙂 (text)"),
        ("x" * 60, "x" * 60 + " (text)"),
        ("x" * 61, "x" * 59 + "… (text)"),
    ],
)
def test_what_was_got(written: str, words: str) -> None:
    assert got(document(f"k: {written}\n"), ("k",)) == words


def test_an_alias_is_shown_as_its_value() -> None:
    assert got(document("a: &x 5\nb: *x\n"), ("b",)) == "5 (number)"


def test_a_value_without_a_place_is_shown_as_json() -> None:
    assert source_of(document("a: 1\n"), ("b",)) == "null"


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (True, "true/false"), (1, "number"), (1.5, "number"), ("", "text"), ([], "list"), ({}, "mapping")],
)
def test_kinds(value: Any, name: str) -> None:
    assert kind(value) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"path": "viggo.parquet"}, "{path: viggo.parquet}"),
        ({"a": [1, True, None], "b": {}}, "{a: [1, true, null], b: {}}"),
        ("Q: {x}", '"Q: {x}"'),
        ("", '""'),
        ("mistralai/Mistral-7B-v0.1", "mistralai/Mistral-7B-v0.1"),
        ("yes", "yes"),
        ("true", '"true"'),
        ("12", '"12"'),
        ("null", '"null"'),
        (0.0002, "0.0002"),
    ],
)
def test_values_in_one_line_of_yaml(value: Any, text: str) -> None:
    assert flow(value) == text
    assert document(f"k: {text}\n").at(("k",)) == value


def test_small_words() -> None:
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b", "c"], "and") == "a, b and c"
    assert (shown("x"), shown(None), shown(1)) == ("x", "null", "1")


def test_a_key_that_would_be_a_number_is_quoted() -> None:
    """Written without quotes it would be read as a number, and refused as a key."""
    assert flow({"0": "negative", "label": ["1", True]}) == '{"0": negative, label: ["1", true]}'
