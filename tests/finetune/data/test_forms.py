"""Forms of rows: found, asked for, refused; and an ordinary table that stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lfine.finetune.data.forms import TABLE, Form, Formed, form_of, header_in_form, in_form
from lfine.finetune.data.places import unplaced
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]

MESSAGES = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
SHAREGPT = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]
BAD = [{"role": "user", "content": "Q"}]


def formed(asked: Any, *rows: dict[str, object]) -> Formed:
    return in_form(tuple(rows[0]), rows, asked, unplaced)


@pytest.mark.parametrize(
    "row",
    [
        {"question": "x", "answer": "y"},
        {"messages": "a text about messages", "label": 1},
        {"messages": [], "label": 1},
        {"messages": ["a", "b"]},
        {"conversations": None, "a": 1},
        {"prompt": "x", "answer": "y"},
        {"instruction": "x", "input": "y"},
        {"chat": MESSAGES},
    ],
)
def test_auto_changes_nothing_of_an_ordinary_table(row: dict[str, object]) -> None:
    rows = (row, row)
    found = in_form(tuple(row), rows, "auto", unplaced)
    assert found == Formed(TABLE, tuple(row), rows, ())
    assert found.rows is rows


@pytest.mark.parametrize(
    ("row", "kind", "column", "reason"),
    [
        ({"messages": MESSAGES}, "messages", "messages", "the column `messages` holds turns with `role` and `content`"),
        ({"messages": SHAREGPT}, "sharegpt", "messages", "the column `messages` holds turns with `from` and `value`"),
        (
            {"id": 1, "conversations": SHAREGPT},
            "sharegpt",
            "conversations",
            "the column `conversations` holds turns with `from` and `value`",
        ),
        (
            {"conversation": MESSAGES},
            "sharegpt",
            "conversation",
            "the column `conversation` holds turns with `role` and `content`",
        ),
        ({"instruction": "x", "input": "", "output": "y"}, "alpaca", None, "the columns `instruction`, `output`"),
        ({"instruction": "x", "output": "y"}, "alpaca", None, "the columns `instruction`, `output`"),
        ({"prompt": "x", "completion": "y"}, "prompt_completion", None, "the columns `prompt`, `completion`"),
    ],
)
def test_forms_are_found_and_said(row: dict[str, object], kind: Any, column: str | None, reason: str) -> None:
    found = formed("auto", row)
    assert found.form == Form(kind, column, reason)
    if column is None:
        assert (found.columns, found.rows) == (tuple(row), (row,))
    else:
        assert found.rows == ({**row, "messages": MESSAGES},)
        assert found.columns == tuple(dict.fromkeys([*row, "messages"]))


def test_conversations_as_json_text() -> None:
    found = formed("auto", {"messages": json.dumps(SHAREGPT)})
    assert (found.form.kind, found.rows) == ("sharegpt", ({"messages": MESSAGES},))


def test_a_form_that_is_asked_for_finds_its_column() -> None:
    found = formed("messages", {"id": "x", "dialogue": SHAREGPT})
    assert (found.form.column, found.rows[0]["messages"]) == ("dialogue", MESSAGES)
    assert formed("sharegpt", {"messages": SHAREGPT}).rows == ({"messages": MESSAGES},)
    assert formed("table", {"messages": MESSAGES}).form == TABLE
    assert formed("alpaca", {"instruction": "x", "output": "y"}).form == Form("alpaca", None, "the task says so")


@pytest.mark.parametrize(
    ("asked", "row", "message"),
    [
        ("messages", {"q": "x", "a": "y"}, "have a column of conversations; none of q, a holds any"),
        ("sharegpt", {"q": MESSAGES, "a": MESSAGES}, "have a column of conversations; several columns hold some: q, a"),
        ("alpaca", {"output": "x"}, "have the columns instruction, output; missing: 'instruction'"),
        ("prompt_completion", {"q": "x"}, "have the columns prompt, completion; missing: 'prompt', 'completion'"),
        ("auto", {"messages": "text", "conversations": SHAREGPT}, "belong into a column `messages`, which is taken"),
    ],
)
def test_forms_that_the_rows_do_not_have(problems: Problems, asked: Any, row: dict[str, object], message: str) -> None:
    (problem,) = problems(lambda: formed(asked, row))
    assert (problem.code, problem.path) == ("LF334", "dataset.format")
    assert problem.message.endswith(message)
    assert "format: " in problem.cure or "name the column" in problem.cure


def test_conversations_that_make_no_sense_come_all_at_once(
    problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    unknown = [{"role": "narrator", "content": "x"}]
    rows = tuple({"messages": cell} for cell in (MESSAGES, BAD, unknown, BAD, None, MESSAGES))
    found = problems(lambda: in_form(("messages",), rows, "auto", placed))
    assert [(problem.code, problem.line, problem.message) for problem in found] == [
        ("LF333", 7, "column 'messages': no turn of the assistant: 2 rows: 1, 3"),
        ("LF333", 7, "column 'messages': the unknown role 'narrator': 1 row: 2"),
        ("LF333", 7, "column 'messages': no list of turns: 1 row: 4"),
    ]
    assert in_form(("messages",), rows, "table", placed).rows is rows


def test_what_was_read_otherwise_is_a_warning() -> None:
    tool = [*MESSAGES, {"role": "tool", "content": "4"}]
    found = formed("auto", {"messages": MESSAGES}, {"messages": tool})
    (warning,) = found.warnings
    assert (warning.code, warning.severity) == ("LF333", "warning")
    assert warning.message == "column 'messages': turns of the role 'tool' are read as turns of the user: 1 row: 1"
    assert "name" not in found.rows[1]


@pytest.mark.parametrize(
    ("columns", "asked", "expected"),
    [
        (("q", "a"), "auto", ("q", "a")),
        (("id", "conversations"), "auto", ("id", "conversations", "messages")),
        (("id", "conversations"), "table", ("id", "conversations")),
        (("messages", "conversations"), "auto", ("messages", "conversations")),
        (("dialogue",), "messages", ("dialogue", "messages")),
        (("instruction", "output"), "alpaca", ("instruction", "output")),
    ],
)
def test_headers_are_what_rows_will_have(columns: tuple[str, ...], asked: Any, expected: tuple[str, ...]) -> None:
    assert header_in_form(columns, asked, unplaced) == expected


def test_headers_that_cannot_have_the_form(problems: Problems) -> None:
    (problem,) = problems(lambda: header_in_form(("q",), "alpaca", unplaced))
    assert problem.code == "LF334"


def test_the_first_cells_decide() -> None:
    rows = [{"messages": "text"}] * 20 + [{"messages": MESSAGES}]
    assert form_of(["messages"], rows, "auto", unplaced) == TABLE
    assert form_of(["messages"], rows[1:], "auto", unplaced).kind == "messages"
