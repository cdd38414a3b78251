"""Files packed by gzip and zstd, and damaged ones."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats import packed
from lfine.finetune.data.formats.packed import data_suffix, is_packed, open_bytes, read_bytes
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]

DATA = b"q,a\n" + b"".join(b"%d,%d\n" % (row, row * row) for row in range(1000))


def pack(path: Path, data: bytes) -> bytes:
    if path.suffix == ".gz":
        return gzip.compress(data)
    arrow = pytest.importorskip("pyarrow")
    sink = arrow.BufferOutputStream()
    with arrow.CompressedOutputStream(sink, "zstd") as file:
        file.write(data)
    return bytes(sink.getvalue().to_pybytes())


@pytest.fixture(params=[".gz", ".zst"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / f"a.csv{request.param}"


def test_the_suffix_below_the_packing_says_the_format() -> None:
    assert [data_suffix(Path(name)) for name in ("a.csv", "a.CSV.GZ", "a.b.jsonl.zst", "a.gz", "a")] == [
        ".csv",
        ".csv",
        ".jsonl",
        "",
        "",
    ]
    assert [is_packed(Path(name)) for name in ("a.csv", "a.csv.GZ", "a.zst")] == [False, True, True]


def test_what_was_packed_comes_out(path: Path) -> None:
    path.write_bytes(pack(path, DATA))
    assert read_bytes(path) == DATA
    with open_bytes(path) as file:
        assert file.peek(3)[:3] == b"q,a"
        assert file.readline() == b"q,a\n"


def test_several_packed_pieces_are_one_text(path: Path) -> None:
    path.write_bytes(pack(path, DATA) + pack(path, b"x,y\n"))
    assert read_bytes(path) == DATA + b"x,y\n"


@pytest.mark.parametrize("damage", ["cut", "plain", "trailing", "flipped"])
def test_damaged_files(path: Path, problems: Problems, damage: str) -> None:
    whole = pack(path, DATA)
    flipped = bytes([*whole[:40], *(byte ^ 0xFF for byte in whole[40:80]), *whole[80:]])
    if damage == "flipped" and path.suffix == ".zst":
        flipped = b"\0" + whole[1:]  # further on only a checksum would tell, which pyarrow does not write
    damaged = {"cut": whole[:-9], "plain": b"q,a\n1,2\n", "trailing": whole + b"more", "flipped": flipped}[damage]
    path.write_bytes(damaged)
    (problem,) = problems(lambda: read_bytes(path))
    assert (problem.code, problem.file) == ("LF302", str(path))
    assert problem.message.startswith(f"the file cannot be unpacked as {'gzip' if path.suffix == '.gz' else 'zstd'}: ")
    assert path.suffix in problem.cure


def test_a_small_file_that_would_fill_the_memory(
    path: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "FREE_SIZE", 2**20)
    path.write_bytes(pack(path, bytes(2**20)))
    assert len(read_bytes(path)) == 2**20
    path.write_bytes(pack(path, bytes(2**21)))
    (problem,) = problems(lambda: read_bytes(path))
    assert problem.message == "the file holds more than 1 MB, over 100 times its packed size"


def test_a_missing_file_is_an_affair_of_the_disk(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(path)


def test_gzip_needs_no_library_and_zstd_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(DATA))
    assert read_bytes(tmp_path / "a.csv.gz") == DATA
    (tmp_path / "a.csv.zst").write_bytes(b"x")
    with pytest.raises(MachineError) as caught:
        read_bytes(tmp_path / "a.csv.zst")
    assert caught.value.problems[0].code == "LF401"
