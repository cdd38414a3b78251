"""Schemas and values in words, for messages.

    expected({"type": "integer", "minimum": 1}) == "an integer of at least 1"
    got(document, ("adapter", "r")) == '"16" (text)'

*Not here:* what to do about it (lfine.schemas.cures).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from lfine.schemas.document import Document, Path, Value
from lfine.schemas.scalars import scalar_of
from lfine.schemas.schema import Node, bare_key, item_variant, types, variants

_PLAIN = re.compile(r"[\w./][\w./-]*")
_LONGEST = 60
"""Characters of a value that a message repeats."""


def one_of(words: Sequence[str], last: str = "or") -> str:
    """Return `a, b or c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" {last} " + words[-1]


def shown(value: object) -> str:
    """Return a value of the schema as it would be written in a task file."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    """Return a value in one line of YAML, texts without needless quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and isinstance(scalar_of(value), str):
        return value
    return json.dumps(value, ensure_ascii=False)


def expected(node: Node) -> str:
    """Return what a value must be."""
    words: list[str] = []
    for variant in variants(node):
        words += _variant(variant)
    nothing = ["null"] if "null" in words else []
    return one_of([word for word in words if word != "null"] + nothing)


def _variant(node: Node) -> list[str]:
    if "enum" in node:
        values = [value for value in node["enum"] if value is not None]
        named = [f"`{value}`" if isinstance(value, str) else shown(value) for value in values]
        text = one_of(named) if len(named) < 3 else "one of " + one_of(named, "and")
        return [text] + ["null"] * (None in node["enum"])
    return [_type(name, node) for name in types(node)]


def _type(name: str, node: Node) -> str:
    match name:
        case "integer":
            return "an integer" + _range(node)
        case "number":
            return "a number" + _range(node)
        case "string":
            form: str = node.get("x-form", "a text that is not empty" if "minLength" in node else "a text")
            return form
        case "boolean":
            return "true or false"
        case "array":
            return "a list of " + _items(node)
        case "object":
            mapping: str = node.get("x-form", "a mapping")
            return mapping
    return "null"


def _range(node: Node) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    bounds = [f"of at least {low}"] if low is not None else []
    bounds += [f"above {node['exclusiveMinimum']}"] if "exclusiveMinimum" in node else []
    bounds += [f"at most {high}"] if high is not None else []
    bounds += [f"below {node['exclusiveMaximum']}"] if "exclusiveMaximum" in node else []
    return " " + " and ".join(bounds) if bounds else ""


def _items(node: Node) -> str:
    item = node["items"]
    if item_variant(node) is not None:
        return f"{bare_key(item)}s (or mappings with a `{bare_key(item)}`)"
    if "enum" in item:
        return one_of([f"`{value}`" for value in item["enum"]], "and")
    kind = {"string": "texts", "number": "numbers", "integer": "integers"}[item["type"]]
    low, high = node.get("minItems", 0), node.get("maxItems")
    if low == high:
        return f"{low} {kind}"
    return f"at least {low} {kind}" if low > 1 else kind


def kind(value: Value) -> str:
    """Return the kind of a value in a word that needs no knowledge of types."""
    match value:
        case None:
            return "null"
        case bool():
            return "true/false"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case dict():
            return "mapping"


def got(document: Document, path: Path) -> str:
    """Return the value at `path` as it was written, with its kind."""
    value = document.at(path)
    match value:
        case None:
            return "null"
        case []:
            return "an empty list"
        case list():
            return "a list" if len(value) > 1 else "a list of one item"
        case dict():
            return "a mapping"
    return f"{source_of(document, path)} ({kind(value)})"


def source_of(document: Document, path: Path) -> str:
    """Return a scalar as written, on one line and shortened."""
    place = document.places.get(path)
    written = place.source if place is not None and place.style in ("plain", "single", "double") else ""
    if not written or "\n" in written or written.startswith("*"):
        written = json.dumps(document.at(path), ensure_ascii=False)
    return shortened(written)


def shortened(text: str) -> str:
    """Return a text as long as a message should repeat."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
