"""JSON inside an answer: parsed strictly, found in a longer text, read by a path, compared as values.

    parse_strictly('{"a": NaN}')                                   →  ValueError: NaN is no JSON
    embedded('Here it is: {"a": {"b": [1, 2]}}')                   →  {"a": {"b": [1, 2]}}
    at_path({"a": {"b": [1, 2]}}, "a.b.1") == 2
    same({"a": 1}, {"a": 1.0})  and not same(1, True)
    leaves({"a": {"b": [1, 2]}, "c": []})  →  {("a", "b", 0): 1, ("a", "b", 1): 2, ("c",): []}

*Not here:* JSON files of a run (lfine.evaluation.files).
"""

from __future__ import annotations

import json
import re
from typing import Any

MISSING = object()
"""What `at_path` and `embedded` return where there is nothing: null is a value."""
MOST_STARTS = 200
"""Braces and brackets of a long answer at which JSON is looked for, from its beginning."""


def parse_strictly(text: str) -> object:
    """Parse JSON by RFC 8259; ValueError for everything else, NaN, nesting too deep and numbers too long among it."""
    try:
        parsed: object = json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parsed


def embedded(text: str) -> object:
    """Return the JSON that an answer is, or the first object or list that stands in it; MISSING without one."""
    try:
        return parse_strictly(text)
    except ValueError:
        pass
    decoder = json.JSONDecoder(parse_constant=_refuse)
    starts = [match.start() for match in re.finditer(r"[{\[]", text)]
    for start in starts[:MOST_STARTS]:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        return found
    return MISSING


def at_path(value: object, path: str) -> object:
    """Return what stands at a dotted path (`a.b.0`; numbers count items of a list from 0); MISSING without it."""
    for step in path.split("."):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def leaves(value: object, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], object]:
    """Return the values that hold no other values, by their path; an empty mapping or list is one."""
    if isinstance(value, dict) and value:
        items: list[tuple[str | int, object]] = list(value.items())
    elif isinstance(value, list) and value:
        items = list(enumerate(value))
    else:
        return {path: value}
    found: dict[tuple[str | int, ...], object] = {}
    for step, each in items:
        found |= leaves(each, (*path, step))
    return found


def same(first: Any, second: Any) -> bool:
    """Compare two parsed values: order of keys and `1` against `1.0` do not matter, `1` against `true` does."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")
