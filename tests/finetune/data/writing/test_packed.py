"""Packed streams: complete at the end of the block, the same bytes for the same rows."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lfine.finetune.data.formats.packed import read_bytes
from lfine.finetune.data.writing.packed import packing


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.csv{suffix}"
    with path.open("wb") as file, packing(file, suffix) as packed:
        packed.write(b"q,a\n" * 1000)
    assert read_bytes(path) == b"q,a\n" * 1000
    assert (len(path.read_bytes()) < 1000) == bool(suffix)


def test_no_time_and_no_name_stand_in_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    with path.open("wb") as file, packing(file, ".gz") as packed:
        packed.write(b"x")
    head = path.read_bytes()[:10]
    assert (head[3], head[4:8]) == (0, b"\0\0\0\0")
    assert gzip.decompress(path.read_bytes()) == b"x"
