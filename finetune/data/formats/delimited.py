"""CSV and TSV, read by the standard library's strict reader: a row that does not fit is an error, never a guess.

    question,answer          {"question": "2+2?", "answer": "4"}
    2+2?,4              ─▶   {"question": "a \\"b\\", c", "answer": ""}
    "a ""b"", c",

Every value is text. Blank lines are no rows; line ends inside quoted fields are kept.

*Not here:* other delimiters, which are found and said, and types, which no CSV file has.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.formats.rows import PANDAS_INDEX, Rows, check_names, index_warning, unreadable
from lfine.finetune.data.formats.text import read_text
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError

_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_FIELD_LIMIT = 2**31 - 1
"""Characters in one field; the reader's own limit of 131,072 is less than a long document."""


@dataclass(frozen=True)
class _Record:
    """One parsed record."""

    line: int
    """1-based line on which it begins."""
    fields: list[str]


def read_rows(path: Path) -> Rows:
    """Return all rows; raises TaskError (LF302) with the lines of ragged rows or of a quote that never ends."""
    with _long_fields():
        records = _records(path, io.StringIO(read_text(path), newline=""))
        header = next(records, None)
        if header is None:
            return Rows((), ())
        _check_header(path, header.fields)  # before the rows: another delimiter would show there as bad quotes
        rest = list(records)
    names = header.fields
    ragged = [record for record in rest if len(record.fields) != len(names)]
    if ragged:
        raise _ragged(path, len(names), ragged)
    return _without_index(path, names, [dict(zip(names, record.fields, strict=True)) for record in rest])


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the header's names, reading little more than the first line."""
    try:
        with _long_fields(), path.open(encoding="utf-8-sig", newline="") as file:
            header = next(_records(path, file), None)
    except UnicodeDecodeError:
        read_text(path)  # raises the same problem with its line
        raise
    if header is None:
        return ()
    if any("\0" in name for name in header.fields):
        read_text(path)
    _check_header(path, header.fields)
    return tuple(name for number, name in enumerate(header.fields) if not _is_index(number, name))


def _is_index(number: int, name: str) -> bool:
    return number == 0 and name in PANDAS_INDEX


def _without_index(path: Path, names: list[str], rows: Sequence[Row]) -> Rows:
    if not _is_index(0, names[0]):
        return Rows(tuple(names), tuple(rows))
    kept = tuple(names[1:])
    return Rows(kept, tuple({name: row[name] for name in kept} for row in rows), (index_warning(path, 1),))


def _delimiter(path: Path) -> str:
    return "\t" if path.suffix.lower() == ".tsv" else ","


def _records(path: Path, lines: Iterable[str]) -> Iterator[_Record]:
    """Yield the records that are not blank; a record may span lines."""
    reader = csv.reader(lines, delimiter=_delimiter(path), strict=True)
    begin = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise _unparsed(path, begin, error) from error
        if fields is None:
            return
        if fields:
            yield _Record(begin, fields)
        begin = reader.line_num + 1


@contextmanager
def _long_fields() -> Iterator[None]:
    """The limit is global to the csv module: it is put back before anybody else reads."""
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _unparsed(path: Path, line: int, error: csv.Error) -> TaskError:
    if "unexpected end of data" in str(error):
        message = f"the quoted field that begins in the record of line {line} never ends"
    else:
        message = f"a quote mark stands inside the record that begins on line {line} ({error})"
    cure = 'end every quoted field with ", and write a quote mark inside it twice: ""'
    return unreadable(path, message, cure, line=line)


def _ragged(path: Path, width: int, ragged: list[_Record]) -> TaskError:
    each = [f"line {record.line} ({counted(len(record.fields), 'field')})" for record in ragged]
    message = f"the header has {counted(width, 'column')}, but {counted(len(ragged), 'row')} not: {listed(each)}"
    cure = f'put fields that hold a {_NAMES[_delimiter(path)]} in quotes ("…"), or add what is missing'
    return unreadable(path, message, cure, line=ragged[0].line)


def _check_header(path: Path, names: list[str]) -> None:
    if len(names) == 1:
        _check_delimiter(path, names[0])
    check_names(path, names[1:] if _is_index(0, names[0]) and len(names) > 1 else names)


def _check_delimiter(path: Path, header: str) -> None:
    """A header of one column in which another delimiter stands: written by Excel with a comma as decimal sign."""
    wanted = _delimiter(path)
    found = max((mark for mark in _NAMES if mark != wanted), key=header.count)
    if found not in header:
        return
    suffix = {",": ".csv", "\t": ".tsv"}.get(found)
    rename = f"name the file {path.stem}{suffix}, or " if suffix else ""
    message = f"the columns are parted by a {_NAMES[found]}, not by a {_NAMES[wanted]}: {header!r}"
    raise unreadable(path, message, f"{rename}write it with a {_NAMES[wanted]} between the columns", line=1)
