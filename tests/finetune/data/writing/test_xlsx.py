"""A workbook with one sheet, and what none can hold."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.formats.xlsx import read_rows
from lfine.finetune.data.writing.unheld import UnheldError
from lfine.finetune.data.writing.xlsx import LONGEST, MOST_COLUMNS, write


def put(path: Path, *rows: dict[str, object]) -> None:
    with path.open("wb") as file:
        write(file, Rows(tuple(rows[0]), rows), ".xlsx")


def test_kinds_of_cells(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "q": "=1+1",
        "n": 4,
        "x": 0.5,
        "flag": False,
        "day": dt.date(2024, 2, 29),
        "moment": dt.datetime(2024, 2, 29, 1, 2, 3),
        "id": "007",
        "none": None,
    }
    put(tmp_path / "rows.xlsx", row)
    (found,) = read_rows(tmp_path / "rows.xlsx").rows
    assert found == row
    assert [type(value) for value in found.values()] == [type(value) for value in row.values()]


def test_no_time_of_writing_stands_in_it(tmp_path: Path) -> None:
    put(tmp_path / "rows.xlsx", {"q": "x"})
    with zipfile.ZipFile(tmp_path / "rows.xlsx") as book:
        assert b"2000-01-01T00:00:00Z</dcterms:created>" in book.read("docProps/core.xml")
        assert {part.date_time for part in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_cell_that_is_too_long() -> None:
    with pytest.raises(UnheldError) as caught:
        write(io.BytesIO(), Rows(("q",), ({"q": "x"}, {"q": "y" * (LONGEST + 1)})), ".xlsx")
    assert caught.value.message == (
        "a cell holds 32,767 characters, and column 'q' has more in 1 row: 1 (counted from 0)"
    )
    write(io.BytesIO(), Rows(("q",), ({"q": "y" * LONGEST},)), ".xlsx")


def test_characters_beyond_the_first_plane_count_twice() -> None:
    with pytest.raises(UnheldError):
        write(io.BytesIO(), Rows(("q",), ({"q": "🎲" * (LONGEST // 2 + 1)},)), ".xlsx")
    write(io.BytesIO(), Rows(("q",), ({"q": "🎲" * (LONGEST // 2)},)), ".xlsx")


def test_a_row_without_values_would_be_lost() -> None:
    rows: tuple[dict[str, object], ...] = ({"q": "x", "a": None}, {"q": "", "a": None})
    with pytest.raises(UnheldError, match="1 row without any value, which no sheet keeps: 1 "):
        write(io.BytesIO(), Rows(("q", "a"), rows), ".xlsx")


def test_more_columns_than_a_sheet_has() -> None:
    names = tuple(f"c{n}" for n in range(MOST_COLUMNS + 1))
    with pytest.raises(UnheldError, match="these are 1 rows and 16385 columns"):
        write(io.BytesIO(), Rows(names, (dict.fromkeys(names, "x"),)), ".xlsx")


def test_a_disk_that_will_not_take_it() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:  # noqa: ARG002
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as caught:
        write(Full(), Rows(("q",), ({"q": "x"},)), ".xlsx")
    assert caught.value.errno == 28
