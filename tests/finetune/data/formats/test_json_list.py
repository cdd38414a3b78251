"""JSON: a list of objects, alone or under `data`."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.json_list import read_columns, read_rows
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


def file_of(folder: Path, text: str) -> Path:
    (folder / "a.json").write_text(text, encoding="utf-8")
    return folder / "a.json"


@pytest.mark.parametrize(
    "text",
    ['[{"q": "x", "a": 1}, {"a": 2}]', '{"version": "1.1", "data": [{"q": "x", "a": 1}, {"a": 2}]}'],
)
def test_both_shapes(tmp_path: Path, text: str) -> None:
    path = file_of(tmp_path, text)
    assert read_columns(path) == ("q", "a")
    assert read_rows(path).rows == ({"q": "x", "a": 1}, {"q": None, "a": 2})


@pytest.mark.parametrize("text", ["", " \n", "[]", '{"data": []}'])
def test_nothing_in_it(tmp_path: Path, text: str) -> None:
    assert read_columns(file_of(tmp_path, text)) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"q": {"0": "x"}, "a": {"0": 1}}',
            "the file must hold a list of objects, got one object with the keys 'q', 'a'",
        ),
        ('{"data": {"q": 1}}', "the file must hold a list of objects, got one object with the keys 'data'"),
        ("3", "the file must hold a list of objects, got a int"),
        ('[{"q": 1}, [2], {"q": 3}, "x"]', "2 rows not an object (counted from 0): 1, 3"),
        ('[{"q": "ok"}, {"q": "\\ud83d"}]', "1 row with half a surrogate pair, which is no character: 1"),
    ],
)
def test_other_shapes(tmp_path: Path, problems: Problems, text: str, message: str) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, text)))
    assert (problem.code, problem.message) == ("LF302", message)
    assert problem.file == str(tmp_path / "a.json")


def test_a_file_cut_short_says_where(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, '[{"q": 1},\n {"q": 2},\n {"q"')))
    assert problem.line == 3
    assert problem.message == "the file is not JSON: expecting ':' delimiter (line 3, column 6)"


def test_the_cure_names_a_packed_file_without_its_packing(tmp_path: Path, problems: Problems) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'{"q": 1}\n{"q": 2}\n'))
    (problem,) = problems(lambda: read_columns(tmp_path / "a.json.gz"))
    assert problem.cure == "name the file a.jsonl if it holds one object a line"


def test_another_encoding_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes('[{"q": "très"}]'.encode("cp1252"))
    found = read_rows(tmp_path / "a.json")
    assert found.rows == ({"q": "très"},)
    assert [warning.code for warning in found.warnings] == ["LF330"]


def test_json_lines_under_the_wrong_name(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_columns(file_of(tmp_path, '{"q": 1}\n{"q": 2}\n')))
    assert (problem.line, problem.message) == (2, "a second JSON value begins on line 2")
    assert problem.cure == "name the file a.jsonl if it holds one object a line"
