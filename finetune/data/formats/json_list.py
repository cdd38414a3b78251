"""JSON: one list of objects, or an object that holds the list under `data`.

    [{"question": "2+2?", "answer": 4}, {"question": "3+3?", "answer": 6}]
    {"version": "1.1", "data": [{"question": "2+2?", "answer": 4}]}

*Not here:* one object a line (json_lines).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lfine.finetune.data.formats.json_records import NotJsonError, has_lone_surrogate, parse
from lfine.finetune.data.formats.rows import Rows, check_names, complete, unreadable
from lfine.finetune.data.formats.text import read_text
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError

_SHAPE = 'write a list of objects, [{"column": value, …}, …], or one object a line into a .jsonl file'


def read_rows(path: Path) -> Rows:
    """Return all rows; raises TaskError (LF302) with the line of bad syntax or the rows that are no objects."""
    read = read_text(path)
    text = read.text
    if not text.strip():
        return Rows((), ())
    try:
        value = parse(text)
    except NotJsonError as error:
        raise _bad_syntax(path, error) from error
    rows = _rows_in(path, value)
    if has_lone_surrogate(value, text):
        broken = [row for row, values in enumerate(rows) if has_lone_surrogate(values, text)]
        message = f"{counted(len(broken), 'row')} with half a surrogate pair, which is no character: {listed(broken)}"
        raise unreadable(path, message, "write the character itself, or both halves")
    found = complete(rows)
    check_names(path, found.columns)
    return replace(found, warnings=read.warnings)


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the keys of all objects: a JSON value has no beginning that can be read alone."""
    return read_rows(path).columns


def _bad_syntax(path: Path, error: NotJsonError) -> TaskError:
    if error.message == "extra data":
        message = f"a second JSON value begins on line {error.line}"
        cure = f"name the file {path.name.partition('.json')[0]}.jsonl if it holds one object a line"
        return unreadable(path, message, cure, line=error.line)
    if not error.line:
        return unreadable(path, f"the file cannot be read whole: {error.message}", "write the file anew")
    message = f"the file is not JSON: {error.message} (line {error.line}, column {error.column})"
    return unreadable(path, message, "write the file anew", line=error.line)


def _rows_in(path: Path, value: object) -> list[Row]:
    rows = value.get("data") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        keys = listed([repr(key) for key in value]) if isinstance(value, dict) else ""
        got = f"one object with the keys {keys}" if isinstance(value, dict) else f"a {type(value).__name__}"
        raise unreadable(path, f"the file must hold a list of objects, got {got}", _SHAPE)
    others = [number for number, row in enumerate(rows) if not isinstance(row, dict)]
    if others:
        message = f"{counted(len(others), 'row')} not an object (counted from 0): {listed(others)}"
        raise unreadable(path, message, _SHAPE)
    return rows
