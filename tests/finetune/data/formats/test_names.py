"""Names with blanks at their ends: left out in every format, said once, refused where two become one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from lfine.finetune.data.formats.names import bare_columns, bare_names
from lfine.finetune.data.formats.registry import read_columns, read_rows
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.stored import FEW, stored_rows
from lfine.schemas.errors import TaskError

Row = dict[str, object]


def delimited(path: Path, rows: Sequence[Row]) -> None:
    mark = "\t" if path.suffix == ".tsv" else ","
    lines = [rows[0], *(row.values() for row in rows)]
    path.write_text("".join(mark.join(map(str, line)) + "\n" for line in lines), encoding="utf-8")


def json_lines(path: Path, rows: Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def json_list(path: Path, rows: Sequence[Row]) -> None:
    path.write_text(json.dumps(rows), encoding="utf-8")


def workbook(path: Path, rows: Sequence[Row]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate([rows[0], *(row.values() for row in rows)]):
            sheet.write_row(at, 0, [*line])


def arrow(path: Path, rows: Sequence[Row]) -> None:
    table = pa.Table.from_pylist([*rows])
    (parquet.write_table if path.suffix == ".parquet" else feather.write_feather)(table, path)


FORMATS: dict[str, Callable[[Path, Sequence[Row]], None]] = {
    "csv": delimited,
    "tsv": delimited,
    "jsonl": json_lines,
    "json": json_list,
    "xlsx": workbook,
    "parquet": arrow,
    "feather": arrow,
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_blanks_are_left_out_and_said_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    FORMATS[suffix](path, [{" Customer Message ": "a", "team\u00a0": "b", "id": "c"}] * 2)
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("Customer Message", "team", "id")
    assert found.rows == ({"Customer Message": "a", "team": "b", "id": "c"},) * 2
    (said,) = found.warnings
    assert (said.code, said.severity) == ("LF330", "warning")
    assert "the names of 2 columns have blanks at their ends, which are left out: ' Customer Message '" in said.message


@pytest.mark.parametrize("suffix", FORMATS)
def test_two_names_that_become_one_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    FORMATS[suffix](path, [{"text": "a", "text ": "b", "id": "c"}])
    for read in (read_rows, read_columns):
        with pytest.raises(TaskError) as caught:
            read(path)
        (problem,) = caught.value.problems
        assert (problem.code, problem.file) == ("LF302", str(path))
        assert "columns of the same name but for blanks at its ends: 'text', 'text '" in problem.message


def test_names_without_blanks_stay_what_they_are(tmp_path: Path) -> None:
    rows = Rows(("a b", "c"), ({"a b": 1, "c": None},))
    assert bare_names(tmp_path / "a.csv", rows) is rows
    assert bare_columns(tmp_path / "a.csv", ["a b", "c"]) == ("a b", "c")


def test_one_name_and_many_rows(tmp_path: Path) -> None:
    rows = Rows(("a ", "b"), stored_rows(("a ", "b"), ({"a ": at, "b": None} for at in range(FEW + 2))))
    found = bare_names(tmp_path / "a.csv", rows)
    assert len(found.rows) == FEW + 2
    assert found.rows[-1] == {"a": FEW + 1, "b": None}
    assert "the name of a column has blanks at its ends, which are left out: 'a '" in found.warnings[0].message
