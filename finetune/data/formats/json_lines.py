"""JSON Lines: one JSON object on each line.

    {"question": "2+2?", "answer": 4}
    {"question": "3+3?", "answer": 6}

The columns are the keys of all objects in order of first appearance; a key that an object lacks is null there.

*Not here:* a file that is one JSON value (json_list).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from lfine.finetune.data.formats.json_records import NotJsonError, has_lone_surrogate, parse
from lfine.finetune.data.formats.rows import (
    Rows,
    bad_lines,
    check_names,
    columns_of,
    complete,
    skip_cure,
    skipped_warning,
    unreadable,
)
from lfine.finetune.data.formats.text import from_head, read_text
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted
from lfine.schemas.errors import TaskError

HEAD = 100
"""Objects that `read_columns` looks at: a key that first appears later is unknown to it."""


def read_rows(path: Path, *, skip_bad_rows: int = 0) -> Rows:
    """Return all rows; raises TaskError (LF302) naming the lines, more than may be, that are not one JSON object."""
    # not splitlines: U+2028 and its like may stand inside a JSON text
    text = read_text(path)
    broken: list[tuple[int, str]] = []
    found = complete(_objects(_numbered(_lines(text.text)), broken))
    _check_broken(path, broken, skip_bad_rows, any_rows=bool(found.rows))
    check_names(path, found.columns)
    warnings = (*text.warnings, *skipped_warning(path, broken))
    return replace(found, warnings=warnings, skipped=tuple(line for line, _ in broken))


def read_columns(path: Path, *, skip_bad_rows: int = 0) -> tuple[str, ...]:
    """Return the keys of the first objects, reading little more than them."""
    broken: list[tuple[int, str]] = []
    found = from_head(path, lambda file: columns_of(_objects(islice(_numbered(file), HEAD), broken)), newline="\n")
    _check_broken(path, broken, skip_bad_rows, any_rows=bool(found))
    check_names(path, found)
    return found


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Return the lines that are not blank, each with its 1-based number."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _lines(text: str) -> Iterator[str]:
    """Yield the lines without their ends, one at a time: a list of all would take the text's memory again."""
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _objects(lines: Iterable[tuple[int, str]], broken: list[tuple[int, str]]) -> Iterator[Row]:
    """Yield the objects; put the lines that are none, with what is wrong with them, into `broken`."""
    for number, line in lines:
        try:
            yield row_of(line)
        except NotJsonError as error:
            broken.append((number, error.message))


def _check_broken(path: Path, broken: list[tuple[int, str]], skip_bad_rows: int, *, any_rows: bool) -> None:
    if len(broken) > skip_bad_rows or (broken and not any_rows):
        raise _not_objects(path, broken, any_rows=any_rows)


def row_of(line: str) -> Row:
    """Return the object of one line; raises NotJsonError."""
    value = parse(line)
    if not isinstance(value, dict):
        raise NotJsonError(f"a {type(value).__name__}, not an object", 1, 1)
    if has_lone_surrogate(value, line):
        raise NotJsonError("half of a surrogate pair", 1, 1)
    return value


def _not_objects(path: Path, broken: list[tuple[int, str]], *, any_rows: bool) -> TaskError:
    message = f"{counted(len(broken), 'line')} not one JSON object each: {bad_lines(broken)}"
    cure = 'write one object on each line, {"column": value, …}; a list over several lines belongs in a .json file'
    return unreadable(path, message, cure + (skip_cure(broken) if any_rows else ""), line=broken[0][0])
