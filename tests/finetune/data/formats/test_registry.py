"""The table of suffixes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.registry import MODULES, read_columns, read_rows
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
        ("a.xlsx", "got the suffix '.xlsx'", "convert the file"),
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
            f"the name of a data file ends in one of .csv, .json, .jsonl, .ndjson, .parquet, .tsv, {got}"
        )
        assert problem.cure == cure


@pytest.mark.parametrize("name", ["gone.csv", "gone.json", "gone.jsonl", "gone.parquet"])
def test_a_file_that_cannot_be_opened(tmp_path: Path, problems: Problems, name: str) -> None:
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(tmp_path / name))  # type: ignore[misc]
        assert problem.code == "LF302"
        assert problem.message.startswith("the file cannot be read: ")
