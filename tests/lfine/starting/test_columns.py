"""The columns that a task makes, and that preparing them gives what the prompt and the answer need."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.finetune.data.columns import prepare_columns
from lfine.finetune.data.guess.records import Wanted
from lfine.finetune.data.places import unplaced
from lfine.schemas.loading import load_task
from lfine.starting.columns import made_columns
from tests.finetune.data.guess.tables import table_of
from tests.lfine.starting.guesses import FOUR, TEXT, guessed


def test_plain_columns_are_shown_as_they_are() -> None:
    made = made_columns(guessed({"review": TEXT, "label": ["bad", "good"]}))
    assert (made.columns, made.shown) == ({}, {"review": "review"})


def test_choices_get_letters_and_so_does_a_number_that_points_into_them() -> None:
    made = made_columns(guessed({"question": TEXT, "choices": FOUR, "answer": [0, 1, 2, 3]}))
    assert made.columns == {
        "answer": {"letters": True},
        "choices_listed": {"from": "choices", "letters": True, "join": "\n"},
    }
    assert made.shown == {"question": "question", "choices": "choices_listed"}


def test_choices_that_are_json_texts_are_read_first() -> None:
    columns = {"question": TEXT, "choices": lambda n: json.dumps([f"{at} of {n}" for at in range(4)])}
    made = made_columns(guessed({**columns, "answer": [*"ABCD"]}))
    assert made.columns == {"choices_listed": {"from": "choices", "json": "$", "letters": True, "join": "\n"}}


@pytest.mark.parametrize(
    ("item", "join"),
    [("short {n}", ", "), ("with, comma {n}", "\n"), ("x" * 60, ", "), ("x" * 61, "\n")],
)
def test_the_items_of_a_list_stand_on_lines_of_their_own_where_they_are_long(item: str, join: str) -> None:
    made = made_columns(guessed({"words": (item, "{n}"), "label": ["bad", "good"]}))
    assert made.columns == {"words_listed": {"from": "words", "join": join}}
    assert made.shown == {"words": "words_listed"}


def test_lists_of_lists_and_mappings_are_shown_as_json() -> None:
    assert made_columns(guessed({"document": ({"a": "{n}"},), "label": ["bad", "good"]})).columns == {}
    assert made_columns(guessed({"document": {"a": "{n}"}, "label": ["bad", "good"]})).columns == {}


def test_a_column_of_lists_with_another_cell_in_between_is_left_as_it_is() -> None:
    columns = {"words": lambda n: "none" if n == 7 else ["a", str(n)], "label": ["bad", "good"]}
    assert made_columns(guessed(columns)).columns == {}


def test_an_answer_that_is_a_list_is_joined() -> None:
    columns = {"text": TEXT, "tags": ("x {n}", "y")}
    assert made_columns(guessed(columns, Wanted(output="tags"))).columns == {"tags": {"join": ", "}}
    written = {"text": TEXT, "tags": lambda n: json.dumps([f"x {n}", "y"])}
    assert made_columns(guessed(written, Wanted(output="tags"))).columns == {"tags": {"json": "$", "join": ", "}}


def test_labels_that_are_floats_are_cast() -> None:
    made = made_columns(guessed({"text": TEXT, "label": [0.0, 1.0]}))
    assert made.columns == {"label": {"cast": "integer"}}


def test_the_words_of_a_split_are_translated() -> None:
    made = made_columns(guessed({"text": TEXT, "label": ["a", "b", "c"], "part": ["training", "dev"]}))
    assert made.columns == {"part": {"values": {"dev": "validation", "training": "train"}}}


@pytest.mark.parametrize(
    ("name", "column"), [("te{xt", "te_xt_text"), ('"text"', "text_text"), ("{}", "input_text"), ("a\nb", "a_b_text")]
)
def test_a_name_that_cannot_stand_in_a_template_gets_another(name: str, column: str) -> None:
    made = made_columns(guessed({name: TEXT, "label": ["bad", "good"]}))
    assert (made.columns, made.shown) == ({column: {"from": name}}, {name: column})


def test_a_name_that_is_taken_is_not_given_again() -> None:
    columns = {"te{xt": TEXT, "te}xt": f"a {TEXT}", "te_xt_text": f"b {TEXT}", "label": ["bad", "good"]}
    assert list(made_columns(guessed(columns)).shown.values()) == ["te_xt_text_2", "te_xt_text_3", "te_xt_text"]


def test_conversations_make_no_columns() -> None:
    turns = ({"role": "user", "content": TEXT}, {"role": "assistant", "content": "yes {n}"})
    made = made_columns(guessed({"messages": turns}))
    assert (made.columns, made.shown) == ({}, {})


def test_what_is_made_is_what_the_prompt_and_the_answer_need(tmp_path: Path) -> None:
    table = table_of({"question": TEXT, "choices": FOUR, "answer": [0, 1, 2, 3]})
    made = made_columns(guessed({"question": TEXT, "choices": FOUR, "answer": [0, 1, 2, 3]}))
    task = tmp_path / "task.yaml"
    said = {"base_model": "x/y", "dataset": {"path": "d.csv", "columns": made.columns}, "output_feature": "answer"}
    task.write_text(json.dumps({**said, "prompt": {"template": "{question} {choices_listed}"}}), encoding="utf-8")
    prepared = prepare_columns(table, load_task(task, ()).task.dataset.columns, place=unplaced)
    first = prepared.rows[0]
    choices = table.rows[0]["choices"]
    assert isinstance(choices, list)
    assert first["choices_listed"] == "\n".join(
        f"{letter}. {each}" for letter, each in zip("ABCD", choices, strict=True)
    )
    assert [row["answer"] for row in prepared.rows] == ["ABCD"[int(str(row["answer"]))] for row in table.rows]
