"""Arrow files that others map into memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.arrow_file import write

arrow = pytest.importorskip("pyarrow")
ipc = pytest.importorskip("pyarrow.ipc")


def test_a_file_and_no_stream(tmp_path: Path) -> None:
    path = tmp_path / "rows.feather"
    with path.open("wb") as file:
        said = write(file, Rows(("q", "n"), ({"q": "é", "n": 1}, {"q": None, "n": "x"})), ".feather")
    assert [(each.column, each.kind) for each in said] == [("n", "whole number")]
    with arrow.memory_map(str(path)) as source:
        assert ipc.open_file(source).read_all().to_pylist() == [{"q": "é", "n": "1"}, {"q": None, "n": "x"}]
