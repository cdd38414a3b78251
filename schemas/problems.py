"""One problem in what a user wrote: what, where, got, cure; and its two renderings, text and JSON.

    task_configs/sql.yaml:14:6  LF102 wrong-type
       adapter.r must be an integer of at least 1, got "16" (text)
            r: "16"
               ^^^^
       cure: remove the quotes
       more: docs/reference/errors.md#lf102

*Not here:* finding problems (lfine.schemas.validation, lfine.finetune) and the table of codes (lfine.schemas.codes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lfine.schemas.codes import CODES

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Excerpt:
    """The source line that a problem points at."""

    text: str
    """The line as written, without its newline."""
    width: int
    """Characters under the caret, at least 1."""


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
            shown = self.excerpt.text.replace("\t", " ")
            caret = " " * ((self.column or 1) - 1) + "^" * max(1, self.excerpt.width)
            lines += [f"     {shown}", f"     {caret}"]
        if self.cure:
            lines.append(f"   cure: {self.cure}")
        lines.append(f"   more: docs/reference/errors.md#{self.code.lower()}")
        return "\n".join(lines)
