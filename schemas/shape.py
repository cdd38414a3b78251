"""What of a value does not satisfy a node of the task schema: the keywords of JSON Schema 2020-12 that it uses.

    faults({"type": "integer", "minimum": 1}, 0)  yields  Fault("minimum", path=(), value=0, node=…)

The jsonschema library would say the same (a test compares the two on all kinds of values) and is what editors and other
programs use on the published schema. It is not imported here because its import takes longer than the whole validation
of a file, and because it compares each item of a list with each other one: 20 s for 10,000 items of several kinds.

*Not here:* problems and their words (lfine.schemas.validation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lfine.schemas.document import Path, Value
from lfine.schemas.schema import Node, resolved, types, variants


@dataclass(frozen=True)
class Fault:
    """One keyword that a value does not satisfy."""

    keyword: str
    """Of JSON Schema: `type`, `enum`, `required`, …"""
    path: Path
    """Of the value."""
    value: Value
    node: Node
    """The schema that says the keyword."""


def faults(node: Node, value: Value, path: Path = ()) -> Iterator[Fault]:
    """Yield what is wrong with `value`; of several alternatives with the one that its type says it was meant to be."""
    node = resolved(node)
    if "anyOf" in node:
        yield from _alternatives(node, value, path)
        return
    if "type" in node and not has_type(node, value):
        yield Fault("type", path, value, node)
        return
    for keyword, holds in _CHECKS.items():
        if keyword in node and not holds(node[keyword], value):
            yield Fault(keyword, path, value, node)
    if isinstance(value, dict):
        yield from _keys(node, value, path)
    if isinstance(value, list) and "items" in node:
        for index, item in enumerate(value):
            yield from faults(node["items"], item, (*path, index))


def has_type(node: Node, value: Value) -> bool:
    """Tell whether a value is of one of the JSON types of a node; 16.0 is an integer, true is no number."""
    return any(_TYPES[name](value) for name in types(node))


def repeated_index(items: list[Value]) -> int | None:
    """Return the first item that an earlier one equals."""
    seen: set[Hashable] = set()
    for index, item in enumerate(items):
        identity = _identity(item)
        if identity in seen:
            return index
        seen.add(identity)
    return None


def _alternatives(node: Node, value: Value, path: Path) -> Iterator[Fault]:
    alternatives = variants(node)
    if any(next(faults(each, value), None) is None for each in alternatives):
        return
    meant = next((each for each in alternatives if has_type(each, value)), None)
    if meant is None:
        yield Fault("anyOf", path, value, node)
    else:
        yield from faults(meant, value, path)


def _keys(node: Node, value: dict[str, Value], path: Path) -> Iterator[Fault]:
    known, others = node.get("properties", {}), node.get("additionalProperties", True)
    if any(name not in value for name in node.get("required", ())):
        yield Fault("required", path, value, node)
    if others is False and any(name not in known for name in value):
        yield Fault("additionalProperties", path, value, node)
    for name, item in value.items():
        inner = known.get(name, others)
        if isinstance(inner, dict):
            yield from faults(inner, item, (*path, name))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Value) -> bool:
    return _is_number(value) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


_TYPES: dict[str, Callable[[Value], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": _is_integer,
    "number": _is_number,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _identity(value: Value) -> Hashable:
    """Return what equal JSON values have in common: 1 is 1.0, but not true."""
    match value:
        case list():
            return ("list", *map(_identity, value))
        case dict():
            return frozenset((key, _identity(item)) for key, item in value.items())
        case bool():
            return ("bool", value)
    return value


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _number(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Value], bool]:
    return lambda bound, value: not _is_number(value) or holds(value, bound)


# A keyword says nothing about values of another type. `not <` lets .nan through, as JSON Schema does.
_CHECKS: dict[str, Callable[[Any, Value], bool]] = {
    "enum": lambda allowed, value: any(_identity(value) == _identity(each) for each in allowed),
    "minimum": _number(lambda value, bound: not value < bound),
    "maximum": _number(lambda value, bound: not value > bound),
    "exclusiveMinimum": _number(lambda value, bound: not value <= bound),
    "exclusiveMaximum": _number(lambda value, bound: not value >= bound),
    "minLength": lambda least, value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most, value: not isinstance(value, str) or len(value) <= most,
    "pattern": lambda text, value: not isinstance(value, str) or _pattern(text).search(value) is not None,
    "minItems": lambda least, value: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda most, value: not isinstance(value, list) or len(value) <= most,
    "uniqueItems": lambda wanted, value: not wanted or not isinstance(value, list) or repeated_index(value) is None,
}
