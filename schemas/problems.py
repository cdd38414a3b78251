"""One problem in what a user wrote: what, where, got, cure; and its two renderings, text and JSON.

    task_configs/sql.yaml:14:6  LF102 wrong-type
       adapter.r must be an integer of at least 1, got "16" (text)
            r: "16"
               ^^^^
       cure: remove the quotes
       more: lfine explain LF102

*Not here:* finding problems (lfine.schemas.validation, lfine.finetune) and the table of codes (lfine.schemas.codes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lfine.schemas.codes import CODES

Severity = Literal["error", "warning"]

_WIDEST = 200
"""Characters of a source line that are shown; of a longer one those around the caret."""


@dataclass(frozen=True)
class Excerpt:
    """The source line that a problem points at."""

    text: str
    """The line as written, without its newline."""
    width: int
    """Characters under the caret, at least 1."""


@dataclass(frozen=True)
class Edit:
    """Characters of the problem's file to be replaced; lines and columns from 1, the end not included."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    """What stands there instead."""


@dataclass(frozen=True)
class Fix:
    """A cure that a program can apply: it keeps the meaning that the user had in mind, comments and layout."""

    edits: tuple[Edit, ...]
    """In the order of the file; they do not overlap."""
    old: str
    """What is replaced, for people: `learning_rte`."""
    new: str
    """By what: `learning_rate`."""


@dataclass(frozen=True)
class Problem:
    """One finding; rendered for people by `text()` and for programs by `record()`."""

    code: str
    """LF1xx shape, LF2xx sense, LF3xx data, LF4xx environment, LF5xx run."""
    message: str
    """What is wrong and what was got: lower case, one sentence, no final full stop."""
    cure: str = ""
    """What to do about it: lower case imperative; empty only where nothing can be said."""
    severity: Severity = "error"
    file: str | None = None
    """The file as the user named it."""
    line: int | None = None
    """1-based line in `file`."""
    column: int | None = None
    """1-based column in `line`, in characters."""
    path: str = ""
    """The key's dotted path (`adapter.r`), empty for the file as a whole."""
    excerpt: Excerpt | None = None
    """The source line with the caret's width; None where there is no line to show."""
    fix: Fix | None = field(default=None, compare=False)
    """How `--fix` would mend it; only lfine.schemas.fixing looks for one, and it is not part of the JSON form."""

    def record(self) -> dict[str, str | int | None]:
        """Return the JSON form, exactly the keys promised for `--format json`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "message": self.message,
            "cure": self.cure,
        }

    def text(self) -> str:
        """Return the lines shown to a person, without a trailing newline."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        kind = CODES[self.code].name + ("" if self.severity == "error" else f" ({self.severity})")
        lines = [f"{place}  {self.code} {kind}" if place else f"{self.code} {kind}", f"   {self.message}"]
        if self.excerpt is not None:
            lines += self._shown(self.excerpt, (self.column or 1) - 1)
        if self.cure:
            lines.append(f"   cure: {self.cure}")
        lines.append(f"   more: lfine explain {self.code}")
        return "\n".join(lines)

    @staticmethod
    def _shown(excerpt: Excerpt, start: int) -> list[str]:
        """Return the source line, or the part around `start`, and the carets below it."""
        shown, width = excerpt.text.replace("\t", " "), max(1, excerpt.width)
        if len(shown) > _WIDEST:
            first = min(max(0, start - _WIDEST // 4), len(shown) - _WIDEST)
            window = shown[first : first + _WIDEST]
            shown = "…" * (first > 0) + window + "…" * (first + _WIDEST < len(shown))
            width = min(width, first + _WIDEST - start)
            start += (first > 0) - first
        return [f"     {shown}", "     " + " " * start + "^" * max(1, width)]
