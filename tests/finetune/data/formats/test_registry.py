"""The table of suffixes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.registry import MODULES, is_data_name, read_columns, read_rows
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


def test_every_module_of_the_table_exists() -> None:
    assert all(importlib.util.find_spec(f"lfine.finetune.data.formats.{module}") for module in MODULES.values())


@pytest.mark.parametrize("name", ["A.CSV", "a.Csv"])
def test_the_case_of_the_suffix_does_not_matter(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("q,a\n1,2\n", encoding="utf-8")
    assert read_columns(tmp_path / name) == read_rows(tmp_path / name).columns == ("q", "a")


@pytest.mark.parametrize(
    ("name", "got", "cure"),
    [
        ("a.docx", "got the suffix '.docx'", "convert the file"),
        ("data", "got no suffix", "convert the file"),
        ("a.parqet", "got the suffix '.parqet'", "name the file a.parquet"),
    ],
)
def test_unknown_suffixes_are_told_the_known_ones(
    tmp_path: Path, problems: Problems, name: str, got: str, cure: str
) -> None:
    (tmp_path / name).write_text("x", encoding="utf-8")
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(tmp_path / name))  # type: ignore[misc]
        assert problem.code == "LF302"
        assert problem.message == (
            "the name of a data file ends in one of .arrow, .csv, .feather, .json, .jsonl, .ndjson, .parquet, .tsv, "
            f".xlsx (texts also .gz and .zst), {got}"
        )
        assert problem.cure == cure


@pytest.mark.parametrize("name", ["a.parquet.gz", "a.xlsx.zst"])
def test_formats_that_are_packed_inside(tmp_path: Path, problems: Problems, name: str) -> None:
    (problem,) = problems(lambda: read_rows(tmp_path / name))
    assert problem.message == f"only text formats are read from a {Path(name).suffix} file, got {name!r}"
    assert problem.cure.startswith("unpack it")


def test_names_of_data() -> None:
    data = ["a.csv", "A.TSV.GZ", "a.b.jsonl.zst", "a.xlsx", "a.feather"]
    assert [name for name in [*data, "a.txt", "a.gz", "csv", "a.parquet.gz", ""] if is_data_name(name)] == data


def test_only_workbooks_have_sheets(
    tmp_path: Path, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    (tmp_path / "a.csv").write_text("q\n1\n", encoding="utf-8")
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(tmp_path / "a.csv", sheet=2, place=placed))  # type: ignore[misc]
        assert (problem.code, problem.path, problem.line) == ("LF332", "dataset.sheet", 7)
        assert problem.message == "only an .xlsx file has sheets, and 'a.csv' is none"


@pytest.mark.parametrize("name", [f"gone{suffix}" for suffix in (*MODULES, ".csv.gz", ".jsonl.zst")])
def test_a_file_that_cannot_be_opened(tmp_path: Path, problems: Problems, name: str) -> None:
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(tmp_path / name))  # type: ignore[misc]
        assert problem.code == "LF302"
        assert problem.message.startswith("the file cannot be read: ")
