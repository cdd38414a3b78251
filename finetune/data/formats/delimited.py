"""CSV and TSV, read by the standard library's strict reader: a row that does not fit is an error, never a guess.

    question,answer          {"question": "2+2?", "answer": "4"}
    2+2?,4              ─▶   {"question": "a \\"b\\", c", "answer": ""}
    "a ""b"", c",

Every value is text. Blank lines are no rows; line ends inside quoted fields are kept. Another delimiter than the name's
suffix says, or another quoting, is said in a warning.

*Not here:* finding the delimiter (dialects), and types, which no CSV file has.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

from lfine.finetune.data.formats.dialects import (
    HEAD,
    NAMES,
    BadQuotesError,
    Dialect,
    Record,
    StoredRecords,
    candidates,
    lines_of,
    long_fields,
    records,
    usual,
)
from lfine.finetune.data.formats.packed import data_suffix
from lfine.finetune.data.formats.rows import (
    PANDAS_INDEX,
    Rows,
    bad_lines,
    check_names,
    index_warning,
    otherwise,
    skip_cure,
    skipped_warning,
    unreadable,
)
from lfine.finetune.data.formats.text import from_head, read_text
from lfine.finetune.data.stored import stored_values
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class _Parsed:
    """A text in one dialect."""

    dialect: Dialect
    header: Record
    rows: Sequence[Record]

    @cached_property
    def ragged(self) -> list[Record]:
        """Rows that have not the header's number of fields."""
        return [record for record in self.rows if len(record.fields) != len(self.header.fields)]


def read_rows(path: Path, *, skip_bad_rows: int = 0) -> Rows:
    """Return all rows; raises TaskError (LF302) with the lines of ragged rows, where they are more than may be, or of a
    quote that never ends."""
    text = read_text(path)
    if not text.text.strip("\r\n"):
        return Rows((), ())
    parsed = _parsed(path, text.text, skip_bad_rows)
    names = parsed.header.fields
    _check_header(path, names)
    bad = _bad_lines(parsed)
    said = (*text.warnings, *_said(path, parsed.dialect, names), *skipped_warning(path, bad))
    kept = [number for number, name in enumerate(names) if not _is_index(number, name)]
    records = (record.fields for record in parsed.rows if len(record.fields) == len(names))
    rows = stored_values([names[number] for number in kept], ([fields[at] for at in kept] for fields in records))
    if len(kept) < len(names):
        said = (*said, index_warning(path, 1))
    return Rows(tuple(names[number] for number in kept), rows, said, tuple(line for line, _ in bad))


def read_columns(path: Path, *, skip_bad_rows: int = 0) -> tuple[str, ...]:  # noqa: ARG001 (no rows are read here)
    """Return the header's names, reading little more than the first line."""
    header = from_head(path, lambda file: _header(path, file), newline="")
    if header is None:
        return ()
    if any("\0" in name for name in header):
        read_text(path)  # raises the problem with its line
    _check_header(path, header)
    return tuple(name for number, name in enumerate(header) if not _is_index(number, name))


def _header(path: Path, file: TextIO) -> list[str] | None:
    """Return the names in the dialect that fits the beginning of the text; None for a text without a row."""
    head = file.read(HEAD)
    if "\0" in head:
        read_text(path)
    dialects = candidates(head, data_suffix(path), whole=len(head) < HEAD)
    if len(head) == HEAD and "\n" not in head and "\r" not in head:
        head += file.read()
    failures = []
    with long_fields():
        for dialect in dialects:
            try:
                found = next(records(io.StringIO(head, newline=""), dialect), None)
            except BadQuotesError as error:
                failures.append(error)
            else:
                return None if found is None else found.fields
    raise _unparsed(path, failures[0])


