"""The rows that a guess looks at: of a small file all, of a large one the beginning, cut where a row ends."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lfine.finetune.data.guess import sampling
from lfine.finetune.data.guess.sampling import Sample, sample
from lfine.schemas.errors import LfineError
from lfine.schemas.problems import Problem

LARGE = 1000
"""Bytes from which a file is large, in these tests."""


@pytest.fixture(autouse=True)
def _small_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "HEAD", 400)
    monkeypatch.setattr(sampling, "HEAD_ROWS", 7)


def sampled(path: Path, *, large: int = LARGE) -> Sample:
    return sample(str(path), large=large)


def problems_of(path: Path) -> Sequence[Problem]:
    with pytest.raises(LfineError) as refused:
        sampled(path)
    return refused.value.problems


def csv_of(row: Callable[[int], str], rows: int = 100) -> str:
    return "text,label\n" + "".join(f"{row(n)},{'ab'[n % 2]}\n" for n in range(rows))


def test_the_limits_are_megabytes() -> None:
    assert sampling.LARGE == 64 * 2**20


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(lambda n: f"text {n}"), encoding="utf-8")
    found = sampled(path, large=path.stat().st_size)
    assert (len(found.table.rows), found.whole, found.note) == (100, True, "")


def test_of_a_large_table_whole_rows_of_the_beginning_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(lambda n: f"text {n}"), encoding="utf-8")
    found = sampled(path, large=path.stat().st_size - 1)
    rows = [dict(row) for row in found.table.rows]
    assert rows == [{"text": f"text {n}", "label": "ab"[n % 2]} for n in range(len(rows))]
    assert len(rows) == (400 - len("text,label\n") + 10) // len("text 10,a\n"), "as many as fit, and none that is cut"
    assert not found.whole
    assert found.note == f"{path} has 0 MB: the guess is from the first {len(rows)} rows"
    assert [one.name for one in found.table.files] == [str(path)], "and not the copy that was read"


def test_a_row_of_several_lines_is_not_cut_within_its_quote_marks(tmp_path: Path) -> None:
    """At every length of the beginning."""
    path = tmp_path / "rows.csv"
    text = csv_of(lambda n: f'"line one of {n}\nline ""two""\nline three"')
    path.write_text(text, encoding="utf-8")
    for head in range(300, 380):
        sampling.HEAD = head
        rows = sampled(path).table.rows
        assert len(rows) >= 5
        assert {row["label"] for row in rows} == {"a", "b"}
        assert all(row["text"] == f'line one of {n}\nline "two"\nline three' for n, row in enumerate(rows))


def test_a_quote_mark_that_is_text_like_any_other_costs_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(csv_of(lambda n: 'a pipe of 5" it is' if n == 0 else f"text {n}"), encoding="utf-8")
    found = sampled(path)
    assert found.table.rows[0]["text"] == 'a pipe of 5" it is'
    assert len(found.table.rows) > 25


def test_the_quote_marks_of_json_lines_say_nothing_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": 'a "', "n": n}) + "\n" for n in range(100)), encoding="utf-8")
    rows = sampled(path).table.rows
    assert [row["n"] for row in rows] == list(range(len(rows)))
    assert len(rows) == 400 // len('{"text": "a \\"", "n": 10}\n')


def test_lines_that_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(csv_of(lambda n: f"text {n}").replace("\n", "\r\n").encode())
    assert {row["label"] for row in sampled(path).table.rows} == {"a", "b"}


def test_a_packed_file_is_unpacked_as_far_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    lines = "".join(json.dumps({"n": n, "noise": f"{n * 7919 % 10007}"}) + "\n" for n in range(2000))
    path.write_bytes(gzip.compress(lines.encode()))
    found = sampled(path)
    assert not found.whole
    assert [row["n"] for row in found.table.rows] == list(range(len(found.table.rows)))
    assert 5 < len(found.table.rows) < 20


def test_of_a_large_parquet_file_the_first_rows_are_read(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    parquet.write_table(arrow.table({"n": list(range(1000)), "tags": [["a", str(n)] for n in range(1000)]}), path)
    found = sampled(path)
    assert [dict(row) for row in found.table.rows] == [{"n": n, "tags": ["a", str(n)]} for n in range(7)]
    assert (found.whole, found.table.files[0].name) == (False, str(path))


def test_a_damaged_parquet_file_is_refused_by_its_own_name(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1" + bytes(2000))
    (problem,) = problems_of(path)
    assert (problem.code, problem.file) == ("LF302", str(path))


def test_of_several_files_the_first_is_read_and_the_note_says_so(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(csv_of(lambda n, name=name: f"{name} {n}", rows=80), encoding="utf-8")  # type: ignore[misc]
    found = sampled(tmp_path)
    assert {str(row["text"])[:5] for row in found.table.rows} == {"a.csv"}
    assert f"{tmp_path} has 0 MB in 2 files" in found.note
    assert not found.whole


def test_a_format_without_lines_is_read_whole_however_large(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"n": n, "text": "some text"} for n in range(100)]), encoding="utf-8")
    assert path.stat().st_size > LARGE
    found = sampled(path)
    assert (len(found.table.rows), found.whole) == (100, True)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("rows.csv", "a,b\n1,2\n1,2,3\n" + "3,4\n" * 400, 3),
        ("rows.jsonl", '{"a": 1}\n{"a":\n' + '{"a": 3}\n' * 200, 2),
    ],
)
def test_what_is_wrong_is_said_of_the_file_and_not_of_a_copy(tmp_path: Path, name: str, text: str, line: int) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (problem,) = problems_of(path)
    assert (problem.code, problem.file, problem.line) == ("LF302", str(path), line)
    assert "/head" not in problem.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", json.dumps({"a": "x" * 2000}) + "\n"),
        ("rows.csv", "a" * 2000 + ",b\n1,2\n"),
        ("rows.csv", "a,b\n" + "x" * 2000 + ",2\n"),
    ],
)
def test_a_row_that_is_larger_than_the_beginning_is_said(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (problem,) = problems_of(path)
    assert (problem.code, problem.file) == ("LF302", str(path))
    assert "hold no whole row" in problem.message
    assert problem.cure


def test_a_size_is_said_in_the_unit_that_fits(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("wb") as file:
        file.write(csv_of(lambda n: f"text {n}").encode())
        file.truncate(3 * 2**30)  # holes: they take no room on the disk
    assert f"{path} has 3.0 GB: the guess is from the first" in sample(str(path)).note
