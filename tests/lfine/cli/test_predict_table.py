"""`lfine predict --out answers.xlsx`: the input comes back with a column of answers, whole or taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.endpoint_server import Call, Server
from lfine import answerers
from lfine.finetune.data.formats.registry import read_rows
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.registry import write_rows
from tests.lfine.cli.test_predict import remote, right, words
from tests.lfine.projects import Project, lfine, write_csv

NEW = [{"id": number, "question": f"my card was lost, {number}", "note": None} for number in range(4)]
FORMATS = ["csv", "tsv", "xlsx", "parquet", "csv.gz"]


def sheet(path: Path, rows: list[dict[str, Any]]) -> Path:
    write_rows(path, Rows(tuple(rows[0]), tuple(rows)), force=True)
    return path


def cells(path: Path, name: str) -> list[object]:
    return [row[name] for row in read_rows(path).rows]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_sheet_comes_back(project: Project, tmp_path: Path, suffix: str) -> None:
    rows, out = sheet(tmp_path / "new.xlsx", NEW), tmp_path / "made" / f"answers.{suffix}"
    with Server(answer=right, delay=lambda call: 0.1 if call.asked.endswith("0") else 0.0) as server:
        ended = lfine(*remote(project, server, "--input", rows, "--out", out))
    assert (ended.code, ended.out) == (0, ""), ended.err
    found = read_rows(out)
    assert found.columns == ("id", "question", "note", "label")
    assert [str(row["id"]) for row in found.rows] == ["0", "1", "2", "3"]
    assert [row["question"] for row in found.rows] == [row["question"] for row in NEW]
    assert [row["label"] for row in found.rows] == [f"answer {number}" for number in range(4)]
    assert f"4 rows: 4 answered; in {out}, each with its line in {tmp_path / 'made' / 'answers.jsonl'}" in ended.err


def test_labels_have_their_confidence(finished: Project, tmp_path: Path) -> None:
    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "answers.parquet"
    constrained = ("--set", "generation.constrain=labels")
    assert lfine(*words(finished, "--input", rows, "--out", out, *constrained)).code == 0
    found = read_rows(out)
    assert found.columns == ("id", "question", "note", "label", "confidence")
    assert all(isinstance(row["confidence"], float) and 1 / 3 < row["confidence"] <= 1 for row in found.rows)
    lines = {line["row_id"]: line for line in map(json.loads, lfine_lines(finished, rows, constrained))}
    assert [row["label"] for row in found.rows] == [lines[number]["prediction"] for number in range(4)]
    assert "confidence" not in lines[0], "lines are as they were"


def lfine_lines(project: Project, rows: Path, more: tuple[str, ...]) -> list[str]:
    return lfine(*words(project, "--input", rows, *more)).out.splitlines()


def test_no_confidence_where_the_task_wants_none(finished: Project, tmp_path: Path) -> None:
    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "answers.csv"
    without = ("--set", "generation.probabilities=false")
    assert lfine(*words(finished, "--input", rows, "--out", out, *without)).code == 0
    assert read_rows(out).columns == ("id", "question", "note", "label")


def test_the_answer_has_a_column_of_its_own(project: Project, tmp_path: Path) -> None:
    rows = sheet(tmp_path / "new.csv", [{**row, "label": "card", "label_predicted": "?"} for row in NEW])
    with Server(answer=right) as server:
        ended = lfine(*remote(project, server, "--input", rows, "--out", tmp_path / "a.csv"))
    found = read_rows(tmp_path / "a.csv")
    assert found.columns[-3:] == ("label", "label_predicted", "label_predicted_2")
    assert [(row["label"], row["label_predicted_2"]) for row in found.rows] == [
        ("card", f"answer {number}") for number in range(4)
    ]
    assert "note: the input has a column 'label' of its own: the answers are in 'label_predicted_2'" in ended.err


def test_a_row_without_an_answer_is_said_and_asked_again(project: Project, tmp_path: Path) -> None:
    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "a.xlsx"
    broken = ["2"]
    with Server(lambda call: "error" if call.asked[-1] in broken else "ok", answer=right) as server:
        line = remote(project, server, "--no-cache", "--input", rows, "--out", out)
        ended = lfine(*line)
        assert ended.code == 4
        assert "note: 1 row without an answer, the cell stays empty; row ids: 2" in ended.err
        assert cells(out, "label") == ["answer 0", "answer 1", None, "answer 3"]
        sheet(rows, [*NEW, {"id": 4, "question": "a new one, 4", "note": None}])
        broken.clear()
        before = len(server.calls)
        ended = lfine(*line)
        assert len(server.calls) == before + 2, "the failed row and the new one"
    assert (ended.code, cells(out, "label")) == (0, [f"answer {number}" for number in range(5)])


def test_what_counts_of_an_answer(project: Project, tmp_path: Path) -> None:
    def said(call: Call) -> str:
        return "it is a fee, surely" if call.asked[-1] != "1" else "who knows"

    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "a.xlsx"
    with Server(answer=said) as server:
        ended = lfine(*remote(project, server, "--input", rows, "--out", out, "--set", "evaluation.extract=label"))
    assert cells(out, "label") == ["fee", None, "fee", "fee"]
    unread = f"1 answer in which evaluation.extract finds nothing (as they came: {tmp_path / 'a.jsonl'})"
    assert f"note: {unread}, the cell stays empty; row ids: 1" in ended.err
    assert ended.code == 0


def test_numbers_are_numbers_in_a_sheet(project: Project, tmp_path: Path) -> None:
    project.edit("output_feature: label", "output_feature: {name: price, type: number}")
    project.edit(
        "evaluation: {sample_size: 12, baselines: [majority, tfidf]}", "evaluation: {metrics: [numeric_match]}"
    )
    data = [{"question": f"{number}", "price": f"{number}.5"} for number in range(40)]
    write_csv(project.rows, data)
    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "a.xlsx"
    with Server(answer=lambda call: "12.5" if call.asked[-1] != "1" else "dear") as server:
        ended = lfine(*remote(project, server, "--input", rows, "--out", out))
    assert (ended.code, cells(out, "price")) == (0, [12.5, "dear", 12.5, 12.5]), ended.err


def test_ctrl_c_keeps_the_lines_and_the_same_command_goes_on(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = answerers._Remote.answers

    def stopped(self: Any, examples: Any, each: Any) -> None:
        real(self, examples[:2], each)
        raise KeyboardInterrupt

    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "a.csv"
    with Server(answer=right) as server:
        line = remote(project, server, "--no-cache", "--input", rows, "--out", out)
        with monkeypatch.context() as patch:
            patch.setattr(answerers._Remote, "answers", stopped)
            ended = lfine(*line)
        assert (ended.code, out.exists()) == (130, False)
        assert "2 answers are written; to go on:\n  lfine predict" in ended.err
        ended = lfine(*line)
        assert len(server.calls) == 4
    assert "4 rows: 2 answered, 2 answered there before" in ended.err
    assert cells(out, "label") == [f"answer {number}" for number in range(4)]


@pytest.mark.parametrize("change", ["an answer", "a column", "another file", "the input"])
def test_a_table_that_somebody_changed_is_left_alone(project: Project, tmp_path: Path, change: str) -> None:
    rows, out = sheet(tmp_path / "new.csv", NEW), tmp_path / "a.csv"
    with Server(answer=right) as server:
        line = remote(project, server, "--no-cache", "--input", rows, "--out", out)
        assert lfine(*line).code == 0
        made = [dict(row) for row in read_rows(out).rows]
        if change == "an answer":
            made[2]["label"] = "mine"
        sheet(out, [{**row, "seen": "yes"} for row in made] if change == "a column" else made)
        if change == "another file":
            out.write_bytes(b"\x00\x01")
        if change == "the input":
            line = (*line[:-2], "--out", rows)
        before, kept, asked = out.read_bytes(), rows.read_bytes(), len(server.calls)
        ended = lfine(*line)
        assert len(server.calls) == asked
    assert ended.code == 1
    assert "LF132 would-overwrite" in ended.err
    assert (out.read_bytes(), rows.read_bytes()) == (before, kept)


def test_what_no_table_holds_is_said_before_anything_is_asked(project: Project, tmp_path: Path) -> None:
    rows = write_csv(tmp_path / "new.csv", [{"question": "x" * 40_000}])
    with Server(answer=right) as server:
        ended = lfine(*remote(project, server, "--input", rows, "--out", tmp_path / "a.xlsx"))
        assert server.calls == []
    assert ended.code == 1
    assert "LF336 not-held" in ended.err


def test_lines_that_are_there_become_a_table(project: Project, tmp_path: Path) -> None:
    rows = sheet(tmp_path / "new.csv", NEW)
    with Server(answer=right) as server:
        line = remote(project, server, "--no-cache", "--input", rows)
        assert lfine(*line, "--out", tmp_path / "a.jsonl").code == 0
        before = len(server.calls)
        ended = lfine(*line, "--out", tmp_path / "a.tsv")
        assert len(server.calls) == before
    assert (ended.code, cells(tmp_path / "a.tsv", "label")) == (0, [f"answer {number}" for number in range(4)])


def test_a_sheet_of_a_workbook(project: Project, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        for name, column in (("cover", "title"), ("new", "question")):
            book.add_worksheet(name).write_column(0, 0, [column, "why a fee, 7"])
    with Server(answer=right) as server:
        line = remote(project, server, "--input", tmp_path / "book.xlsx")
        ended = lfine(*line)
        assert (ended.code, "the first sheet 'cover' of 2 is read" in ended.err) == (1, True)
        assert "name it: --sheet NAME" in ended.err
        ended = lfine(*line, "--sheet", "new", "--out", tmp_path / "a.csv")
    assert (ended.code, cells(tmp_path / "a.csv", "label")) == (0, ["answer 7"]), ended.err
