"""Kept tables are read again and never trusted unseen: each kind of damage is noticed, said, and made good."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.compile import encoding_cache
from lfine.finetune.compile.encoding_cache import EncodingCache, TokenWriter
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


class Filling:
    """Three rows, and how often they were made."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, writer: TokenWriter) -> None:
        self.times += 1
        for number in range(3):
            writer.add((1, 2, number), (number, 2), None, number)


def prompts(table: Any) -> list[list[int]]:
    found: list[list[int]] = table.column("prompt").to_pylist()
    return found


ROWS = [[1, 2, 0], [1, 2, 1], [1, 2, 2]]


def test_a_table_is_made_once(tmp_path: Path) -> None:
    fill, cache = Filling(), EncodingCache(tmp_path)
    assert prompts(cache.table("key", "rows", fill)) == ROWS
    assert prompts(EncodingCache(tmp_path).table("key", "rows", fill)) == ROWS
    assert fill.times == 1
    assert prompts(cache.table("key", "cut-9-end", fill)) == ROWS
    assert prompts(cache.table("other", "rows", fill)) == ROWS
    assert fill.times == 3
    assert cache.warnings == []
    assert sorted(path.name for path in (tmp_path / "key").iterdir()) == [
        "cut-9-end.arrow",
        "cut-9-end.json",
        "rows.arrow",
        "rows.json",
    ]


def flip(path: Path) -> None:
    """Change one token, which arrow itself does not notice."""
    data = bytearray(path.read_bytes())
    at = bytes(data).index(bytes([1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]))
    data[at] = 5
    path.write_bytes(data)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def shorter(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def with_its_record(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    """Damage the table and let the record agree: only reading shows it."""

    def both(path: Path) -> None:
        damage(path)
        record = {"bytes": path.stat().st_size, "sha256": encoding_cache.sha256_of(path)}
        path.with_suffix(".json").write_text(json.dumps(record), encoding="utf-8")

    return both


def record(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.with_suffix(".json").write_text(text, encoding="utf-8")

    return write


def no_arrow(path: Path) -> None:
    path.write_bytes(b"no arrow")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "a token": flip,
    "longer": longer,
    "shorter": shorter,
    "no table": Path.unlink,
    "no arrow at all": with_its_record(no_arrow),
    "record cut": record('{"bytes": 1'),
    "record of another shape": record("[]"),
    "record without a sum": record('{"bytes": 1}'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_noticed_and_made_good(damage: str, tmp_path: Path) -> None:
    fill, cache = Filling(), EncodingCache(tmp_path)
    cache.table("key", "rows", fill)
    DAMAGES[damage](tmp_path / "key" / "rows.arrow")
    assert prompts(cache.table("key", "rows", fill)) == ROWS
    assert fill.times == 2
    (warning,) = cache.warnings
    assert (warning.code, warning.severity) == ("LF406", "warning")
    assert "rows.arrow" in warning.message
    after = EncodingCache(tmp_path)
    assert prompts(after.table("key", "rows", fill)) == ROWS
    assert (fill.times, after.warnings) == (2, [])


def test_a_table_without_its_record_does_not_count(tmp_path: Path) -> None:
    fill, cache = Filling(), EncodingCache(tmp_path)
    cache.table("key", "rows", fill)
    (tmp_path / "key" / "rows.json").unlink()  # as a crash between the two leaves it
    assert prompts(cache.table("key", "rows", fill)) == ROWS
    assert (fill.times, cache.warnings) == (2, [])


def test_rows_that_cannot_be_made_leave_nothing(tmp_path: Path) -> None:
    def fail(writer: TokenWriter) -> None:
        writer.add((1,), (2,))
        raise TaskError(Problem("LF342", "no", "no"))

    with pytest.raises(TaskError):
        EncodingCache(tmp_path).table("key", "rows", fail)
    assert list((tmp_path / "key").iterdir()) == []


def test_where_nothing_can_be_written_rows_are_made_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    fill, cache = Filling(), EncodingCache(tmp_path / "file")
    assert prompts(cache.table("key", "rows", fill)) == ROWS
    (warning,) = cache.warnings
    assert (warning.code, warning.severity) == ("LF405", "warning")
    assert str(tmp_path / "file") in warning.message


def test_a_full_disk_is_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoding_cache, "write_text", full)
    cache = EncodingCache(tmp_path)
    assert prompts(cache.table("key", "rows", Filling())) == ROWS
    assert [warning.code for warning in cache.warnings] == ["LF405"]


def test_the_entries_used_last_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding_cache, "KEPT", 3)
    fill, cache = Filling(), EncodingCache(tmp_path)
    for number in range(3):
        cache.table(f"k{number}", "rows", fill)
        os.utime(tmp_path / f"k{number}" / "rows.json", (number, number))
    cache.table("k0", "rows", fill)  # used again: k1 is now the oldest
    assert fill.times == 3
    cache.table("k3", "rows", fill)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k0", "k2", "k3"]


def test_what_another_process_is_writing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no record yet, and is the newest of all."""
    monkeypatch.setattr(encoding_cache, "KEPT", 2)
    EncodingCache(tmp_path).table("old", "prompts", Filling())
    for path in (tmp_path / "old").iterdir():
        os.utime(path, (1, 1))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".prompts.arrow.x.part").write_bytes(b"half")
    EncodingCache(tmp_path).table("new", "prompts", Filling())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "other"]


def test_an_empty_table(tmp_path: Path) -> None:
    cache = EncodingCache(tmp_path)
    for _ in range(2):
        assert cache.table("key", "rows", lambda _: None).num_rows == 0
    assert cache.warnings == []
