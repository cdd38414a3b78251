"""The steps that make one cell from another: read JSON, find entities, take an item, map, letter, join, read, cast.

    at_path('{"text": ["dry", "wet"]}', "text") == ["dry", "wet"]    item(["dry", "wet"], 1) == "wet"
    lettered(["dry", "wet"]) == ["A. dry", "B. wet"]                  lettered(1) == "B"
    entities(["EU", "rejects"], ["B-ORG", "O"]) == {"ORG": ["EU"]}

A value that a step cannot take raises UnfitError, which says why in words that group well over many rows.

*Not here:* which steps a column takes, empty cells and row numbers (lfine.finetune.data.columns).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from lfine.finetune.data.values import number_of, signed_number, text_of, whole_of
from lfine.schemas.errors import TaskError

Step = Literal["template", "json", "entities", "pick", "values", "letters", "join", "decimal", "cast"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ITEM = re.compile(r"-?[0-9]{1,9}")
_TAG = re.compile(r"([BILSEU])-(.+)", re.DOTALL)
"""IOB, BIO and BIOES (with U and L for S and E): where in its entity a token stands, and the entity's type."""
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ESUL")


class UnfitError(ValueError):
    """A value that a step cannot take."""

    def __init__(self, step: Step, reason: str, *got: object) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason
        """Without the value: equal for all rows with the same mistake."""
        self.got = got
        """The value, or the values of a list that do not fit."""


def text(value: object, step: Step) -> str:
    """Return the value as a prompt shows it."""
    try:
        return text_of(value)
    except TaskError as error:
        raise UnfitError(step, error.problems[0].message, type(value).__name__) from error


def at_path(value: object, path: str) -> object:
    """Return what stands at a dotted path of a JSON text, or of a list or mapping that has been read already."""
    found = _read(value) if isinstance(value, str) else value
    for part in path.removeprefix("$").removeprefix(".").split("."):
        found = _below(found, part) if part else found
    return found


def _read(value: str) -> object:
    try:
        found: object = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise UnfitError("json", "a text that is no JSON", value) from error
    return found


def _below(value: object, part: str) -> object:
    if isinstance(value, Mapping):
        if part in value:
            return value[part]
        raise UnfitError("json", f"a mapping without {part!r}", value)
    if not isinstance(value, list):
        raise UnfitError("json", f"nothing that could have {part!r} in it", value)
    if not _ITEM.fullmatch(part):
        return [_below(each, part) for each in value]
    if -len(value) <= int(part) < len(value):
        return value[int(part)]
    raise UnfitError("json", f"a list without item {part}", value)


def entities(tokens: object, tags: object) -> dict[str, list[str]]:
    """Return each type's texts, tokens joined by a blank, types in the order in which they first come.

    An `I-` that no entity of its type stands before begins one, as the CoNLL evaluation script has it.
    """
    if not isinstance(tokens, list) or not isinstance(tags, list):
        raise UnfitError("entities", "no list of tokens or of tags", tags if isinstance(tokens, list) else tokens)
    if len(tokens) != len(tags):
        raise UnfitError("entities", "other numbers of tokens and tags", f"{len(tokens)} and {len(tags)}")
    found: list[tuple[str, list[str]]] = []
    inside = None  # the type of the entity that the next token may go on with
    for token, tag in zip(tokens, tags, strict=True):
        mark, kind = _tag(tag)
        if kind is not None and (mark in _BEGINS or kind != inside):
            found.append((kind, []))
        if kind is not None:
            found[-1][1].append(text(token, "entities"))
        inside = None if mark in _ENDS else kind
    by_type: dict[str, list[str]] = {}
    for kind, words in found:
        by_type.setdefault(kind, []).append(" ".join(words))
    return by_type


