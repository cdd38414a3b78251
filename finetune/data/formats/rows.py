"""What a format gives back, and how it says that a file cannot be read.

    Rows(columns=("question", "answer"), rows=({"question": "2+2?", "answer": "4"},), warnings=())

*Not here:* reading (one module per format).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

PANDAS_INDEX = ("", "__index_level_0__")
"""Names that pandas gives to a row index which it writes beside the columns: CSV, parquet."""


@dataclass(frozen=True)
class Rows:
    """The rows of one file."""

    columns: tuple[str, ...]
    """Names in the order of the file."""
    rows: tuple[Row, ...]
    """One mapping a row; every column is a key, None where the file has no value."""
    warnings: tuple[Problem, ...] = ()
    """What was left out of the file, and why."""


def unreadable(path: Path, message: str, cure: str, *, line: int | None = None) -> TaskError:
    """Return the error for a file that cannot be read in its format, pointing at a line of that file."""
    return TaskError(Problem("LF302", message, cure, file=str(path), line=line))


def columns_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the union of the rows' keys in order of first appearance."""
    seen: dict[str, None] = {}
    for row in rows:
        seen.update(dict.fromkeys(row))
    return tuple(seen)


def complete(rows: Sequence[Row]) -> Rows:
    """Return rows of JSON objects as Rows: a key that an object lacks is None, as null would be."""
    columns = columns_of(rows)
    return Rows(columns, tuple({column: row.get(column) for column in columns} for row in rows))


def check_names(path: Path, columns: Sequence[str]) -> None:
    """Raise LF302 for column names that are missing or stand twice."""
    nameless = [number for number, name in enumerate(columns, 1) if not name.strip()]
    twice = sorted({name for name in columns if name.strip() and columns.count(name) > 1})
    problems = []
    if nameless:
        message = f"{counted(len(columns), 'column')}, and no name for column {listed(nameless)}"
        problems.append(Problem("LF302", message, "give every column a name", file=str(path), line=1))
    if twice:
        message = f"columns of the same name: {listed([repr(name) for name in twice])}"
        problems.append(Problem("LF302", message, "give every column a name of its own", file=str(path), line=1))
    if problems:
        raise TaskError(*problems)


def otherwise(path: Path, message: str, cure: str, *, line: int | None = None) -> Problem:
    """Return the warning that a file was read in another way than its name says, and how."""
    return Problem("LF330", message, cure, severity="warning", file=str(path), line=line)


def index_warning(path: Path, position: int) -> Problem:
    """Return the warning that a row index is left out: row numbers are no content, and change when rows are added."""
    message = f"column {position} is a row index that pandas wrote (it has no name of its own); it is left out"
    cure = "write the file without it (index=False), or give the column a name"
    return Problem("LF311", message, cure, severity="warning", file=str(path))
