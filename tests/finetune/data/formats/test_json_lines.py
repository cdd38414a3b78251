"""JSON Lines: objects, and the lines that are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.json_lines import HEAD, read_columns, read_rows
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


def file_of(folder: Path, text: str) -> Path:
    (folder / "a.jsonl").write_bytes(text.encode("utf-8"))
    return folder / "a.jsonl"


def test_rows_and_types(tmp_path: Path) -> None:
    path = file_of(tmp_path, '\ufeff{"q": "ä\u2028b", "a": 4}\r\n\n{"a": null, "q": ["x"]}')
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("q", "a")
    assert found.rows == ({"q": "ä\u2028b", "a": 4}, {"q": ["x"], "a": None})


def test_keys_that_some_objects_lack(tmp_path: Path) -> None:
    path = file_of(tmp_path, '{"q": 1}\n{"a": 2}\n')
    assert read_columns(path) == ("q", "a")
    assert read_rows(path).rows == ({"q": 1, "a": None}, {"q": None, "a": 2})


def test_columns_are_those_of_the_first_objects(tmp_path: Path) -> None:
    path = file_of(tmp_path, '{"q": 1}\n' * HEAD + '{"late": 2}\nnot json\n')
    assert read_columns(path) == ("q",)


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    assert read_columns(file_of(tmp_path, "\n \n")) == ()
    assert read_rows(file_of(tmp_path, "")).rows == ()


@pytest.mark.parametrize("read", [read_rows, read_columns])
def test_broken_lines_are_named(tmp_path: Path, problems: Problems, read: Callable[[Path], object]) -> None:
    path = file_of(tmp_path, '{"q": 1}\n\n{"q": 2\n[1]\n{"q": "\\ud83d"}\n"x"\n{"q": 3}\n')
    (problem,) = problems(lambda: read(path))
    assert (problem.code, problem.file, problem.line) == ("LF302", str(path), 3)
    assert problem.message == (
        "4 lines not one JSON object each: line 3 (expecting ',' delimiter), line 4 (a list, not an object), "
        "line 5 (half of a surrogate pair), line 6 (a str, not an object)"
    )


def test_a_list_over_several_lines_is_sent_to_the_other_format(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, '[\n {"q": 1}\n]\n')))
    assert problem.line == 1
    assert ".json file" in problem.cure


def test_bytes_that_are_no_text(tmp_path: Path, problems: Problems) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"q": "\xc3\xa9"}\n{"q": "\xff"}\n')
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(tmp_path / "a.jsonl"))  # type: ignore[misc]
        assert problem.line == 2


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_another_encoding_is_said(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.jsonl").write_bytes('{"q": "très"}\n{"a": 1}\n'.encode(encoding))
    found = read_rows(tmp_path / "a.jsonl")
    assert found.rows == ({"q": "très", "a": None}, {"q": None, "a": 1})
    assert [warning.code for warning in found.warnings] == ["LF330"]
    assert read_columns(tmp_path / "a.jsonl") == ("q", "a")


def test_a_key_without_a_name(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, '{"": 1, "q": 2}\n')))
    assert problem.message == "2 columns, and no name for column 1"


BROKEN = '{"q": 1}\n{"q": 2\n{"q": 3}\n[4]\n{"q": 5}\n'


def test_lines_that_are_no_rows_can_be_skipped(tmp_path: Path) -> None:
    path = file_of(tmp_path, BROKEN)
    found = read_rows(path, skip_bad_rows=2)
    assert [row["q"] for row in found.rows] == [1, 3, 5]
    assert found.skipped == (2, 4)
    (warning,) = found.warnings
    assert (warning.code, warning.severity, warning.line) == ("LF351", "warning", 2)
    assert warning.message.startswith("2 lines are no rows and were skipped: line 2 (")
    assert read_columns(path, skip_bad_rows=2) == ("q",)


@pytest.mark.parametrize("read", [read_rows, read_columns])
def test_more_lines_than_may_be_skipped(tmp_path: Path, problems: Problems, read: Callable[..., object]) -> None:
    path = file_of(tmp_path, BROKEN)
    (problem,) = problems(lambda: read(path, skip_bad_rows=1))
    assert problem.message.startswith("2 lines not one JSON object each: line 2 (")
    assert problem.cure.endswith("or leave them out with --skip-bad-rows 2")


def test_a_file_without_one_good_line_is_not_skipped(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, "{\n}\n")
    (problem,) = problems(lambda: read_rows(path, skip_bad_rows=9))
    assert "--skip-bad-rows" not in problem.cure


def test_a_key_that_stands_twice_has_two_values(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, '{"q": 1}\n{"q": 1, "q": 2}\n{"q": {"x": 1, "x": 2}}\n')
    (problem,) = problems(lambda: read_rows(path))
    assert "line 2 (the key 'q' stands twice in an object), line 3 (the key 'x' stands twice" in problem.message


def test_all_line_numbers_are_said(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, '{"q": 1}\n' + "x\n" * 40 + '{"q": 1}\nx\n')
    (problem,) = problems(lambda: read_rows(path))
    assert problem.message.endswith("and 36 more; all of them: 2–41, 43")
