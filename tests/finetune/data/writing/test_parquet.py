"""Parquet with its types."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.parquet import write

parquet = pytest.importorskip("pyarrow.parquet")


def test_types_stand_in_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    row = {"n": 1, "d": dt.date(2024, 2, 29), "tags": ["a"], "q": "x"}
    with path.open("wb") as file:
        assert write(file, Rows(tuple(row), (row, {**row, "n": None})), ".parquet") == ()
    assert [str(kind) for kind in parquet.read_schema(path).types] == [
        "int64",
        "date32[day]",
        "list<element: string>",
        "string",
    ]
    assert parquet.ParquetFile(path).read().to_pylist() == [row, {**row, "n": None}]
