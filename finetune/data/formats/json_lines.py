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
from lfine.finetune.data.formats.rows import Rows, check_names, columns_of, complete, unreadable
from lfine.finetune.data.formats.text import from_head, read_text
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError

HEAD = 100
"""Objects that `read_columns` looks at: a key that first appears later is unknown to it."""


def read_rows(path: Path) -> Rows:
    """Return all rows; raises TaskError (LF302) naming the first lines that are not one JSON object."""
    # not splitlines: U+2028 and its like may stand inside a JSON text
    text = read_text(path)
    found = complete(_objects(path, _numbered(text.text.split("\n"))))
    check_names(path, found.columns)
    return replace(found, warnings=text.warnings)


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the keys of the first objects, reading little more than them."""
    found = from_head(path, lambda file: columns_of(_objects(path, islice(_numbered(file), HEAD))), newline="\n")
    check_names(path, found)
    return found


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Return the lines that are not blank, each with its 1-based number."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _objects(path: Path, lines: Iterable[tuple[int, str]]) -> list[Row]:
    rows: list[Row] = []
    broken: list[tuple[int, str]] = []
    for number, line in lines:
        try:
            rows.append(_object(line))
        except NotJsonError as error:
            broken.append((number, error.message))
    if broken:
        raise _not_objects(path, broken)
    return rows


def _object(line: str) -> Row:
    value = parse(line)
    if not isinstance(value, dict):
        raise NotJsonError(f"a {type(value).__name__}, not an object", 1, 1)
    if has_lone_surrogate(value, line):
        raise NotJsonError("half of a surrogate pair", 1, 1)
    return value


def _not_objects(path: Path, broken: list[tuple[int, str]]) -> TaskError:
    each = listed([f"line {line} ({message})" for line, message in broken])
    message = f"{counted(len(broken), 'line')} not one JSON object each: {each}"
    cure = 'write one object on each line, {"column": value, …}; a list over several lines belongs in a .json file'
    return unreadable(path, message, cure, line=broken[0][0])
