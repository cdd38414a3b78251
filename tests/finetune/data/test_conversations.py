"""One conversation: both forms, their roles, and what makes no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lfine.finetune.data.conversations import (
    ConversationError,
    Turn,
    conversation_of,
    looks_like,
    normalised,
    read_conversation,
    unanswered,
)

OPENAI = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "2+2?"},
    {"role": "assistant", "content": "4", "weight": 0},
    {"role": "user", "content": "sure?"},
    {"role": "assistant", "content": "yes", "weight": 1},
]
TURNS = (
    Turn("system", "Be brief.", None),
    Turn("user", "2+2?", None),
    Turn("assistant", "4", False),
    Turn("user", "sure?", None),
    Turn("assistant", "yes", True),
)
ASKED = {"role": "user", "content": "2+2?"}
ANSWERED = {"role": "assistant", "content": "4"}


def test_the_form_of_openai() -> None:
    assert conversation_of(OPENAI) == conversation_of(json.dumps(OPENAI)) == TURNS
    assert normalised(TURNS) == OPENAI


def test_the_form_of_sharegpt() -> None:
    cell = [{"from": "system", "value": "S"}, {"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]
    turns = (Turn("system", "S", None), Turn("user", "Q", None), Turn("assistant", "A", None))
    assert conversation_of(cell) == turns
    assert conversation_of(normalised(turns)) == turns


def test_keys_that_are_null_are_absent() -> None:
    """So a table of columns gives them: every object has every key."""
    null = {"weight": None, "name": None, "tool_calls": None, "from": None, "value": None}
    assert conversation_of([{**ASKED, **null}, {**ANSWERED, **null}]) == conversation_of([ASKED, ANSWERED])


def test_content_in_parts_is_their_text() -> None:
    parts = [{"type": "text", "text": "2+"}, {"type": "text", "text": "2?"}]
    assert conversation_of([{"role": "user", "content": parts}, ANSWERED])[0].content == "2+2?"


@pytest.mark.parametrize(
    ("role", "expected"), [("developer", "system"), ("HUMAN", "user"), ("chatgpt", "assistant"), ("model", "assistant")]
)
def test_other_names_of_the_roles(role: str, expected: str) -> None:
    turns = conversation_of([{"role": role, "content": "x"}, ASKED, ANSWERED])
    assert turns[0].role == expected


def test_what_is_read_otherwise_is_noted() -> None:
    assert read_conversation([ASKED, ANSWERED]).notes == frozenset()
    found = read_conversation(
        [
            {**ASKED, "name": "ann"},
            {"from": "function_call", "value": "add(2, 2)"},
            {"from": "observation", "value": "4"},
            ANSWERED,
        ]
    )
    assert [turn.role for turn in found.turns] == ["user", "assistant", "user", "assistant"]
    assert found.notes == {
        "names of speakers are left out",
        "turns of the role 'function_call' are read as turns of the assistant",
        "turns of the role 'observation' are read as turns of the user",
    }


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no list of turns"),
        ("hello", "no list of turns"),
        ("[{", "no list of turns"),
        ("[" * 100_000, "no list of turns"),
        ([], "no turn of the assistant"),
        (["hi"], "a turn that is no object"),
        ([{"text": "hi"}], "a turn without role and content or from and value"),
        ([ASKED], "no turn of the assistant"),
        ([{"role": "narrator", "content": "x"}, ANSWERED], "the unknown role 'narrator'"),
        ([{"role": 3, "content": "x"}, ANSWERED], "a role that is no text: 3"),
        ([ASKED, {"role": "assistant", "content": " "}], "a turn without content"),
        ([ASKED, {"role": "assistant", "content": None}], "a turn without content"),
        ([ASKED, {"role": "assistant", "content": 4}], "a turn whose content is no text"),
        ([{"role": "user", "content": [{"type": "image_url"}]}, ANSWERED], "a turn with parts that are no text"),
        ([ASKED, {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}], "a turn that calls a tool"),
        ([ASKED, {**ANSWERED, "weight": 2}], "a weight that is neither 0 nor 1: 2"),
        ([ASKED, {**ANSWERED, "weight": True}], "a weight that is neither 0 nor 1: True"),
        ([{**ASKED, "weight": 1}, ANSWERED], "a weight of 1 for a turn of the user, which is never learned"),
        ([ASKED, {**ANSWERED, "weight": 0}], "no turn to learn: the weight of each is 0"),
        ([ASKED, {"role": "system", "content": "x"}, ANSWERED], "a system turn that is not the first"),
    ],
)
def test_what_makes_no_sense(value: Any, reason: str) -> None:
    with pytest.raises(ConversationError) as caught:
        conversation_of(value)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("value", "pair"),
    [
        (OPENAI, ("role", "content")),
        (json.dumps(OPENAI), ("role", "content")),
        ([{"from": "human", "value": "x"}], ("from", "value")),
        ([{"role": "narrator", "content": None}], ("role", "content")),
        ("[1, 2]", None),
        ([{"id": 1}], None),
        ([], None),
        ("hello", None),
        (None, None),
        ({"role": "user", "content": "x"}, None),
    ],
)
def test_cells_that_look_like_one(value: object, pair: tuple[str, str] | None) -> None:
    assert looks_like(value) == pair


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ([ASKED, {"role": "assistant", "content": " \n"}], True),
        ([ASKED, {"role": "assistant", "content": None}], True),
        (json.dumps([ASKED, {"role": "assistant", "content": ""}]), True),
        ([{"from": "human", "value": "Q"}, {"from": "gpt", "value": ""}], True),
        ([ASKED, ANSWERED], False),
        ([ASKED, ANSWERED, {"role": "user", "content": ""}], False),
        ([ASKED, {"role": "assistant", "content": None, "tool_calls": [{"id": 1}]}], False),
        ([ASKED, "no turn"], False),
        ([ASKED, {"role": "assistant", "content": 4}], False),
        ([], False),
        ("free text", False),
        (None, False),
    ],
)
def test_a_last_turn_that_says_nothing(cell: object, found: bool) -> None:
    assert unanswered(cell) is found
