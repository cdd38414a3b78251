"""New rows: files and lines, columns made for them, conversations that wait for an answer, and what is none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.questions import (
    Misfit,
    NewRow,
    Wanted,
    file_questions,
    line_questions,
    mapping_questions,
    new_rows,
)
from lfine.schemas.errors import TaskError
from lfine.schemas.loading import load_task

TEMPLATE = 'prompt: {template: "Label: {text}"}\noutput_feature: label\ndataset: {path: rows.csv%s}\n'
MESSAGES = "prompt: {messages: messages}\ndataset: {path: rows.jsonl}\n"


def wanted(folder: Path, *, made: str = "", keep: Sequence[str] = (), text: str = TEMPLATE) -> Wanted:
    (folder / "task.yaml").write_text(f"base_model: tiny\n{text % made if '%' in text else text}", encoding="utf-8")
    return Wanted(load_task(folder / "task.yaml").task, tuple(keep))


def written(folder: Path, rows: Sequence[object]) -> Path:
    path = folder / "new.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def asked(path: Path, wanted: Wanted) -> Sequence[NewRow]:
    return file_questions(new_rows(path), wanted, path)


def lines(folder: Path, *texts: str | bytes, after: int = 0, **more: Any) -> list[NewRow | Misfit]:
    data = [text if isinstance(text, bytes) else text.encode() for text in texts]
    return [*line_questions(data, wanted(folder, **more), after=after)]


def values(rows: Sequence[NewRow | Misfit]) -> list[dict[str, str]]:
    return [row.example.values for row in rows if isinstance(row, NewRow)]


def test_a_file_without_an_answer(tmp_path: Path) -> None:
    path = written(tmp_path, [{"text": "a", "id": 1}, {"text": None}, {"id": 3, "text": 4.5}])
    found = asked(path, wanted(tmp_path, keep=["id"]))
    assert [(row.example.row_id, row.example.values["text"], row.kept["id"]) for row in found] == [
        (0, "a", 1),
        (1, "", None),
        (2, "4.5", 3),
    ]
    assert {row.example.answer for row in found} == {""}


def test_columns_are_made_for_the_prompt_and_no_others(tmp_path: Path) -> None:
    made = ", columns: {text: {from: raw, values: {x: yes, y: no}}, label: {from: gold}, raw: {from: code, json: a}}"
    path = written(tmp_path, [{"code": {"a": "x"}}, {"code": {"a": "y"}}])
    assert values(asked(path, wanted(tmp_path, made=made))) == [{"text": "yes"}, {"text": "no"}]


def test_a_column_of_the_data_goes_before_a_made_one(tmp_path: Path) -> None:
    made = ", columns: {text: {from: raw}, raw: {from: absent}}"
    assert values(asked(written(tmp_path, [{"raw": "x"}]), wanted(tmp_path, made=made))) == [{"text": "x"}]


def test_a_column_made_from_its_own(tmp_path: Path) -> None:
    made = ", columns: {text: {values: {x: yes}}}"
    assert values(asked(written(tmp_path, [{"text": "x"}]), wanted(tmp_path, made=made))) == [{"text": "yes"}]


def test_columns_that_are_not_there_all_at_once(tmp_path: Path) -> None:
    made = ", columns: {text: {template: '{one} {two}'}}"
    with pytest.raises(TaskError) as caught:
        asked(written(tmp_path, [{"three": 1}]), wanted(tmp_path, made=made))
    assert [(each.code, each.file) for each in caught.value.problems] == [("LF127", str(tmp_path / "new.jsonl"))] * 2
    assert "the prompt needs the column 'one', and there are 'three'" in caught.value.problems[0].message


def test_values_that_a_made_column_does_not_know(tmp_path: Path) -> None:
    made = ", columns: {text: {from: raw, values: {x: yes}}}"
    with pytest.raises(TaskError) as caught:
        asked(written(tmp_path, [{"raw": "x"}, {"raw": "z"}]), wanted(tmp_path, made=made))
    assert caught.value.problems[0].code == "LF320"


def test_lines_stand_for_themselves(tmp_path: Path) -> None:
    found = lines(tmp_path, '{"text": "a"}', " ", "{", '{"other": 1}', '{"text": "b"}\r', b'{"text": "\xff"}', after=10)
    assert [row.row_id if isinstance(row, Misfit) else row.example.row_id for row in found] == [10, 12, 13, 14, 15]
    assert values(found) == [{"text": "a"}, {"text": "b"}]
    problems = [row.problem for row in found if isinstance(row, Misfit)]
    assert [(each.code, each.line) for each in problems] == [("LF302", 13), ("LF127", 14), ("LF302", 16)]
    assert {each.file for each in problems} == {"<stdin>"}


def test_a_line_whose_value_a_made_column_does_not_know(tmp_path: Path) -> None:
    found = lines(tmp_path, '{"raw": "z"}', made=", columns: {text: {from: raw, values: {x: yes}}}")
    assert isinstance(found[0], Misfit)
    assert (found[0].problem.code, found[0].problem.line) == ("LF320", 1)


CHAT = [{"role": "user", "content": "2+2?"}]
DONE = [*CHAT, {"role": "assistant", "content": "4"}]


@pytest.mark.parametrize("column", ["messages", "conversations"])
def test_conversations_wait_for_an_answer(tmp_path: Path, column: str) -> None:
    rows = [{column: CHAT}, {column: DONE}, {column: [*DONE, {"role": "user", "content": "and 3+3?"}]}]
    found = asked(written(tmp_path, rows), wanted(tmp_path, text=MESSAGES))
    user, told, waits = Turn("user", "2+2?", None), Turn("assistant", "4", None), Turn("assistant", "", None)
    assert [row.example.turns for row in found] == [
        (user, waits),
        (user, told),
        (user, told, Turn("user", "and 3+3?", None), waits),
    ]


@pytest.mark.parametrize(
    "cell", [[], "text", [{"role": "assistant", "content": "4"}], [*CHAT, {"role": "system", "content": "be brief"}]]
)
def test_what_is_no_conversation(tmp_path: Path, cell: object) -> None:
    with pytest.raises(TaskError) as caught:
        asked(written(tmp_path, [{"messages": CHAT}, {"messages": cell}]), wanted(tmp_path, text=MESSAGES))
    (problem,) = caught.value.problems
    assert problem.code == "LF333"
    assert problem.message.endswith("1 row: 1")


def test_a_conversation_without_its_column(tmp_path: Path) -> None:
    with pytest.raises(TaskError) as caught:
        asked(written(tmp_path, [{"text": "a"}]), wanted(tmp_path, text=MESSAGES))
    assert caught.value.problems[0].code == "LF127"


def test_rows_that_are_there_already(tmp_path: Path) -> None:
    assert values(mapping_questions([{"text": "a"}, {"text": 1, "more": 2}], wanted(tmp_path))) == [
        {"text": "a"},
        {"text": "1"},
    ]
    assert mapping_questions([], wanted(tmp_path)) == ()


def test_blanks_around_the_names_of_new_rows(tmp_path: Path) -> None:
    task = wanted(tmp_path)
    assert values(asked(written(tmp_path, [{" text": "a"}]), task)) == [{"text": "a"}]
    assert values([*line_questions([b'{"text ": "b"}'], task, after=0)]) == [{"text": "b"}]
    assert values(mapping_questions([{"text ": "c"}], task)) == [{"text": "c"}]
    (misfit,) = line_questions([b'{"text ": "b", "text": "c"}'], task, after=4)
    assert isinstance(misfit, Misfit)
    assert (misfit.problem.code, misfit.problem.line) == ("LF302", 5)


def test_a_task_that_names_a_column_with_blanks(tmp_path: Path) -> None:
    task = wanted(tmp_path, text=TEMPLATE.replace("{text}", "{ text }").replace("%s", ""))
    with pytest.raises(TaskError) as caught:
        asked(written(tmp_path, [{" text ": "a"}]), task)
    (problem,) = caught.value.problems
    assert (problem.code, problem.cure.startswith("write `text`: blanks")) == ("LF127", True)
