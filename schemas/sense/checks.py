"""What a check is: a code, where it is done, how grave it is, and a small function that finds what it flags.

    Check("LF253", no_validation)                       a mistake that the file alone shows
    Check("LF245", unusual_scale, severity="warning")   a choice that is rarely meant

What it does, why that is bad, an example and what to write in its place stand once, in lfine.schemas.codes.

*Not here:* the checks (a file for each topic beside this one), their table (table.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from lfine.schemas.codes import CODES
from lfine.schemas.document import Span
from lfine.schemas.problems import Severity
from lfine.schemas.sense.view import View

Level = Literal["file", "header", "rows"]
"""What must have been read: the task file; the header of data or base model; the rows, and then the tokenizer."""


@dataclass(frozen=True)
class Found:
    """One place that a check flags."""

    path: str
    """Dotted path of the value."""
    message: str
    cure: str
    at: Span | None = None
    """The characters that are meant, where that is not the whole value."""


@dataclass(frozen=True)
class Check:
    """One check of the table."""

    code: str
    find: Callable[[View], Iterator[Found]] | None = None
    """None: it is done elsewhere, where the data are."""
    severity: Severity = "error"
    level: Level = "file"
    done_in: str = ""
    """The module that does it, where `find` is None."""

    @property
    def name(self) -> str:
        """What is flagged, in kebab-case."""
        return CODES[self.code].name

    @property
    def module(self) -> str:
        """The module that does it."""
        return self.done_in if self.find is None else self.find.__module__
