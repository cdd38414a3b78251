"""`lfine data convert` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lfine.projects import Project, lfine, refused

xlsxwriter = pytest.importorskip("xlsxwriter")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.xlsx"
    writer = xlsxwriter.Workbook(str(path))
    sheets: dict[str, list[list[object]]] = {
        "first": [["q"], ["x"]],
        "second": [["ask", "reply"], ["2+2?", 4], ["3+3?", 6]],
    }
    for name, cells in sheets.items():
        sheet = writer.add_worksheet(name)
        for number, row in enumerate(cells):
            sheet.write_row(number, 0, row)
    writer.close()
    return path


def test_from_a_sheet_to_openai_lines(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    names = ("--prompt-column", "ask", "--answer-column", "reply")
    ended = lfine("data", "convert", book, out, "--sheet", "second", "--to", "messages", *names)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"wrote {out}: 2 rows\ncolumns: messages\n"
    assert json.loads(out.read_text(encoding="utf-8").split("\n")[1])["messages"][1] == {
        "role": "assistant",
        "content": "6",
    }


def test_json(book: Path, tmp_path: Path) -> None:
    ended = lfine("data", "convert", book, tmp_path / "out.csv", "--format", "json")
    assert ended.code == 0
    assert list(ended.json()) == ["files", "form", "columns", "notes", "rewritten", "warnings"]
    assert [each["code"] for each in ended.json()["warnings"]] == ["LF330"]
    assert "name it: --sheet NAME" in ended.err


def test_a_task(project: Project, tmp_path: Path) -> None:
    ended = lfine("data", "convert", project.task, tmp_path / "out-{split}.jsonl", "--set", "prompt.system=Be brief.")
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "columns: prompt, completion, system, row_id"
    assert sorted(path.name for path in tmp_path.glob("out-*")) == [
        "out-test.jsonl",
        "out-train.jsonl",
        "out-validation.jsonl",
    ]


def test_nothing_is_written_over(book: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine", encoding="utf-8")
    problem = refused("data", "convert", book, tmp_path / "out.csv").problem()
    assert (problem["code"], problem["cure"]) == ("LF132", "--force writes over it; or name another")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "mine"
    assert lfine("data", "convert", book, tmp_path / "out.csv", "--force").code == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "q\nx\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--sheet", "third"), "LF332"),
        (("--to", "messages"), "LF334"),
        (("--to", "chat"), "LF115"),
        (("--only",), "LF115"),
        (("--parse", "ask"), "LF201"),
    ],
)
def test_refusals(book: Path, tmp_path: Path, words: tuple[str, ...], code: str) -> None:
    assert refused("data", "convert", book, tmp_path / "out.csv", *words).problem()["code"] == code
    assert not (tmp_path / "out.csv").exists()


def test_bad_lines_are_skipped_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"q": "x"}\n{"q":\n{"q": "y"}\n', encoding="utf-8")
    assert refused("data", "convert", tmp_path / "a.jsonl", tmp_path / "b.csv").problem()["code"] == "LF302"
    ended = lfine("data", "convert", tmp_path / "a.jsonl", tmp_path / "b.csv", "--skip-bad-rows", "1")
    assert ended.code == 0
    assert "line 2" in ended.err
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == "q\nx\ny\n"
