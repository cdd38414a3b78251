"""Every format and every pair of formats gives the same rows back; what cannot be held is refused, and nothing is left.

*Not here:* which values each format rewrites (one file per format).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.finetune.data.formats import registry as readers
from lfine.finetune.data.formats.packed import data_suffix
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.values import text_of
from lfine.finetune.data.writing import delimited
from lfine.finetune.data.writing.registry import check_target, write_rows
from lfine.finetune.data.writing.rewritten import Rewritten
from lfine.schemas.problems import Problem
from tests.finetune.data.writing.conftest import SUFFIXES

Problems = Callable[[Callable[[], object]], list[Problem]]
Made = Callable[[Sequence[Mapping[str, object]]], Rows]


def texts(rows: Rows) -> list[list[str]]:
    return [[text_of(row[name]) for name in rows.columns] for row in rows.rows]


def test_every_suffix_that_is_read_is_written() -> None:
    assert {data_suffix(Path(f"rows{suffix}")) for suffix in SUFFIXES} == set(readers.MODULES)


def test_the_same_rows_come_back_and_back_again(tmp_path: Path, rich: Rows, ending: str) -> None:
    path = tmp_path / f"rows{ending}"
    write_rows(path, rich)
    found = readers.read_rows(path)
    assert found.columns == rich.columns
    assert texts(found) == texts(rich)
    assert found.warnings == (), "its own file is read as its name says"
    assert write_rows(tmp_path / f"again{ending}", found) == (), "what was read once is held"
    assert texts(readers.read_rows(tmp_path / f"again{ending}")) == texts(rich)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, rich: Rows) -> dict[str, Path]:
    """One file of every format."""
    folder = tmp_path_factory.mktemp("written")
    paths = {suffix: folder / f"rows{suffix}" for suffix in readers.MODULES}
    for path in paths.values():
        write_rows(path, rich)
    return paths


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(sorted(readers.MODULES), 2)))
def test_from_every_format_into_every_other(
    tmp_path: Path, rich: Rows, written: dict[str, Path], one: str, other: str
) -> None:
    found = readers.read_rows(written[one])
    few = replace(found, rows=found.rows[:40], warnings=())
    write_rows(tmp_path / f"rows{other}", few)
    assert texts(readers.read_rows(tmp_path / f"rows{other}")) == texts(rich)[:40]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path, rich: Rows, ending: str) -> None:
    few = replace(rich, rows=rich.rows[:20])
    for folder in ("one", "two"):
        write_rows(tmp_path / folder / f"rows{ending}", few)
    assert (tmp_path / "one" / f"rows{ending}").read_bytes() == (tmp_path / "two" / f"rows{ending}").read_bytes()


def test_a_file_that_exists_stays(tmp_path: Path, made: Made, problems: Problems) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("mine", encoding="utf-8")
    (problem,) = problems(lambda: write_rows(path, made([{"q": "x"}])))
    assert (problem.code, problem.file, path.read_text(encoding="utf-8")) == ("LF132", str(path), "mine")
    write_rows(path, made([{"q": "x"}]), force=True)
    assert path.read_text(encoding="utf-8") == "q\nx\n"


@pytest.mark.parametrize("name", ["rows", "rows.txt", "rows.parquet.gz", "rows.xls"])
def test_a_name_that_says_no_format(tmp_path: Path, problems: Problems, name: str) -> None:
    (problem,) = problems(lambda: check_target(tmp_path / name, force=True))
    assert problem.code == "LF302"
    assert repr(name) in problem.message


def test_what_is_not_given_back_is_refused_and_nothing_is_left(
    tmp_path: Path, made: Made, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = delimited.write

    def lossy(file: object, rows: Rows, suffix: str) -> tuple[Rewritten, ...]:
        return real(file, replace(rows, rows=tuple({**row, "q": "lost"} for row in rows.rows)), suffix)  # type: ignore[arg-type]

    monkeypatch.setattr(delimited, "write", lossy)
    (problem,) = problems(lambda: write_rows(tmp_path / "rows.csv", made([{"q": "lost"}, {"q": "x" * 99}])))
    assert problem.code == "LF336"
    assert "row 1 (counted from 0), column 'q': 'lost' in place of 'xxx" in problem.message
    assert list(tmp_path.iterdir()) == []


def test_rows_that_a_writer_drops_are_noticed(
    tmp_path: Path, made: Made, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = delimited.write

    def short(file: object, rows: Rows, suffix: str) -> tuple[Rewritten, ...]:
        return real(file, replace(rows, rows=rows.rows[:1]), suffix)  # type: ignore[arg-type]

    monkeypatch.setattr(delimited, "write", short)
    (problem,) = problems(lambda: write_rows(tmp_path / "rows.csv", made([{"q": "x"}, {"q": "y"}])))
    assert problem.message == "a .csv file gives 1 rows back, and not 2"


def test_a_text_that_no_text_file_can_hold(tmp_path: Path, made: Made, problems: Problems) -> None:
    rows = made([{"q": "nul \0 inside", "a": "x"}])
    (problem,) = problems(lambda: write_rows(tmp_path / "rows.csv", rows))
    assert problem.code == "LF336"
    assert problem.message.startswith("the rows cannot be read back from a .csv file: the file holds a NUL byte")
    assert str(tmp_path / ".rows") not in problem.message
    assert write_rows(tmp_path / "rows.jsonl", rows) == ()


def test_names_that_readers_leave_out_are_refused(tmp_path: Path, made: Made, problems: Problems) -> None:
    (problem,) = problems(lambda: write_rows(tmp_path / "rows.parquet", made([{"__index_level_0__": 1, "q": "x"}])))
    assert (problem.code, problem.cure) == ("LF336", "rename the column")


def test_rows_without_columns_of_their_own(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: write_rows(tmp_path / "rows.json", Rows(("q", "a"), ())))
    assert problem.message == "a .json file does not give the columns back: none"
    write_rows(tmp_path / "rows.csv", Rows(("q", "a"), ()))
    assert readers.read_columns(tmp_path / "rows.csv") == ("q", "a")


def test_a_disk_that_will_not_take_it_changes_nothing(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, made([{"q": "old"}]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_rows(path, made([{"q": "new"}]), force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["rows.jsonl"]
    assert path.read_text(encoding="utf-8") == '{"q": "old"}\n'


def test_folders_are_made(tmp_path: Path, made: Made) -> None:
    write_rows(tmp_path / "a" / "b" / "rows.csv", made([{"q": "x"}]))
    assert [entry.name for entry in (tmp_path / "a" / "b").iterdir()] == ["rows.csv"]
