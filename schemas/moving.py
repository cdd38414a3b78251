"""A key that stands under the wrong mapping, moved with its value and comment to where it belongs.

    learning_rate: 1e-4        →        trainer:
    trainer:                              learning_rate: 1e-4
      epochs: 3                           epochs: 3

Lines move whole; what stood in braces goes into braces or onto a line of its own. What cannot be moved without writing
it anew (a block into braces, the only key of its mapping) is left to the user.

*Not here:* where a key belongs (lfine.schemas.proposals).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lfine.schemas.document import Document, Path, Place, dotted
from lfine.schemas.editing import Text, end_of, key_span
from lfine.schemas.problems import Edit, Fix
from lfine.schemas.schema import bare_key, node_at

_STEP = 2
"""Spaces by which new lines stand deeper than their key."""
_NOT_IN_BRACES = re.compile(r"[,\[\]{}#]|: ")
_COMMA_AFTER = re.compile(r"\s*,\s*")
_COMMA_BEFORE = re.compile(r"\s*,\s*\Z")


@dataclass(frozen=True)
class Move:
    document: Document
    text: Text
    path: Path
    """Where the key stands."""
    home: Path
    """Where it belongs, its name there included."""

    @property
    def place(self) -> Place:
        return self.document.places[self.path]

    @property
    def start(self) -> int:
        return key_span(self.place, self.text)[0]

    @property
    def stop(self) -> int:
        return end_of(self.document, self.path)

    @property
    def source(self) -> str:
        """The value as written, from the first character to the last."""
        return self.text.text[self.place.start : self.stop]


def moved(move: Move) -> Iterator[Fix]:
    """Yield how to move the key, nothing where it cannot be done without loss."""
    parent = move.document.at(move.path[:-1])
    if not isinstance(parent, dict) or (len(parent) == 1 and len(move.path) > 1):
        return
    in_braces = move.document.places[move.path[:-1]].style == "flow"
    lines = _flow_lines(move) if in_braces else _block_lines(move)
    cut = cut_from_braces if in_braces else cut_lines
    removed = cut(move.text, move.start, move.stop)
    if lines is None or removed is None:
        return
    put = _put(move, lines)
    if put is not None:
        edits = tuple(sorted(_joined(removed, put), key=lambda edit: (edit.line, edit.column)))
        yield Fix(edits, dotted(move.path), dotted(move.home))


def _joined(removed: Edit, put: Edit) -> tuple[Edit, ...]:
    """Return one edit where a line moves into a mapping made in its place."""
    if (removed.line, removed.column) == (put.line, put.column):
        return (Edit(removed.line, removed.column, removed.end_line, removed.end_column, put.text),)
    return removed, put


def _block_lines(move: Move) -> list[str] | None:
    """Return the pair's lines, indentation of the key taken off, under the name that it has at home."""
    first, last = move.text.line_of(move.start), move.text.line_of(max(move.start, move.stop - 1))
    margin = move.start - move.text.index(first, 1)
    lines = [move.text.line(number) for number in range(first, last + 1)]
    if any(line.strip() and line[:margin].strip() for line in lines):
        return None
    start, stop = key_span(move.place, move.text)
    return [str(move.home[-1]) + lines[0][margin + stop - start :], *(line[margin:] for line in lines[1:])]


def _flow_lines(move: Move) -> list[str] | None:
    return None if "\n" in move.source else [f"{move.home[-1]}: {move.source}".rstrip()]


def cut_lines(text: Text, start: int, stop: int) -> Edit | None:
    """Return the removal of the whole lines of a pair, None where its first line holds something before it."""
    first, last = text.line_of(start), text.line_of(max(start, stop - 1))
    if text.text[text.index(first, 1) : start].strip():
        return None
    return text.edit(text.index(first, 1), text.after(last), "")


def cut_from_braces(text: Text, start: int, stop: int) -> Edit:
    """Return the removal of a pair inside `{…}` with the comma after it, or before it for the last one."""
    after = _COMMA_AFTER.match(text.text, stop)
    if after:
        return text.edit(start, after.end(), "")
    before = _COMMA_BEFORE.search(text.text, 0, start)
    return text.edit(before.start() if before else start, stop, "")


