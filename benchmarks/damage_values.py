"""Damage to values: another type, outside the range, no value of the enumeration.

    DAMAGES["number in quotes"](document, random.Random(1))

*Not here:* damage to keys and to the text.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.damages import DAMAGES, Damage, Mutant, damage, kinds, known, revalued, scalars, slip
from lfine.schemas.document import Document
from lfine.schemas.schema import node_at, variants


@damage("number in quotes")
def quoted(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in scalars(document):
        value = document.at(path)
        if isinstance(value, int | float) and not isinstance(value, bool) and "string" not in kinds(path):
            yield revalued(document, place, f'"{place.source}"', "quotes")


def _retyped(by: str, *, wrong_for: frozenset[str]) -> Damage:
    def make(document: Document, draw: random.Random) -> Iterator[Mutant]:
        del draw
        for path, place in scalars(document):
            if place.key is not None and known(path) and not kinds(path) & wrong_for:
                yield revalued(document, place, by)

    return make


DAMAGES["text for a number"] = _retyped("plenty", wrong_for=frozenset({"string"}))
DAMAGES["list for a value"] = _retyped("[1, 2]", wrong_for=frozenset({"array"}))
DAMAGES["mapping for a value"] = _retyped("{a: 1}", wrong_for=frozenset({"object"}))
DAMAGES["null for a value"] = _retyped("null", wrong_for=frozenset({"null"}))
DAMAGES["true for a value"] = _retyped("true", wrong_for=frozenset({"boolean"}))


@damage("value of an enumeration misspelt")
def enumeration(document: Document, draw: random.Random) -> Iterator[Mutant]:
    for path, place in scalars(document):
        allowed = [word for variant in variants(node_at(path) or {}) for word in variant.get("enum", ())]
        if isinstance(document.at(path), str) and document.at(path) in allowed:
            yield revalued(document, place, slip(place.source, 1, draw), f"`{document.at(path)}`")


def _out_of_range(by: str) -> Damage:
    def make(document: Document, draw: random.Random) -> Iterator[Mutant]:
        del draw
        for path, place in scalars(document):
            if kinds(path) & {"integer", "number"} and isinstance(document.at(path), int | float):
                yield revalued(document, place, by)

    return make


DAMAGES["number below its range"] = _out_of_range("-1")
DAMAGES["number that is not finite"] = _out_of_range(".inf")
