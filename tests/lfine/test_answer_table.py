"""A table of answers from its lines: names, what is its own, cells; the whole command is in cli/."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.answer_table import AnswerTable, is_table, lines_beside
from lfine.finetune.data.formats.registry import read_rows
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.outputs import Output
from lfine.finetune.data.writing.registry import write_rows
from lfine.schemas.errors import TaskError

ROWS = Rows(("id", "text"), ({"id": "a", "text": "x"}, {"id": "b", "text": None}, {"id": "c", "text": "z"}))


def output(name: str | None = "label", kind: str = "category") -> Output:
    return Output(name, kind, (), "")  # type: ignore[arg-type] # a type of outputs


def lines(path: Path, *records: dict[str, object]) -> None:
    whole = [{"row_id": at, "finish_reason": "stop", "key": "9f", **record} for at, record in enumerate(records)]
    path.write_text("".join(json.dumps(record) + "\n" for record in whole), encoding="utf-8")


@pytest.mark.parametrize("name", ["a.csv", "a.TSV", "a.xlsx", "a.parquet", "a.csv.gz", "b/a.arrow"])
def test_tables_and_their_lines(name: str) -> None:
    assert is_table(name)
    assert lines_beside(Path(name)) == Path(name).parent / "a.jsonl"


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.ndjson", "a.jsonl.gz", "a", "a.txt", "csv"])
def test_other_names_are_those_of_lines(name: str) -> None:
    assert not is_table(name)


def test_names_that_are_free(tmp_path: Path) -> None:
    assert AnswerTable(tmp_path / "a.csv", ROWS, output(None)).answer == "answer"
    taken = Rows(("label", "confidence", "label_predicted"), ())
    table = AnswerTable(tmp_path / "a.csv", taken, output())
    assert (table.answer, table.confidence) == ("label_predicted_2", "confidence_predicted")


def test_cells(tmp_path: Path) -> None:
    failed: dict[str, object] = {"prediction": None, "finish_reason": "failed"}
    lines(tmp_path / "a.jsonl", {"prediction": "fee", "confidence": 0.98765432}, failed, {"prediction": "so so"})
    table = AnswerTable(tmp_path / "a.parquet", ROWS, output())
    table.check()
    assert not (tmp_path / "a.parquet").exists()
    notes = table.write()
    assert [tuple(row.values()) for row in read_rows(tmp_path / "a.parquet").rows] == [
        ("a", "x", "fee", 0.9877),
        ("b", None, None, None),
        ("c", "z", "so so", None),
    ]
    assert notes == (
        "1 row without an answer, the cell stays empty; row ids: 1",
        "1 answer without 'confidence': it is no label, or was given before confidence was asked for",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.parquet"]


def test_what_a_format_holds_in_another_form_is_said(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", {"prediction": "fee"})
    rows = Rows(("tags",), ({"tags": ["x"]},))
    assert "JSON text" in " ".join(AnswerTable(tmp_path / "a.csv", rows, output()).write())


def test_its_own_table_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines(tmp_path / "a.jsonl", {"prediction": "fee"})
    AnswerTable(path, ROWS, output()).write()
    lines(tmp_path / "a.jsonl", {"prediction": "fee"}, {"prediction": "card", "confidence": 0.5})
    longer = Rows(ROWS.columns, (*ROWS.rows, {"id": "d", "text": "new"}))
    table = AnswerTable(path, longer, output())
    table.check()
    table.write()
    assert [row["label"] for row in read_rows(path).rows] == ["fee", "card", "", ""]


@pytest.mark.parametrize("column", ["id", "label"])
def test_a_changed_table_is_not(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.csv"
    lines(tmp_path / "a.jsonl", {"prediction": "fee"})
    AnswerTable(path, ROWS, output()).write()
    found = read_rows(path)
    write_rows(path, Rows(found.columns, tuple({**row, column: "mine"} for row in found.rows)), force=True)
    with pytest.raises(TaskError) as caught:
        AnswerTable(path, ROWS, output()).check()
    assert caught.value.problems[0].code == "LF132"


def test_fewer_rows_than_the_table_has(tmp_path: Path) -> None:
    lines(tmp_path / "a.jsonl", {"prediction": "fee"})
    AnswerTable(tmp_path / "a.csv", ROWS, output()).write()
    with pytest.raises(TaskError):
        AnswerTable(tmp_path / "a.csv", Rows(ROWS.columns, ROWS.rows[:2]), output()).check()
