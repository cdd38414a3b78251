"""Which cell of a spreadsheet gives a value back: a number, a date, true, or its text.

    column_cells([1, 2.5])  ─▶  ("1", "2.5") as texts: a sheet knows one kind of number, and 1 would come back as 1.0
    column_cells([1, 2])    ─▶  (1, 2)

A sheet's numbers have 15 to 17 digits and no type, its moments are milliseconds from 1900 on, without a zone, and
midnight is a date.

*Not here:* the file (xlsx), and how it is read (lfine.finetune.data.formats.xlsx).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from lfine.finetune.data.values import text_of
from lfine.finetune.data.writing.rewritten import NOTHING, Found, as_text, kind_of

Cell = str | bool | int | float | dt.date | None
_EXACT = 2**53
_FIRST_YEAR = 1900
MILLISECOND = 1000
"""Microseconds."""


def column_cells(values: Sequence[object]) -> tuple[list[Cell], list[Found]]:
    """Return the cells of one column, and what is to be said of those that are another form of their value."""
    keep = _numbers_come_back([value for value in values if _is_number(value)])
    cells, said = [], []
    for value in values:
        cell, found = _cell(value, numbers=keep)
        cells.append(cell)
        said += [found] if found is not None else []
    if all(value is None or value == "" for value in values):
        said = []  # nothing stands beside what is empty: no difference is lost
    return cells, said


def _cell(value: object, *, numbers: bool) -> tuple[Cell, Found | None]:
    if value is None or isinstance(value, bool):
        return value, None
    if isinstance(value, str):
        return (value, None) if value else (None, ("empty text", NOTHING))
    if isinstance(value, int | float) and _is_number(value) and numbers:
        return value, None
    if isinstance(value, float) and math.isnan(value):
        return None, (kind_of(value), NOTHING)
    if isinstance(value, dt.date) and _date_comes_back(value):
        return value, None
    return text_of(value), as_text(value)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _numbers_come_back(numbers: Sequence[object]) -> bool:
    """Tell whether all of them are whole or all are not only whole, and no digit is lost."""
    try:
        floats = [float(f"{number:.16G}") for number in numbers]  # as the writer does
    except OverflowError:
        return False
    whole = all(each.is_integer() and abs(each) < _EXACT for each in floats)
    read = (int(each) if whole else each for each in floats)
    return all(text_of(one) == text_of(other) for one, other in zip(numbers, read, strict=True))


def _date_comes_back(value: dt.date) -> bool:
    if value.year < _FIRST_YEAR:
        return False
    if not isinstance(value, dt.datetime):
        return True
    return value.tzinfo is None and value.time() != dt.time() and value.microsecond % MILLISECOND == 0