def _parsed(path: Path, text: str, skip_bad_rows: int) -> _Parsed:
    """Return the text in the first dialect that fits all of it, or in the likeliest if few enough rows do not fit;
    raises what is wrong with it in that one."""
    found: list[_Parsed] = []
    failures: list[BadQuotesError] = []
    with long_fields():
        dialects = candidates(text[:HEAD], data_suffix(path), whole=len(text) <= HEAD)
        for dialect in dialects if '"' in text else dialects[:1]:
            try:
                parsed = records(lines_of(text), dialect)
                header, rows = next(parsed), StoredRecords(parsed)
            except BadQuotesError as error:
                failures.append(error)
            else:
                found.append(_Parsed(dialect, header, rows))
                if not found[-1].ragged and dialects[-1].quote is not None:
                    break  # nothing that comes behind could speak against it
    fitting = [parsed for parsed in found if not parsed.ragged]
    if fitting:
        _check_unambiguous(path, fitting)
        return fitting[0]
    if not found or (failures and dialects[0] != found[0].dialect):
        raise _unparsed(path, failures[0])
    if len(found[0].ragged) > skip_bad_rows or len(found[0].ragged) == len(found[0].rows):
        raise _ragged(path, found[0])
    return found[0]


def _check_unambiguous(path: Path, fitting: Sequence[_Parsed]) -> None:
    """Quote marks that are text can join rows into one, and marks that quote part one into several."""
    first, last = fitting[0], fitting[-1]
    if last.dialect.quote is None and len(first.rows) != len(last.rows):
        pairs = zip((first.header, *first.rows), (last.header, *last.rows), strict=False)
        longest = next((record for record, line in pairs if record != line), first.header)
        message = (
            f"the quote marks can be read in two ways: as quotes around fields there are {len(first.rows)} rows, "
            f"as text {len(last.rows)}, different from line {longest.line} on"
        )
        cure = 'put every field with a quote mark in quotes and write the mark twice (""), or write the file as .jsonl'
        raise unreadable(path, message, cure, line=longest.line)


def _is_index(number: int, name: str) -> bool:
    return number == 0 and name in PANDAS_INDEX


def _check_header(path: Path, names: list[str]) -> None:
    check_names(path, names[1:] if _is_index(0, names[0]) and len(names) > 1 else names)


def _said(path: Path, dialect: Dialect, names: Sequence[str]) -> tuple[Problem, ...]:
    wanted = usual(data_suffix(path))
    differences = dialect.differences(wanted)
    if not differences:
        return ()
    message = f"{'; '.join(differences)}; the file is read so, with the columns {listed(names)}"
    cure = f'write it with a {NAMES[wanted.delimiter]} between the columns and "…" around fields that hold one'
    if dialect.delimiter == "\t" and wanted.delimiter == "," and len(differences) == 1:
        cure = "name it .tsv"
    return (otherwise(path, message, cure),)


def _unparsed(path: Path, error: BadQuotesError) -> TaskError:
    if error.never_ends:
        message = f"the quoted field that begins in the record of line {error.line} never ends"
    else:
        message = f"a quote mark stands inside the record that begins on line {error.line} ({error})"
    cure = 'end every quoted field with ", and write a quote mark inside it twice: ""'
    return unreadable(path, message, cure, line=error.line)


def _ragged(path: Path, parsed: _Parsed) -> TaskError:
    width, lines, mark = len(parsed.header.fields), _bad_lines(parsed), parsed.dialect.delimiter
    message = f"the header has {counted(width, 'column')}, but {counted(len(lines), 'row')} not: {bad_lines(lines)}"
    cure = f'put fields that hold a {NAMES[mark]} in quotes ("…"), or add what is missing'
    cure += skip_cure(lines) if len(lines) < len(parsed.rows) else ""
    return unreadable(path, message, cure, line=lines[0][0])


def _bad_lines(parsed: _Parsed) -> list[tuple[int, str]]:
    """Return the line of each ragged row, and how many fields it has."""
    width = len(parsed.header.fields)
    return [(record.line, _fields(record, width)) for record in parsed.ragged]


def _fields(record: Record, width: int) -> str:
    """Return how many fields there are, and whether another delimiter would make it right: mixed files."""
    found = counted(len(record.fields), "field")
    if len(record.fields) > 1:
        return found
    other = next((name for mark, name in NAMES.items() if record.fields[0].count(mark) + 1 == width > 1), None)
    return f"{found}, parted by {other}s" if other else found
