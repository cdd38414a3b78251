"""Sheets of a workbook: values, sheets that are meant, and what a spreadsheet may hold."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from lfine.finetune.data.formats.xlsx import read_columns, read_rows, read_sheet, read_sheet_columns
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

pytest.importorskip("python_calamine")
xlsxwriter = pytest.importorskip("xlsxwriter")

Problems = Callable[[Callable[[], object]], list[Problem]]
Sheets = Callable[[Path, Mapping[str, Sequence[Sequence[object]]]], None]


@pytest.fixture
def book(tmp_path: Path, sheets: Sheets) -> Callable[..., Path]:
    def make(*cells: Sequence[object], **others: Sequence[Sequence[object]]) -> Path:
        sheets(tmp_path / "a.xlsx", {"rows": cells, **others})
        return tmp_path / "a.xlsx"

    return make


Book = Callable[..., Path]


def test_values_keep_their_types(book: Book) -> None:
    day = dt.date(2024, 2, 29)
    path = book(["q", "n", "x", "flag", "day", "id"], [" two\nlines ", 1, 0.5, True, day, "007"])
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("q", "n", "x", "flag", "day", "id")
    assert found.rows == ({"q": " two\nlines ", "n": 1, "x": 0.5, "flag": True, "day": day, "id": "007"},)
    assert [type(value) for value in found.rows[0].values()] == [str, int, float, bool, dt.date, str]
    assert found.warnings == ()


def test_a_column_with_one_fraction_is_a_column_of_floats(book: Book) -> None:
    rows = read_rows(book(["label", "score"], [1, 1], [0, 0.5])).rows
    assert [(repr(row["label"]), repr(row["score"])) for row in rows] == [("1", "1.0"), ("0", "0.5")]
    assert repr(read_rows(book(["n"], [1e20])).rows[0]["n"]) == "1e+20"


def test_empty_cells_are_none_and_empty_rows_are_no_rows(book: Book) -> None:
    path = book([None], ["q", None, "a"], [None, None, None], ["x", None, None], [None], [None, None, 0])
    assert read_columns(path) == ("q", "a")
    assert read_rows(path).rows == ({"q": "x", "a": None}, {"q": None, "a": 0})


def test_names_that_are_numbers(book: Book) -> None:
    assert read_columns(book([2023, 0.5, "q"], [1, 2, 3])) == ("2023", "0.5", "q")


def test_sheets_by_name_and_number(book: Book) -> None:
    path = book(["q"], ["x"], answers=[["a"], ["y"]], empty=[])
    assert read_sheet(path, "answers").rows == read_sheet(path, 2).rows == ({"a": "y"},)
    assert read_sheet_columns(path, "answers") == ("a",)
    assert read_sheet(path, 1).warnings == ()
    assert (read_sheet(path, "empty").columns, read_sheet_columns(path, 3)) == ((), ())


def test_without_a_choice_the_first_sheet_is_read_and_said(book: Book) -> None:
    found = read_sheet(book(["q"], ["x"], answers=[["a"], ["y"]]), None)
    assert found.rows == ({"q": "x"},)
    (warning,) = found.warnings
    assert (warning.code, warning.severity) == ("LF330", "warning")
    assert warning.message == "the first sheet 'rows' of 2 is read, and not 'answers'"


@pytest.mark.parametrize(
    ("sheet", "cure"),
    [
        ("answer", "did you mean `answers`?"),
        ("Tabelle1", "name one of these sheets, or its number"),
        (3, "name one of these sheets, or its number"),
    ],
)
def test_a_sheet_that_is_not_there(
    book: Book,
    problems: Problems,
    placed: Callable[[str, str, str, str], Problem],
    sheet: str | int,
    cure: str,
) -> None:
    path = book(["q"], answers=[["a"]])
    for read in (read_sheet, read_sheet_columns):
        (problem,) = problems(lambda read=read: read(path, sheet, place=placed))  # type: ignore[misc]
        assert (problem.code, problem.path, problem.line, problem.cure) == ("LF332", "dataset.sheet", 7, cure)
        assert problem.message == f"the workbook 'a.xlsx' has no sheet {sheet!r}; it has 1 'rows', 2 'answers'"


def test_a_column_without_a_name(book: Book, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(book(["q", "a"], ["x", "y", "note"])))
    assert problem.message == "3 columns, and no name for column 3"
    (problem,) = problems(lambda: read_columns(book(["q", "q"], ["x", "y"])))
    assert problem.message == "columns of the same name: 'q'"


def test_the_index_of_pandas_is_left_out_and_said(book: Book) -> None:
    path = book([None, "q"], [0, "x"], [1, "y"])
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("q",)
    assert found.rows == ({"q": "x"}, {"q": "y"})
    assert [warning.code for warning in found.warnings] == ["LF311"]


def test_what_is_read_as_empty_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    writer = xlsxwriter.Workbook(str(path))
    sheet = writer.add_worksheet()
    sheet.write_row(0, 0, ["q", "n", "e"])
    sheet.merge_range(1, 0, 2, 0, "both")
    sheet.write_formula(1, 1, "=1+1", None, 2)
    sheet.write_formula(2, 1, "=1+2", None, "")
    sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    writer.close()
    found = read_rows(path)
    assert found.rows == ({"q": "both", "n": 2, "e": None},)
    assert [warning.message for warning in found.warnings] == [
        "1 range of merged cells; only the first cell of each has its value (row 2)",
        "1 cell of the workbook with an error such as #DIV/0!, read as empty",
        "1 formula of the workbook without a value, read as empty",
    ]


@pytest.mark.parametrize("kept", [0, 4, 1000, -30])
def test_files_cut_short(book: Book, problems: Problems, kept: int) -> None:
    path = book(["q"], ["x"])
    path.write_bytes(path.read_bytes()[:kept])
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(path))  # type: ignore[misc]
        assert (problem.code, problem.file) == ("LF302", str(path))
        assert "xlsx" in problem.message


def test_without_calamine(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(["q"], ["x"])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MachineError) as caught:
        read_rows(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.cure) == ("LF401", "pip install 'lfine[data]'")
    assert problem.message.startswith("xlsx files need the library python_calamine")
