"""Turns as rows of every form, there and back, and what a form has no place for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import pytest

from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.convert.from_rows import dialogues_of
from lfine.finetune.data.convert.records import Dialogue, Dialogues, Names
from lfine.finetune.data.convert.to_rows import rows_of
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import Kind
from lfine.finetune.data.places import unplaced
from lfine.finetune.data.values import Row
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]
FORMS: tuple[Kind, ...] = ("messages", "sharegpt", "alpaca", "prompt_completion", "table")
NAMES = Names("prompt", "answer")
PAIR = (Turn("user", "2+2?\n\nQuick", None), Turn("assistant", " 4 ", None))
LONG = (*PAIR, Turn("user", "3+3?", None), Turn("assistant", "6", None))
ADVISED = (Turn("system", "Be brief.", None), *PAIR)


def dialogues(*turns: Sequence[Turn], rest: Row | None = None) -> Dialogues:
    kept = rest or {}
    return Dialogues("messages", tuple(kept), tuple(Dialogue(tuple(each), kept) for each in turns))


def rows(kind: Kind, *turns: Sequence[Turn], rest: Row | None = None, names: Names | None = None) -> Rows:
    return rows_of(dialogues(*turns, rest=rest), kind, names or Names(), unplaced)[0]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (
            "messages",
            {"messages": [{"role": "user", "content": "2+2?\n\nQuick"}, {"role": "assistant", "content": " 4 "}]},
        ),
        ("sharegpt", {"conversations": [{"from": "human", "value": "2+2?\n\nQuick"}, {"from": "gpt", "value": " 4 "}]}),
        ("alpaca", {"instruction": "2+2?\n\nQuick", "input": "", "output": " 4 "}),
        ("prompt_completion", {"prompt": "2+2?\n\nQuick", "completion": " 4 "}),
        ("table", {"prompt": "2+2?\n\nQuick", "answer": " 4 "}),
    ],
)
def test_each_form(kind: Kind, row: Row) -> None:
    assert rows(kind, PAIR, rest={"id": 7}) == Rows((*row, "id"), ({**row, "id": 7},))


def test_names_of_a_table() -> None:
    found = rows("table", ADVISED, names=Names("q", "a", "s"))
    assert found == Rows(("q", "a", "s"), ({"q": "2+2?\n\nQuick", "a": " 4 ", "s": "Be brief."},))


def test_a_column_for_the_system_text_only_where_there_is_one() -> None:
    assert rows("prompt_completion", PAIR).columns == ("prompt", "completion")
    found = rows("prompt_completion", PAIR, ADVISED)
    assert found.columns == ("prompt", "completion", "system")
    assert [row["system"] for row in found.rows] == ["", "Be brief."]


def test_earlier_turns_are_the_history_of_alpaca() -> None:
    (row,) = rows("alpaca", LONG).rows
    assert (row["instruction"], row["output"], row["history"]) == ("3+3?", "6", [["2+2?\n\nQuick", " 4 "]])


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(FORMS, 2)))
def test_there_and_back_between_all_forms(one: Kind, other: Kind) -> None:
    """A pair with a system text, a pair without, other columns: equal after both ways."""

    def again(found: Rows, kind: Kind, to: Kind) -> Rows:
        names = Names("prompt", "answer", "system") if kind == "table" else Names()
        return rows_of(dialogues_of(found, names, None, unplaced), to, NAMES, unplaced)[0]

    first = rows(one, PAIR, ADVISED, rest={"id": 7, "tags": ["x"]}, names=NAMES)
    assert again(again(first, one, other), other, one) == first


@pytest.mark.parametrize("other", ["messages", "sharegpt", "prompt_completion"])
def test_instruction_and_input_are_parted_again(other: Kind) -> None:
    given: list[Mapping[str, object]] = [
        {"instruction": "Add.", "input": "2+2", "output": "4"},
        {"instruction": "Add.\n\nNow.", "input": "2\n\n2", "output": "4"},
        {"instruction": "Say hi.", "input": "", "output": "hi"},
        {"instruction": "", "input": "alone", "output": "hi"},
    ]
    first = Rows(tuple(given[0]), tuple(given))
    between = rows_of(dialogues_of(first, Names(), None, unplaced), other, Names(), unplaced)[0]
    assert rows_of(dialogues_of(between, Names(), None, unplaced), "alpaca", Names(), unplaced)[0] == first


def test_an_input_that_means_something_else_is_not_lost(problems: Problems) -> None:
    (problem,) = problems(lambda: rows("alpaca", PAIR, PAIR, rest={"input": "voltage"}))
    assert (problem.code, problem.message) == (
        "LF334",
        "the column 'input' is not the end of the question in 2 rows: 0, 1",
    )


@pytest.mark.parametrize("kind", ["prompt_completion", "table"])
def test_several_questions_are_refused_with_their_rows(problems: Problems, kind: Kind) -> None:
    (problem,) = problems(lambda: rows(kind, PAIR, LONG, LONG))
    assert problem.code == "LF337"
    assert problem.message == f"{kind} has no place for several questions and answers: 2 rows: 1, 2"


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        (LONG[:3], "turns that are not question and answer in turn"),
        ((PAIR[0], *PAIR), "turns that are not question and answer in turn"),
        (PAIR[1:], "turns that are not question and answer in turn"),
        ((*PAIR[:1], Turn("assistant", "x", learned=False), *PAIR), "turns that are not to be learned (weight 0)"),
    ],
)
def test_what_alpaca_has_no_place_for(problems: Problems, turns: Sequence[Turn], reason: str) -> None:
    (problem,) = problems(lambda: rows("alpaca", turns))
    assert problem.message == f"alpaca has no place for {reason}: 1 row: 0"
    assert rows("messages", turns).columns == ("messages",)


def test_weights_in_turns_and_beside_columns() -> None:
    taught = (PAIR[0], Turn("assistant", "4", learned=True))
    assert rows("sharegpt", taught).rows[0]["conversations"] == [
        {"from": "human", "value": "2+2?\n\nQuick"},
        {"from": "gpt", "value": "4", "weight": 1},
    ]
    notes = rows_of(dialogues(taught), "alpaca", Names(), unplaced)[1]
    assert notes == ("weights of 1 are left out (1 row): every answer is learned",)


@pytest.mark.parametrize("kind", ["messages", "sharegpt"])
def test_turns_without_content_are_refused(problems: Problems, kind: Kind) -> None:
    empty = (PAIR[0], Turn("assistant", " ", None))
    (problem,) = problems(lambda: rows(kind, PAIR, empty))
    assert (problem.code, problem.message) == ("LF333", "1 row with an empty question or answer: 1")
    assert rows("prompt_completion", empty).rows[0]["completion"] == " "


@pytest.mark.parametrize(
    ("kind", "name"),
    [("messages", "messages"), ("sharegpt", "conversations"), ("alpaca", "output"), ("prompt_completion", "prompt")],
)
def test_a_column_that_is_taken(problems: Problems, kind: Kind, name: str) -> None:
    (problem,) = problems(lambda: rows(kind, PAIR, rest={name: "mine"}))
    assert (problem.code, problem.message) == (
        "LF334",
        f"the new rows have a column {name!r}, and so have the old ones",
    )
