"""Rows of every form as turns, to the letter, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.convert.from_rows import dialogues_of
from lfine.finetune.data.convert.records import Dialogues, Names
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.places import unplaced
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]

HELLO = [{"role": "user", "content": " hi\n"}, {"role": "assistant", "content": "hello "}]


def found(*rows: Mapping[str, object], names: Names | None = None, system: str | None = None) -> Dialogues:
    return dialogues_of(Rows(tuple(rows[0]), rows), names or Names(), system, unplaced)


def said(dialogues: Dialogues) -> list[list[tuple[str, str]]]:
    return [[(turn.role, turn.content) for turn in row.turns] for row in dialogues.rows]


@pytest.mark.parametrize(
    ("kind", "row", "rest"),
    [
        ("messages", {"id": 1, "messages": HELLO}, ("id",)),
        ("messages", {"id": 1, "messages": json.dumps(HELLO)}, ("id",)),
        ("sharegpt", {"conversations": [{"from": "human", "value": " hi\n"}, {"from": "gpt", "value": "hello "}]}, ()),
        ("alpaca", {"instruction": " hi\n", "input": "", "output": "hello "}, ()),
        ("alpaca", {"instruction": " hi\n", "output": "hello ", "id": 1}, ("id",)),
        ("prompt_completion", {"prompt": " hi\n", "completion": "hello ", "x": None}, ("x",)),
    ],
)
def test_each_form(kind: str, row: Mapping[str, object], rest: tuple[str, ...]) -> None:
    dialogues = found(row)
    assert (dialogues.kind, dialogues.rest, dialogues.notes) == (kind, rest, ())
    assert said(dialogues) == [[("user", " hi\n"), ("assistant", "hello ")]]
    assert dialogues.rows[0].rest == {name: row[name] for name in rest}


def test_instruction_and_input_are_one_turn_and_the_input_stays_beside_it() -> None:
    rows = (
        {"instruction": "Add.", "input": "2+2", "output": 4},
        {"instruction": "Say hi.", "input": None, "output": "hi"},
    )
    dialogues = found(*rows)
    assert [turns[0] for turns in said(dialogues)] == [("user", "Add.\n\n2+2"), ("user", "Say hi.")]
    assert dialogues.rest == ("input",)
    assert said(dialogues)[0][1] == ("assistant", "4")


def test_system_and_history_of_alpaca() -> None:
    row = {"instruction": "c", "output": "d", "system": "Be brief.", "history": '[["a", "b"]]'}
    assert said(found(row, {**row, "system": "", "history": None})) == [
        [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")],
        [("user", "c"), ("assistant", "d")],
    ]


@pytest.mark.parametrize("history", ["a", [["a"]], [["a", 1]], {"a": "b"}, '{"a": "b"}', [["a", "b", "c"]]])
def test_a_history_that_is_none(problems: Problems, history: object) -> None:
    rows = {"instruction": "c", "output": "d", "history": None}, {"instruction": "c", "output": "d", "history": history}
    (problem,) = problems(lambda: found(*rows))
    assert (problem.code, problem.message) == ("LF333", "column 'history' holds no list of pairs in 1 row: 1")


def test_a_table_whose_columns_are_named() -> None:
    row = {"id": 1, "q": "2+2?", "label": 4, "role": "calculator"}
    dialogues = found(row, names=Names("q", "label", "role"))
    assert (dialogues.kind, dialogues.rest) == ("table", ("id",))
    assert said(dialogues) == [[("system", "calculator"), ("user", "2+2?"), ("assistant", "4")]]


def test_named_columns_win_over_a_form_that_the_rows_have() -> None:
    row = {"prompt": "a", "completion": "b", "better": "c"}
    dialogues = found(row, names=Names("prompt", "better"))
    assert said(dialogues) == [[("user", "a"), ("assistant", "c")]]
    assert dialogues.rest == ("completion",)


def test_a_table_whose_columns_are_not_named(problems: Problems) -> None:
    (problem,) = problems(lambda: found({"q": "x", "a": "y"}))
    assert (problem.code, problem.path) == ("LF334", "--to")
    assert "--prompt-column NAME --answer-column NAME" in problem.cure


def test_all_that_is_wrong_with_names_at_once(problems: Problems) -> None:
    got = problems(lambda: found({"question": "x", "a": "y"}, names=Names(prompt="qestion", system="sys")))
    assert [(each.code, each.path) for each in got] == [
        ("LF201", "--prompt-column"),
        ("LF201", "--system-column"),
        ("LF334", "--answer-column"),
    ]
    assert got[0].cure == "did you mean `question`?"


def test_a_system_text_for_rows_without_one() -> None:
    own = [{"role": "system", "content": "Mine."}, *HELLO]
    dialogues = found({"messages": HELLO}, {"messages": own}, system="Be brief.")
    assert [turns[0] for turns in said(dialogues)] == [("system", "Be brief."), ("system", "Mine.")]
    assert dialogues.notes == ("1 row with a system text of its own: 1 (counted from 0)",)


def test_weights_stay() -> None:
    turns = [*HELLO[:1], {"role": "assistant", "content": "a", "weight": 0}, *HELLO]
    assert found({"messages": turns}).rows[0].turns[1] == Turn("assistant", "a", learned=False)


def test_what_has_no_place_in_any_form_is_said() -> None:
    turns = [
        {"role": "developer", "content": "Be brief.", "cache": True},
        {"role": "user", "content": "hi", "name": "Ann"},
        {"role": "assistant", "content": "hello", "cache": None},
    ]
    notes = found({"messages": turns}).notes
    assert notes == (
        "column 'messages': names of speakers are left out: 1 row: 0",
        "the key 'cache' of 1 turn is left out",
        "1 turn of 'developer' are turns of 'system'",
    )


def test_conversations_that_make_no_sense_are_refused(problems: Problems) -> None:
    (problem,) = problems(lambda: found({"messages": HELLO}, {"messages": HELLO[:1]}))
    assert (problem.code, problem.message) == ("LF333", "column 'messages': no turn of the assistant: 1 row: 1")
