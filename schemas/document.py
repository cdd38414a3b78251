"""A YAML file as a plain value that remembers where each part of it was written.

    Document(file="sql.yaml", value={"adapter": {"r": "16"}}, places={("adapter", "r"): Place(value=Span(14, 6, 4), …)})

*Not here:* parsing (lfine.schemas.yaml_text), laying one file over another (lfine.schemas.merging), overriding
(lfine.schemas.overrides), judging (lfine.schemas.validation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from lfine.schemas.problems import Excerpt, Problem, Severity
from lfine.schemas.scalars import Scalar
from lfine.schemas.source import split_lines

Value = Scalar | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]
"""Keys and list positions from the top: `("output_feature", "labels", 1)`."""
Style = Literal["plain", "single", "double", "literal", "folded", "flow", "block"]

_PART = re.compile(r'\[("(?:[^"\\]|\\.)*")\]|\[([0-9]+)\]|([^.\[\]]+)')
_BARE_PART = re.compile(r'[^.\[\]"\s]([^.\[\]"\n\r\t]*[^.\[\]"\s])?')


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of one line."""

    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    width: int
    """At least 1; what lies on later lines is not counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one value stands."""

    value: Span
    """The value itself, or the alias that stands for it."""
    key: Span | None
    """Its key; None for a list's items and for the whole file."""
    source: str
    """The value as written, quotes and escapes included."""
    start: int
    """Index of `source` in the file's text."""
    style: Style
    """How it is written: quotes and blocks of scalars; flow (`{…}`, `[…]`) or block of mappings and lists."""
    file: str | None = None
    """The file it stands in where that is not the document's own, but one that it extends."""


@dataclass(frozen=True)
class FileText:
    """The text of one file, by lines and by index."""

    file: str
    """The file as the user named it, or as a file that extends it did."""
    text: str
    """Without a byte order mark."""
    lines: tuple[str, ...]
    """Its lines without their line ends."""

    def span(self, index: int, width: int) -> Span:
        """Return the characters from `index` on, at most to the end of their line."""
        before = split_lines(self.text[:index])
        line, column = len(before), len(before[-1]) + 1
        return Span(line, column, max(1, min(width, len(self.lines[line - 1]) - column + 1)))


@dataclass(frozen=True)
class Document:
    """One task file as read, overrides of the command line included."""

    file: str
    """The file as the user named it."""
    value: Value
    """Text, numbers, true/false, None, lists and mappings with text keys."""
    text: str
    """The file's text, without a byte order mark."""
    lines: tuple[str, ...]
    """Its lines without their line ends."""
    places: Mapping[Path, Place]
    """Where each value was written, by its path; those that were overridden are gone."""
    overrides: Mapping[Path, str]
    """The `--set …` argument that gave a value, by the value's path."""
    extended: Mapping[str, FileText] = field(default_factory=dict)
    """The files that this one extends, directly or not, by their names."""

    def at(self, path: Path) -> Value:
        """Return the value at `path`, None where there is none."""
        value = self.value
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def has(self, path: Path) -> bool:
        """Tell whether the key at `path` is written, be it with null."""
        parent = self.at(path[:-1])
        return isinstance(parent, dict) and path[-1] in parent

    def override_of(self, path: Path) -> str | None:
        """Return the argument that gave the value at `path`, or its nearest parent; None for what the file says."""
        for length in range(len(path), 0, -1):
            prefix = path[:length]
            if prefix in self.overrides:
                return self.overrides[prefix]
            if prefix in self.places:
                return None
            below = next((text for given, text in self.overrides.items() if given[:length] == prefix), None)
            if below is not None:
                return below
        return None

    def nearest(self, path: Path) -> Path:
        """Return `path`, or the nearest of its parents that was written in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return path

    def span(self, path: Path, *, of_key: bool = False) -> Span | None:
        """Return where a value (or its key) stands, else the key of its nearest written parent; None at the top."""
        nearest = self.nearest(path)
        place = self.places.get(nearest)
        if place is None or not nearest:
            return None
        return place.value if nearest == path and not of_key else place.key or place.value

    def source(self, path: Path) -> FileText:
        """Return the file in which the value at `path`, or its nearest written parent, stands."""
        place = self.places.get(self.nearest(path))
        if place is None or place.file is None:
            return FileText(self.file, self.text, self.lines)
        return self.extended[place.file]

    def inside(self, path: Path, offset: int, width: int) -> Span:
        """Return `width` characters of the source of the value at `path`, from its character `offset` (0-based) on."""
        return self.source(path).span(self.places[path].start + offset, width)

    def problem(
        self, code: str, path: Path, *, message: str, cure: str, severity: Severity = "error", at: Span | None = None
    ) -> Problem:
        """Return a problem placed at `path`'s value, or at `at`, a span of the file that this value stands in."""
        override = self.override_of(path)
        if override is not None:
            return Problem(code, message, cure, severity, file=override, path=dotted(path))
        span, source = at or self.span(path), self.source(path)
        return Problem(
            code,
            message,
            cure,
            severity,
            file=source.file,
            line=span.line if span else None,
            column=span.column if span else None,
            path=dotted(path),
            excerpt=Excerpt(source.lines[span.line - 1], span.width) if span else None,
        )


def dotted(path: Path) -> str:
    """Return `output_feature.labels[1]` for `("output_feature", "labels", 1)`; `a["b.c"]` where a key has dots."""
    text = "".join(_written_part(part) for part in path)
    return text.removeprefix(".")


def _written_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _BARE_PART.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


@lru_cache(maxsize=1024)  # the checks ask for the same 60 paths of every file
def path_of(text: str) -> Path:
    """Return the path that `dotted` writes as `text`."""
    return tuple(
        json.loads(match[1], strict=False) if match[1] else int(match[2]) if match[2] else match[3]
        for match in _PART.finditer(text)
    )
