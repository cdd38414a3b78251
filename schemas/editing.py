"""A file's text by lines and columns, and changes to it that leave everything else as it is.

    apply_edits("r: '16'\\n", [Edit(1, 4, 1, 8, "16")]) == "r: 16\\n"

*Not here:* which changes to make (lfine.schemas.proposals, lfine.schemas.moving).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lfine.schemas.document import Document, Path, Place, Span
from lfine.schemas.problems import Edit

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Text:
    """A text and where its lines begin."""

    text: str
    starts: tuple[int, ...]
    """Index of each line's first character; one more than there are line ends."""

    @classmethod
    def of(cls, text: str) -> Text:
        return cls(text, (0, *(match.end() for match in _LINE_END.finditer(text))))

    @property
    def newline(self) -> str:
        """The line end that the file uses."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def index(self, line: int, column: int) -> int:
        """Return the index of a place, both numbers from 1."""
        return min(len(self.text), self.starts[line - 1] + column - 1) if line <= len(self.starts) else len(self.text)

    def line_of(self, index: int) -> int:
        """Return the number of the line, from 1, that holds the character at `index`."""
        return sum(1 for start in self.starts if start <= index)

    def line(self, number: int) -> str:
        """Return a line without its end."""
        return _LINE_END.split(self.text[self.starts[number - 1] : self.after(number)])[0]

    def after(self, number: int) -> int:
        """Return the index behind a line and its end."""
        return self.starts[number] if number < len(self.starts) else len(self.text)

    def edit(self, start: int, stop: int, text: str) -> Edit:
        """Return the replacement of the characters from `start` to `stop` (not included)."""
        first, last = self.line_of(start), self.line_of(stop)
        return Edit(first, start - self.starts[first - 1] + 1, last, stop - self.starts[last - 1] + 1, text)

    def span(self, span: Span) -> tuple[int, int]:
        """Return the indices of a span's first character and of the one behind it."""
        start = self.index(span.line, span.column)
        return start, start + span.width


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with the edits made; they must stand in its order and not overlap (ValueError)."""
    source, parts, done = Text.of(text), [], 0
    for edit in edits:
        start, stop = source.index(edit.line, edit.column), source.index(edit.end_line, edit.end_column)
        if start < done or stop < start:
            raise ValueError(f"edits overlap at line {edit.line}")
        parts += [text[done:start], edit.text]
        done = stop
    return "".join([*parts, text[done:]])


def end_of(document: Document, path: Path) -> int:
    """Return the index behind the value at `path`; white space and comments after it are not counted."""
    place = document.places[path]
    if place.style != "block":
        return place.start + len(place.source.rstrip())
    below = [at for at in document.places if len(at) == len(path) + 1 and at[: len(path)] == path]
    return max((end_of(document, at) for at in below), default=place.start)


def key_span(place: Place, text: Text) -> tuple[int, int]:
    """Return the indices of a value's key; those of the value for a list's item."""
    return text.span(place.key or place.value)
