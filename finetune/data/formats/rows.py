"""What a format gives back, and how it says that a file cannot be read.

    Rows(columns=("question", "answer"), rows=({"question": "2+2?", "answer": "4"},), warnings=())

*Not here:* reading (one module per format).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.stored import stored_values
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import SHOWN, counted, listed, quoted, spans
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

PANDAS_INDEX = ("", "__index_level_0__")
"""Names that pandas gives to a row index which it writes beside the columns: CSV, parquet."""


LONGEST_NAME = 1000
"""Characters of a column's name; a longer one is a text that stands where the header should."""


@dataclass(frozen=True)
class Rows:
    """The rows of one file."""

    columns: tuple[str, ...]
    """Names in the order of the file."""
    rows: Sequence[Row]
    """One mapping a row; every column is a key, None where the file has no value."""
    warnings: tuple[Problem, ...] = ()
    """What was left out of the file, and why."""
    skipped: tuple[int, ...] = ()
    """1-based lines that are no rows, and were left out as --skip-bad-rows allows."""


def unreadable(path: Path, message: str, cure: str, *, line: int | None = None) -> TaskError:
    """Return the error for a file that cannot be read in its format, pointing at a line of that file."""
    return TaskError(Problem("LF302", message, cure, file=str(path), line=line))


def columns_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the union of the rows' keys in order of first appearance."""
    seen: dict[str, None] = {}
    for row in rows:
        seen.update(dict.fromkeys(row))
    return tuple(seen)


def complete(rows: Iterable[Row]) -> Rows:
    """Return rows of JSON objects as Rows: a key that an object lacks is None, as null would be."""
    columns: list[str] = []
    known: set[str] = set()

    def values(row: Row) -> list[object]:
        if not known.issuperset(row):
            columns.extend(key for key in row if key not in known)
            known.update(row)
        return [row.get(column) for column in columns]

    found = stored_values(columns, map(values, rows))
    return Rows(tuple(columns), found)


def check_names(path: Path, columns: Sequence[str]) -> None:
    """Raise LF302 for column names that are missing, stand twice, or are no names."""
    nameless = [number for number, name in enumerate(columns, 1) if not name.strip()]
    twice = sorted({name for name in columns if name.strip() and columns.count(name) > 1})
    problems = []
    if len(columns) > 2 and len(nameless) == len(columns) - 1:
        (title,) = (name for name in columns if name.strip())
        message = f"the first row holds nothing but {quoted(title)}, and names for none of the other columns"
        cure = "this looks like a title above the table: remove the rows above the names of the columns"
        problems.append(Problem("LF302", message, cure, file=str(path), line=1))
    elif nameless:
        message = f"{counted(len(columns), 'column')}, and no name for column {listed(nameless)}"
        problems.append(Problem("LF302", message, "give every column a name", file=str(path), line=1))
    too_long = [number for number, name in enumerate(columns, 1) if len(name) > LONGEST_NAME]
    if too_long:
        longest = max(len(name) for name in columns)
        message = f"the name of column {listed(too_long)} has {longest:,} characters: this is hardly a header"
        problems.append(
            Problem("LF302", message, "begin the file with the names of the columns", file=str(path), line=1)
        )
    if twice:
        message = f"columns of the same name: {listed([quoted(name) for name in twice])}"
        problems.append(Problem("LF302", message, "give every column a name of its own", file=str(path), line=1))
    if problems:
        raise TaskError(*problems)


def bad_lines(lines: Sequence[tuple[int, str]]) -> str:
    """Return lines that are no rows: the first with what is wrong with them, and the numbers of all."""
    each = listed([f"line {line} ({reason})" for line, reason in lines])
    return each if len(lines) <= SHOWN else f"{each}; all of them: {spans([line for line, _ in lines])}"


def skip_cure(lines: Sequence[tuple[int, str]]) -> str:
    """Return the end of a cure: the option that would leave these lines out."""
    return f", or leave {'it' if len(lines) == 1 else 'them'} out with --skip-bad-rows {len(lines)}"


def skipped_warning(path: Path, lines: Sequence[tuple[int, str]]) -> tuple[Problem, ...]:
    """Return the warning that lines were left out, as --skip-bad-rows allows; nothing where none were."""
    if not lines:
        return ()
    verb = "is no row and was" if len(lines) == 1 else "are no rows and were"
    message = f"{counted(len(lines), 'line')} {verb} skipped: {bad_lines(lines)}"
    cure = "mend the lines; the ids of the rows are counted without them"
    return (Problem("LF351", message, cure, severity="warning", file=str(path), line=lines[0][0]),)


def otherwise(path: Path, message: str, cure: str, *, line: int | None = None) -> Problem:
    """Return the warning that a file was read in another way than its name says, and how."""
    return Problem("LF330", message, cure, severity="warning", file=str(path), line=line)


def index_warning(path: Path, position: int) -> Problem:
    """Return the warning that a row index is left out: row numbers are no content, and change when rows are added."""
    message = f"column {position} is a row index that pandas wrote (it has no name of its own); it is left out"
    cure = "write the file without it (index=False), or give the column a name"
    return Problem("LF311", message, cure, severity="warning", file=str(path))