def _put(move: Move, lines: list[str]) -> Edit | None:
    """Return the insertion at home; mappings that are missing on the way are written around the pair."""
    home = move.home[:-1]
    while home and not _is_written(move.document, home):
        lines = [f"{home[-1]}:", *_indented(lines, _STEP)]
        home = home[:-1]
    if not home:
        return _at_the_top(move, lines)
    place = move.document.places[home]
    if place.style == "block":
        return _below(move, place, lines, _child_margin(move, home))
    if place.style == "flow":
        return _into_braces(move, place, lines)
    if move.document.at(home) is None:
        return _below(move, place, lines, (place.key.column - 1 if place.key else 0) + _STEP)
    return _around_bare(move, home, lines)


def _is_written(document: Document, path: Path) -> bool:
    """Tell whether there is a mapping, or a key that waits for one, at `path`; a written null is a decision."""
    place = document.places.get(path)
    if place is None or (document.at(path) is None and place.source):
        return False
    return not isinstance(document.at(path), list)


def _indented(lines: list[str], by: int) -> list[str]:
    return [" " * by + line if line.strip() else line for line in lines]


def _at_the_top(move: Move, lines: list[str]) -> Edit | None:
    if move.document.places[()].style != "block" or (len(move.home) > 1 and move.document.has(move.home[:1])):
        return None
    end, text = move.text.newline, move.text.text
    written = end.join(lines) + end
    if len(move.path) == 1:  # where it stands, with its mapping around it
        at = move.text.index(move.text.line_of(move.start), 1)
        return move.text.edit(at, at, written)
    missing = "" if not text or text.endswith(("\n", "\r")) else end
    return move.text.edit(len(text), len(text), missing + written)


def _below(move: Move, place: Place, lines: list[str], margin: int | None) -> Edit | None:
    """Return the insertion right below the key of a block mapping, where no comment belongs to another key."""
    if place.key is None or margin is None:
        return None
    end = move.text.newline
    at = move.text.after(place.key.line)
    missing = "" if move.text.text[:at].endswith(("\n", "\r")) else end
    return move.text.edit(at, at, missing + end.join(_indented(lines, margin)) + end)


def _child_margin(move: Move, home: Path) -> int | None:
    value = move.document.at(home)
    first = next(iter(value), None) if isinstance(value, dict) else None
    key = move.document.places[*home, first].key if first is not None else None
    return key.column - 1 if key is not None else None


def _into_braces(move: Move, place: Place, lines: list[str]) -> Edit | None:
    pair = _one_line(lines)
    value = place.source.rstrip()
    if pair is None or not value.endswith("}"):
        return None
    inside = value[1:-1].strip()
    at = place.start + len(value) - 1 - (len(value[:-1]) - len(value[:-1].rstrip()) if inside else 0)
    return move.text.edit(at, at, f", {pair}" if inside and not inside.endswith(",") else pair)


def _around_bare(move: Move, home: Path, lines: list[str]) -> Edit | None:
    """Return `{name: label, type: category}` in place of a bare `label`."""
    bare, pair, place = bare_key(node_at(home) or {}), _one_line(lines), move.document.places[home]
    if bare in (None, move.home[-1]) or pair is None or "\n" in place.source.rstrip():
        return None
    source = _fit_for_braces(place.source.rstrip())
    return move.text.edit(place.start, place.start + len(place.source.rstrip()), f"{{{bare}: {source}, {pair}}}")


def _one_line(lines: list[str]) -> str | None:
    """Return `key: value` as it may stand in braces, None for what takes lines or has a comment."""
    if len(lines) != 1:
        return None
    key, _, value = lines[0].partition(":")
    value = value.strip()
    if re.search(r"\s#", value) or value[:1] in ("|", ">", ""):
        return None
    return f"{key}: {_fit_for_braces(value)}"


def _fit_for_braces(value: str) -> str:
    plain = value[:1] not in ("'", '"', "[", "{")
    return json.dumps(value, ensure_ascii=False) if plain and _NOT_IN_BRACES.search(value) else value
