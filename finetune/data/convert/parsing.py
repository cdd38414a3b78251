"""Columns whose texts hold JSON, as what they hold: the way back from a file that knows text alone.

    parsed(rows, ["tags", "n"])      {"q": "?", "tags": '["sum"]', "n": "4"}  ─▶  {"q": "?", "tags": ["sum"], "n": 4}

A text without characters is a missing value; what is no text stays as it is.

*Not here:* columns made for a task (lfine.finetune.data.columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lfine.finetune.data.formats.json_records import NotJsonError, parse
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.places import Place
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

_OPTION = "--parse"


def parsed(rows: Rows, columns: Sequence[str], place: Place) -> Rows:
    """Return the rows with these columns parsed; raises TaskError: LF201 no such column, LF321 cells without JSON."""
    problems = [
        place("LF201", _OPTION, f"the data have no column {name!r} to parse", column_cure(name, rows.columns))
        for name in columns
        if name not in rows.columns
    ]
    made: list[Row] = [dict(row) for row in rows.rows]
    for name in columns if not problems else ():
        made, found = _column(made, name, place)
        problems += found
    if problems:
        raise TaskError(*problems)
    return replace(rows, rows=tuple(made))


def _column(rows: Sequence[Row], name: str, place: Place) -> tuple[list[Row], list[Problem]]:
    made: list[Row] = []
    broken: list[str] = []
    for row_id, row in enumerate(rows):
        try:
            made.append({**row, name: _value(row[name])})
        except NotJsonError as error:
            broken.append(f"{row_id} ({error.message})")
            made.append(row)
    if not broken:
        return made, []
    message = f"column {name!r} holds no JSON in {counted(len(broken), 'row')}: {listed(broken)} (counted from 0)"
    return made, [place("LF321", _OPTION, message, f"leave out {_OPTION} {name}, or mend the cells")]


def _value(value: object) -> object:
    if not isinstance(value, str):
        return value
    return parse(value) if value.strip() else None
