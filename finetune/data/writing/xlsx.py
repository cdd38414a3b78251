"""One sheet of an XLSX workbook, written by XlsxWriter: the header, then the rows, no text ever read as a formula.

    ({"question": "=2+2?", "answer": 4},)  ─▶  | question | answer |
                                               | =2+2?    | 4      |

*Not here:* which cell a value becomes (sheet_cells).
"""

from __future__ import annotations

import datetime as dt
import io
from typing import IO, Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.wording import counted, listed
from lfine.finetune.data.writing.rewritten import Rewritten, by_column, tally
from lfine.finetune.data.writing.sheet_cells import Cell, column_cells
from lfine.finetune.data.writing.unheld import UnheldError

SHEET = "rows"
MOST_ROWS, MOST_COLUMNS, LONGEST = 2**20, 2**14, 2**15 - 1
"""Of a sheet, the header among the rows; UTF-16 units of a cell."""
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Stands in the file: the same rows are to give the same bytes."""
_SPREADSHEET = "write .csv, .jsonl or .parquet"


def write(file: IO[bytes], rows: Rows, suffix: str) -> tuple[Rewritten, ...]:  # noqa: ARG001 (all writers take it)
    """Write all rows into the sheet `rows`.

    Raises UnheldError for what no sheet holds, MachineError (LF401) without XlsxWriter.
    """
    library = load("xlsxwriter", reader="new .xlsx files")
    found = {name: column_cells(values) for name, values in by_column(rows).items()}
    columns = {name: cells for name, (cells, _) in found.items()}
    _check(columns, len(rows.rows))
    buffer = io.BytesIO()  # a library that meets a full disk half way leaves its own mess
    book = library.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    _fill(book, columns)
    book.close()
    file.write(buffer.getbuffer())
    return tuple(each for name, (_, said) in found.items() for each in tally(name, said))


def _fill(book: Any, columns: dict[str, list[Cell]]) -> None:
    sheet = book.add_worksheet(SHEET)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
    for at, (name, cells) in enumerate(columns.items()):
        sheet.write_string(0, at, name)
        for row, cell in enumerate(cells, 1):
            if isinstance(cell, str):
                sheet.write_string(row, at, cell)
            elif isinstance(cell, bool):
                sheet.write_boolean(row, at, cell)
            elif isinstance(cell, dt.date):
                sheet.write_datetime(row, at, cell, moment if isinstance(cell, dt.datetime) else day)
            elif cell is not None:
                sheet.write_number(row, at, cell)


def _check(columns: dict[str, list[Cell]], rows: int) -> None:
    if rows >= MOST_ROWS or len(columns) > MOST_COLUMNS:
        message = f"a sheet holds {MOST_ROWS:,} rows, the header among them, and {MOST_COLUMNS:,} columns; "
        got = f"these are {rows:,} rows and {counted(len(columns), 'column')}"
        raise UnheldError(message + got, _SPREADSHEET)
    for name, cells in columns.items():
        long = [row for row, cell in enumerate(cells) if _units(cell) > LONGEST]
        if long:
            message = (
                f"a cell holds {LONGEST:,} characters, and column {name!r} has more in {counted(len(long), 'row')}"
            )
            raise UnheldError(f"{message}: {listed(long)} (counted from 0)", _SPREADSHEET)
    empty = [row for row, cells in enumerate(zip(*columns.values(), strict=True)) if set(cells) == {None}]
    if empty:
        message = f"{counted(len(empty), 'row')} without any value, which no sheet keeps: {listed(empty)}"
        raise UnheldError(f"{message} (counted from 0)", "remove these rows, or write .csv, .jsonl or .parquet")


def _units(cell: Cell) -> int:
    if not isinstance(cell, str):
        return 0
    return len(cell) if len(cell) * 2 <= LONGEST else len(cell.encode("utf-16-le")) // 2
