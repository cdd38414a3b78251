"""Damage to the text: indentation, colons, quotes, templates, columns, lists, documents.

    DAMAGES["tab for indentation"](document, random.Random(1))

*Not here:* damage to keys and to single values.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.damages import DAMAGES, Damage, Mutant, damage, revalued, scalars, slip
from lfine.schemas.document import Document
from lfine.schemas.document import Path as KeyPath


@damage("tab for indentation")
def tab(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for number, line in enumerate(document.lines, start=1):
        if line.startswith("  ") and not in_text(document, number):
            lines = list(document.lines)
            lines[number - 1] = "\t" + line.lstrip()
            yield Mutant("\n".join(lines) + "\n", frozenset({number}), ("space",))


def in_text(document: Document, number: int) -> bool:
    """Tell whether a line is part of a text of several lines, where white space is the user's own."""
    for place in document.places.values():
        if place.style in ("literal", "folded", "plain", "double", "single") and "\n" in place.source:
            first = document.text.count("\n", 0, place.start) + 1
            if first < number <= first + place.source.count("\n"):
                return True
    return False


@damage("key twice")
def twice(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in scalars(document):
        line = document.lines[place.value.line - 1]
        if place.key is not None and line.strip().startswith(f"{path[-1]}:"):
            lines = list(document.lines)
            lines.insert(place.value.line, line)
            yield Mutant("\n".join(lines) + "\n", frozenset({place.value.line, place.value.line + 1}))


@damage("indented too far")
def indented(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for _, place in scalars(document):
        if place.key is None or document.lines[place.key.line - 1][: place.key.column - 1].strip():
            continue
        lines = list(document.lines)
        lines[place.key.line - 1] = " " + lines[place.key.line - 1]
        near = {place.key.line, place.key.line + 1, place.key.line - 1}
        yield Mutant("\n".join(lines) + "\n", frozenset(near))


@damage("no blank after the colon")
def no_blank(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in scalars(document):
        line = document.lines[place.value.line - 1]
        if place.key is not None and line.strip().startswith(f"{path[-1]}: "):
            lines = list(document.lines)
            lines[place.value.line - 1] = line.replace(": ", ":", 1)
            yield Mutant(
                "\n".join(lines) + "\n", frozenset({place.value.line, place.value.line + 1}), ("space", "colon")
            )


@damage("quote or bracket left open")
def left_open(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for _, place in scalars(document):
        if place.key is not None and place.style == "plain":
            for mark in ('"', "["):
                found = revalued(document, place, mark + place.source)
                # what is left open is noticed where the text can no longer go on
                yield Mutant(found.text, frozenset(range(place.value.line, len(document.lines) + 2)))


def _other_column(path: KeyPath) -> Damage:
    def make(document: Document, draw: random.Random) -> Iterator[Mutant]:
        place = document.places.get(path)
        value = document.at(path)
        if place is not None and isinstance(value, str) and place.style == "plain":
            yield revalued(document, place, slip(value, 1, draw), value)

    return make


DAMAGES["output column misspelt"] = _other_column(("output_feature", "name"))
DAMAGES["split column misspelt"] = _other_column(("preprocessing", "split", "column"))


@damage("template column misspelt")
def template_column(document: Document, draw: random.Random) -> Iterator[Mutant]:
    for number, line in enumerate(document.lines, start=1):
        if "{" in line and "}" in line and (in_text(document, number) or "template" in line):
            name = line.partition("{")[2].partition("}")[0]
            if name.isidentifier():
                lines = list(document.lines)
                lines[number - 1] = line.replace(f"{{{name}}}", f"{{{slip(name, 1, draw)}}}")
                yield Mutant("\n".join(lines) + "\n", frozenset({number}), (name,))


@damage("template brace left open")
def brace(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for number, line in enumerate(document.lines, start=1):
        if "{" in line and "}" in line and (in_text(document, number) or "template" in line):
            lines = list(document.lines)
            lines[number - 1] = line.replace("}", "", 1)
            yield Mutant("\n".join(lines) + "\n", frozenset({number}), ("}", "brace"))


@damage("output column in the template")
def answer_shown(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    name = document.at(("output_feature", "name")) or document.at(("output_feature",))
    for number, line in enumerate(document.lines, start=1):
        if "{" in line and "}" in line and (in_text(document, number) or "template" in line):
            lines = list(document.lines)
            lines[number - 1] = line.replace("}", f"}} {{{name}}}", 1)
            yield Mutant("\n".join(lines) + "\n", frozenset({number}))


@damage("metric misspelt")
def metric(document: Document, draw: random.Random) -> Iterator[Mutant]:
    for path, place in scalars(document):
        if path[:2] == ("evaluation", "metrics"):
            yield revalued(document, place, slip(place.source, 1, draw), place.source)


@damage("list item twice")
def repeated(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in scalars(document):
        if isinstance(path[-1], int) and isinstance(document.at(path), str):
            yield revalued(document, place, f"{place.source}, {place.source}")


@damage("second document")
def second(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    count = len(document.lines)
    yield Mutant(document.text + "---\nname: other\n", frozenset({count, count + 1, count + 2}))


@damage("merge key")
def merge(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for name in ("trainer", "adapter"):
        place = document.places.get((name,))
        if place is not None and place.key is not None and place.style == "block":
            lines = list(document.lines)
            lines.insert(place.key.line, "  <<: {seed: 1}")
            yield Mutant("\n".join(lines) + "\n", frozenset({place.key.line + 1}))


@damage("control character")
def control(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for _, place in scalars(document):
        yield revalued(document, place, place.source[:1] + "\x07" + place.source[1:])
