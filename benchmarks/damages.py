"""A damaged task file, and the text surgery that makes it: every kind of damage is a function in DAMAGES.

    Mutant(text="…learning_rte: 0.001…", lines={45}, wanted=("`learning_rate`",))

*Not here:* the kinds (damage_keys.py, damage_values.py, damage_text.py), judging what becomes of them (mutation.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lfine.schemas.document import Document, Place
from lfine.schemas.document import Path as KeyPath
from lfine.schemas.schema import mapping_variant, node_at, types, variants

LETTERS = "abcdefghijklmnopqrstuvwxyz_"


@dataclass(frozen=True)
class Mutant:
    text: str
    lines: frozenset[int]
    """Where a problem may be reported: the damaged line, or where it shows."""
    wanted: tuple[str, ...] = ()
    """Texts of which the cure must hold one; empty: any cure will do."""


Damage = Callable[[Document, random.Random], Iterator[Mutant]]
DAMAGES: dict[str, Damage] = {}


def damage(name: str) -> Callable[[Damage], Damage]:
    def register(make: Damage) -> Damage:
        DAMAGES[name] = make
        return make

    return register


def written_keys(document: Document) -> Iterator[tuple[KeyPath, Place]]:
    """Yield every key that stands in the file."""
    for path, place in document.places.items():
        if path and place.key is not None and isinstance(path[-1], str):
            yield path, place


def scalars(document: Document) -> Iterator[tuple[KeyPath, Place]]:
    """Yield every single value on one line."""
    for path, place in document.places.items():
        if path and place.style in ("plain", "single", "double") and "\n" not in place.source and place.source:
            yield path, place


def replaced(document: Document, *, line: int, column: int, width: int, by: str) -> str:
    lines = list(document.lines)
    before = lines[line - 1]
    lines[line - 1] = before[: column - 1] + by + before[column - 1 + width :]
    return "\n".join(lines) + "\n"


def renamed(document: Document, place: Place, by: str, *wanted: str) -> Mutant:
    key = place.key
    if key is None:
        raise ValueError("a list's item has no key")
    text = replaced(document, line=key.line, column=key.column, width=key.width, by=by)
    return Mutant(text, frozenset({key.line}), wanted)


def revalued(document: Document, place: Place, by: str, *wanted: str) -> Mutant:
    span = place.value
    text = replaced(document, line=span.line, column=span.column, width=len(place.source), by=by)
    return Mutant(text, frozenset({span.line}), wanted)


def slip(word: str, edits: int, draw: random.Random) -> str:
    """Return the word with one or two typing errors, never the word itself."""
    found = word
    while found == word:
        letters = list(word)
        for _ in range(edits):
            at = draw.randrange(len(letters))
            match draw.randrange(4):
                case 0 if len(letters) > 2:
                    del letters[at]
                case 1:
                    letters.insert(at, draw.choice(LETTERS))
                case 2 if at + 1 < len(letters):
                    letters[at], letters[at + 1] = letters[at + 1], letters[at]
                case _:
                    letters[at] = draw.choice(LETTERS)
        found = "".join(letters)
    return found


def known(path: KeyPath) -> bool:
    """Tell whether a key belongs to the language and not to the user (columns have names of their own)."""
    parent = mapping_variant(node_at(path[:-1]) or {})
    return parent is not None and path[-1] in parent["properties"]


def kinds(path: KeyPath) -> set[str]:
    return {name for variant in variants(node_at(path) or {}) for name in types(variant)}


def without_line(document: Document, place: Place, path: KeyPath) -> str:
    """Return the text without a key: its line, or its part of a flow mapping made harmless."""
    lines = list(document.lines)
    line = lines[place.value.line - 1]
    if line.strip().startswith(str(path[-1])):
        del lines[place.value.line - 1]
    return "\n".join(lines) + "\n"
