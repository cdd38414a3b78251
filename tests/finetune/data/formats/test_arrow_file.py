"""Arrow files and streams, Feather, and files that are none."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.arrow_file import read_columns, read_rows
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

pa = pytest.importorskip("pyarrow")

Problems = Callable[[Callable[[], object]], list[Problem]]

ROW = {"text": "ä", "n": 1, "x": 0.5, "none": None, "list": [1, 2], "day": dt.date(2024, 2, 29)}


def file_of(path: Path, kind: str, rows: int = 1) -> Path:
    table = pa.Table.from_pylist([ROW] * rows)
    if kind == "feather":
        pytest.importorskip("pyarrow.feather").write_feather(table, path, compression="zstd")
        return path
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=10)
    return path


@pytest.mark.parametrize("kind", ["file", "stream", "feather"])
def test_both_shapes_and_feather(tmp_path: Path, kind: str) -> None:
    path = file_of(tmp_path / "a.arrow", kind, rows=3)
    assert read_rows(path).rows == (ROW,) * 3
    assert read_columns(path) == tuple(ROW)


def test_what_the_datasets_library_saves(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list([ROW, ROW]).save_to_disk(str(tmp_path / "set"))
    (path,) = (tmp_path / "set").glob("*.arrow")
    assert read_rows(path).rows == (ROW, ROW)


@pytest.mark.parametrize("kind", ["file", "stream"])
@pytest.mark.parametrize("kept", [0, 3, 100, -8, -300])
def test_files_cut_short(tmp_path: Path, problems: Problems, kind: str, kept: int) -> None:
    path = file_of(tmp_path / "a.arrow", kind, rows=50)
    path.write_bytes(path.read_bytes()[:kept])
    (problem,) = problems(lambda: read_rows(path))
    assert (problem.code, problem.file) == ("LF302", str(path))
    assert "arrow" in problem.message


def test_a_stream_cut_between_two_batches_is_not_a_shorter_one(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path / "a.arrow", "stream", rows=20)
    whole = path.read_bytes()
    mark = b"\xff\xff\xff\xff"
    second = whole.index(mark, whole.index(mark, 4) + 4)  # where the message of the second batch begins
    path.write_bytes(whole[:second])
    (problem,) = problems(lambda: read_rows(path))
    assert "cut short" in problem.message


def test_bytes_are_refused(tmp_path: Path, problems: Problems) -> None:
    table = pa.table({"image": [b"\x89"]})
    with pa.ipc.new_file(str(tmp_path / "a.feather"), table.schema) as writer:
        writer.write_table(table)
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(tmp_path / "a.feather"))  # type: ignore[misc]
        assert problem.message == "columns hold bytes, which no prompt can show: 'image'"


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(tmp_path / "a.arrow", "file")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MachineError) as caught:
        read_rows(path)
    assert [(problem.code, problem.cure) for problem in caught.value.problems] == [
        ("LF401", "pip install 'lfine[data]'")
    ]
