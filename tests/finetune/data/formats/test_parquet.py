"""Parquet: types, schemas, and files that are none."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.data.formats.parquet import read_columns, read_rows
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

Problems = Callable[[Callable[[], object]], list[Problem]]


def file_of(folder: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


def test_values_have_the_types_of_python(tmp_path: Path) -> None:
    row = {"text": "ä", "n": 1, "x": 0.5, "none": None, "list": [1, 2], "day": dt.date(2024, 2, 29), "map": {"k": "v"}}
    path = file_of(tmp_path, {name: [value] for name, value in row.items()})
    found = read_rows(path)
    assert found.rows == (row,)
    assert found.columns == read_columns(path) == tuple(row)


def test_dictionary_columns_are_their_values(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"label": pa.array(["b", "a", "b"]).dictionary_encode()})
    assert [row["label"] for row in read_rows(path).rows] == ["b", "a", "b"]


def test_a_folder_with_an_equals_sign_adds_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "split=train"
    folder.mkdir()
    assert read_rows(file_of(folder, {"q": [1]})).columns == ("q",)


def test_the_schema_is_read_without_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(tmp_path, {"q": [1]})
    monkeypatch.setattr(pq, "ParquetFile", None)
    assert read_columns(path) == ("q",)


def test_no_rows_keep_their_columns(tmp_path: Path) -> None:
    found = read_rows(file_of(tmp_path, {"q": pa.array([], pa.string())}))
    assert (found.columns, found.rows) == (("q",), ())


def test_the_index_of_pandas_is_left_out_and_said(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"q": [1, 2], "__index_level_0__": [7, 9]})
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("q",)
    assert found.rows == ({"q": 1}, {"q": 2})
    assert [warning.code for warning in found.warnings] == ["LF311"]


def test_bytes_at_any_depth_are_refused(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, {"q": ["x"], "image": [{"bytes": b"\x89", "path": "a.png"}], "sound": [[b"\0"]]})
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(path))  # type: ignore[misc]
        assert problem.code == "LF302"
        assert problem.message == "columns hold bytes, which no prompt can show: 'image', 'sound'"


def test_a_column_name_that_stands_twice(tmp_path: Path, problems: Problems) -> None:
    pq.write_table(pa.table([[1], [2]], names=["q", "q"]), tmp_path / "a.parquet")
    (problem,) = problems(lambda: read_columns(tmp_path / "a.parquet"))
    assert problem.message == "columns of the same name: 'q'"


@pytest.mark.parametrize("kept", [10, -10])
def test_a_damaged_file(tmp_path: Path, problems: Problems, kept: int) -> None:
    path = file_of(tmp_path, {"q": list(range(1000))})
    path.write_bytes(path.read_bytes()[:kept])
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(path))  # type: ignore[misc]
        assert (problem.code, problem.file) == ("LF302", str(path))
        assert problem.message.startswith("the file cannot be read as parquet: ")


def test_dates_that_python_does_not_have(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, {"day": pa.array([10**7], pa.date32())})
    (problem,) = problems(lambda: read_rows(path))
    assert problem.code == "LF302"
    assert read_columns(path) == ("day",)


def test_damage_inside_the_pages_is_found_when_rows_are_read(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, {"q": [f"text {n}" for n in range(1000)]})
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(data)
    assert read_columns(path) == ("q",)
    (problem,) = problems(lambda: read_rows(path))
    assert problem.code == "LF302"


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(tmp_path, {"q": [1]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for read in (read_rows, read_columns):
        with pytest.raises(MachineError) as caught:
            read(path)
        assert caught.value.problems[0].code == "LF401"