def _tag(tag: object) -> tuple[str, str | None]:
    if tag == "O":
        return "O", None
    match = _TAG.fullmatch(tag) if isinstance(tag, str) else None
    if match is None:
        raise UnfitError("entities", "a tag that is not O, B-TYPE or I-TYPE", tag)
    return match[1], match[2]


def item(value: object, index: int) -> object:
    """Return one item of a list, from the end where the number is negative."""
    if not isinstance(value, list):
        raise UnfitError("pick", "no list", value)
    if not -len(value) <= index < len(value):
        raise UnfitError("pick", "a list without that item", f"item {index} of {len(value)}")
    return value[index]


def index_of(value: object) -> int:
    """Return the number that a cell says: 0, 1, … or A, B, …; never from the end (-1 marks rows without an answer)."""
    if isinstance(value, str) and len(value.strip()) == 1 and value.strip() in _ALPHABET:
        return _ALPHABET.index(value.strip())
    number = whole_of(value)
    if number is None or number < 0:
        raise UnfitError("pick", "a cell that names no item", value)
    return number


def mapped(value: object, values: Mapping[str, str | int | float | bool]) -> object:
    """Return what stands for the value, item by item in a list; a whole float is found under its digits too."""
    if not isinstance(value, list):
        return values[_key(value, values)]
    missing: list[object] = []
    found: list[object] = []
    for each in value:
        try:
            found.append(mapped(each, values))
        except UnfitError as error:
            missing += error.got
    if missing:
        raise UnfitError("values", "a value that is not named", *missing)
    return found


def _key(value: object, values: Mapping[str, object]) -> str:
    key = text(value, "values")
    if key in values:
        return key
    whole = whole_of(value) if isinstance(value, float) else None
    if whole is None or str(whole) not in values:
        raise UnfitError("values", "a value that is not named", key)
    return str(whole)


def lettered(value: object) -> object:
    """Return a list with letters before its items, or the letter of a number."""
    if isinstance(value, list):
        if len(value) > len(_ALPHABET):
            raise UnfitError("letters", "a list of more than 26", value)
        return [f"{letter}. {text(each, 'letters')}" for letter, each in zip(_ALPHABET, value, strict=False)]
    number = whole_of(value)
    if number is None or not 0 <= number < len(_ALPHABET):
        raise UnfitError("letters", "neither a list nor a number from 0 to 25", value)
    return _ALPHABET[number]


def joined(value: object, between: str) -> str:
    """Return the items of a list as one text."""
    if not isinstance(value, list):
        raise UnfitError("join", "no list", value)
    return between.join(text(each, "join") for each in value)


def decimal(value: object, sign: Literal[",", "."]) -> object:
    """Return the number that a text writes with this decimal sign, item by item in a list; a number stays."""
    if isinstance(value, list):
        return [decimal(each, sign) for each in value]
    number = signed_number(value, sign) if isinstance(value, str) else number_of(value)
    if number is None:
        raise UnfitError("decimal", f"no number with the decimal sign {sign!r}", value)
    return number


def cast(value: object, kind: Literal["integer", "number", "text", "json"]) -> object:
    """Return the value as a whole number, a number, a text or JSON text; numbers item by item in a list."""
    if kind in ("text", "json"):
        plain_text = text(value, "cast")  # refuses what has none
        return plain_text if kind == "text" else json.dumps(value, ensure_ascii=False, default=text_of)
    if isinstance(value, list):
        return [cast(each, kind) for each in value]
    plain = int(value) if isinstance(value, bool) else value
    number = whole_of(plain) if kind == "integer" else number_of(plain)
    if number is None:
        raise UnfitError("cast", f"no {'whole number' if kind == 'integer' else 'number'}", value)
    return number


def shown(got: Sequence[object]) -> str:
    """Return the first value as a message quotes it, cut after 60 characters."""
    first = got[0] if got else ""
    whole = first if isinstance(first, str) else text_of(first) if isinstance(first, (list, dict)) else str(first)
    return repr(whole if len(whole) <= 60 else whole[:59] + "…")
