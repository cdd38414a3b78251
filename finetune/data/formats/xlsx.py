"""One sheet of an XLSX workbook, read by calamine: the first row that is not empty is the header.

    | question | answer |      ─▶  ({"question": "2+2?", "answer": 4},)
    | 2+2?     | 4      |

Formulas are the values that the spreadsheet program last computed. A workbook knows one kind of number: a column whose
numbers are all whole is read as integers. Empty rows are no rows; an empty cell is None.

*Not here:* workbooks that no reader should open (workbooks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import PANDAS_INDEX, Rows, check_names, index_warning, otherwise, unreadable
from lfine.finetune.data.formats.workbooks import Findings, inspect
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.values import text_of
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.suggestions import did_you_mean

Cells = list[list[object]]
_EXACT = 2**53
"""Whole numbers up to which a float is exact."""


def read_rows(path: Path) -> Rows:
    """Return the rows of the first sheet; raises as read_sheet does."""
    return read_sheet(path, None)


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the names of the first sheet's columns; raises as read_sheet does."""
    return read_sheet_columns(path, None)


def read_sheet(path: Path, sheet: str | int | None, *, place: Place = unplaced) -> Rows:
    """Return the rows of a sheet, by name or by number from 1.

    Raises TaskError (LF302 a damaged or locked workbook, LF332 no such sheet), MachineError (LF401 without calamine).
    """
    cells, said = _cells(path, sheet, place)
    names, body = _table(path, cells)
    columns = [_numbers([row[number] for row in body]) for number, _ in names]
    rows = tuple(dict(zip((name for _, name in names), values, strict=True)) for values in zip(*columns, strict=True))
    kept = tuple(name for _, name in names if name not in PANDAS_INDEX)
    if len(kept) < len(names):
        said = (*said, index_warning(path, 1))
        rows = tuple({name: row[name] for name in kept} for row in rows)
    return Rows(kept, rows, said)


def read_sheet_columns(path: Path, sheet: str | int | None, *, place: Place = unplaced) -> tuple[str, ...]:
    """Return the names of a sheet's columns; a sheet has no beginning that can be read alone."""
    cells, _ = _cells(path, sheet, place)
    names, _ = _table(path, cells)
    return tuple(name for _, name in names if name not in PANDAS_INDEX)


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of all sheets, in their order; raises as read_sheet does."""
    with _opened(path) as (book, _):
        return tuple(book.sheet_names)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Findings]]:
    """Yield the workbook once it was looked at; what the library says against it is said as LF302."""
    calamine = load("python_calamine", reader="xlsx files")
    findings = inspect(path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            yield book, findings
    except calamine.PasswordError as error:
        raise unreadable(path, "the workbook is locked with a password", "save it without one") from error
    except calamine.CalamineError as error:
        message = f"the file cannot be read as xlsx: {str(error).partition(chr(10))[0].rstrip('.')}"
        raise unreadable(path, message, "save it anew as .xlsx, or as .csv") from error


def _cells(path: Path, sheet: str | int | None, place: Place) -> tuple[Cells, tuple[Problem, ...]]:
    """Return all cells of the sheet from A1 on, and what is to be said about them."""
    with _opened(path) as (book, findings):
        number = _number(path, list(book.sheet_names), sheet, place)
        found = book.get_sheet_by_index(number)
        cells: Cells = found.to_python(skip_empty_area=False)
        return cells, _said(path, book.sheet_names, sheet, findings, found.merged_cell_ranges or [])


def _number(path: Path, names: Sequence[str], sheet: str | int | None, place: Place) -> int:
    """Return the 0-based number of the sheet that is meant."""
    if not names:
        raise unreadable(path, "the workbook has no sheets", "save it anew")
    if isinstance(sheet, str) and sheet in names:
        return names.index(sheet)
    number = 1 if sheet is None else sheet
    if isinstance(number, int) and 1 <= number <= len(names):
        return number - 1
    there = listed([f"{n} {name!r}" for n, name in enumerate(names, 1)], shown=20)
    message = f"the workbook {path.name!r} has no sheet {sheet!r}; it has {there}"
    meant = did_you_mean(sheet, names) if isinstance(sheet, str) else ""
    raise TaskError(place("LF332", "dataset.sheet", message, meant or "name one of these sheets, or its number"))


def _said(
    path: Path, names: Sequence[str], sheet: str | int | None, findings: Findings, merged: Sequence[Any]
) -> tuple[Problem, ...]:
    said = []
    if sheet is None and len(names) > 1:
        others = listed([repr(name) for name in names[1:]], shown=20)
        message = f"the first sheet {names[0]!r} of {len(names)} is read, and not {others}"
        said.append(otherwise(path, message, "name it in dataset.sheet"))
    if merged:
        message = f"{counted(len(merged), 'range')} of merged cells; only the first cell of each has its value"
        cure = "unmerge the cells and fill them, or check that the others may be empty"
        said.append(otherwise(path, f"{message} (row {merged[0][0][0] + 1})", cure))
    if findings.errors:
        message = f"{counted(findings.errors, 'cell')} of the workbook with an error such as #DIV/0!, read as empty"
        said.append(otherwise(path, message, "mend the formulas"))
    if findings.uncomputed:
        message = f"{counted(findings.uncomputed, 'formula')} of the workbook without a value, read as empty"
        said.append(otherwise(path, message, "open the workbook in a spreadsheet program and save it there"))
    return tuple(said)


def _table(path: Path, cells: Cells) -> tuple[list[tuple[int, str]], Cells]:
    """Return position and name of each column that holds anything, and the rows that do."""
    filled = [row for row in cells if any(not _empty(value) for value in row)]
    if not filled:
        return [], []
    header, *body = filled
    used = [number for number in range(len(header)) if any(not _empty(row[number]) for row in filled)]
    titles = [_name(header[number]) for number in used]
    check_names(path, titles[1:] if titles[0] in PANDAS_INDEX and len(titles) > 1 else titles)
    return list(zip(used, titles, strict=True)), body


def _name(value: object) -> str:
    (whole,) = _numbers([value])
    return text_of(whole)


def _empty(value: object) -> bool:
    return value is None or value == ""


def _numbers(values: Sequence[object]) -> list[object]:
    """Return the values of a column: empty cells as None, and whole numbers as integers where all numbers are whole."""
    numbers = [value for value in values if isinstance(value, float)]
    whole = all(number.is_integer() and abs(number) < _EXACT for number in numbers)
    return [None if _empty(value) else int(value) if whole and isinstance(value, float) else value for value in values]
