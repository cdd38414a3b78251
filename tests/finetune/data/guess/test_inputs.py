"""What the prompt shows, and what it must not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lfine.finetune.data.guess.inputs import Inputs, inputs_of
from lfine.finetune.data.guess.profiles import profiles
from tests.finetune.data.guess.tables import table_of

TEXT = "the {w} of the {v} is number {n} today"


def found(output: str, *, asked: tuple[str, ...] = (), split: str | None = None, **columns: object) -> Inputs:
    return shown_of(columns, output, asked=asked, split=split)


def shown_of(
    columns: Mapping[str, object], output: str, *, asked: tuple[str, ...] = (), split: str | None = None
) -> Inputs:
    table = table_of(columns)
    return inputs_of(output, profiles(table.columns, table.rows), split=split, asked=asked)


def why(inputs: Inputs, column: str) -> str:
    return dict(inputs.left)[column]


def test_columns_named_like_inputs_are_surely_shown() -> None:
    got = found("label", sentence1=TEXT, sentence2=TEXT, label=[0, 1])
    assert (got.columns, got.certainty, got.why) == (("sentence1", "sentence2"), "sure", "named like inputs")


def test_running_text_is_likely_shown_whatever_its_name() -> None:
    got = found("label", zzz=TEXT, label=["a", "b"])
    assert (got.columns, got.certainty) == (("zzz",), "likely")


@pytest.mark.parametrize(
    ("column", "cells", "reason"),
    [
        ("label_name", ["bad", "good"], "it says the answer"),
        ("row_id", "R{n}-x", "an id"),
        ("one", "the same text in every row", "the same in every row"),
        ("none", None, "empty"),
        ("created_at", lambda n: f"some day of {n} in May", "known about the row"),
        ("stamp", lambda n: f"2024-01-{n % 28 + 1:02d}", "known about the row"),
        ("rare", lambda n: TEXT.format(n=n, w="a", v="b") if n % 3 == 0 else "", "mostly empty"),
        ("test_list", ("assert f() == {n}",), "for scoring"),
        ("gold_labels", ("a {n}", "b"), "named like an answer"),
        ("mood", ["x", "y", "z"], "short values; name it with --input where it matters"),
    ],
)
def test_what_gives_the_answer_away_or_is_not_read_is_left_and_says_why(
    column: str, cells: object, reason: str
) -> None:
    got = shown_of({"text": TEXT, "label": [0, 1], column: cells}, "label")
    assert got.columns == ("text",)
    assert why(got, column) == reason


def test_all_right_answers_are_not_shown() -> None:
    got = found("summary", document=TEXT, summary="short {n} text", references=("short {n} text", "another {n}"))
    assert got.columns == ("document",)
    assert why(got, "references") == "it says the answer"


def test_tokens_and_their_tags_are_not_shown_beside_the_text() -> None:
    got = found("label", text="Mr {w} {n}", tokens=("Mr", "{w}", "{n}"), tags=(0, [1, 2], 0), label=["a", "b"])
    assert got.columns == ("text",)
    assert why(got, "tokens") == "another column holds it as text"
    assert why(got, "tags") == "it tags the tokens of another column"


def test_a_text_with_the_words_of_the_answer_is_not_shown_where_there_is_another() -> None:
    answer = "a {w} and its {v} were number {n} here"
    got = found("summary", article=TEXT, draft=f"{answer} indeed", summary=answer)
    assert got.columns == ("article",)
    assert why(got, "draft") == "it has most of the answer's words"
    alone = found("summary", draft=f"{answer} indeed", summary=answer)
    assert alone.columns == ("draft",), "it is corrected, and there is nothing else"


def test_the_choices_of_a_question_are_shown() -> None:
    got = found("answer", question=TEXT, them=("{w} {n}", "{v} {n}", "x {n}", "y {n}"), answer=[0, 1, 2, 3])
    assert (got.columns, got.options) == (("question", "them"), "them")


def test_what_is_asked_for_is_shown_in_the_order_of_the_table() -> None:
    got = found("label", text=TEXT, row_id="R{n}-x", mood=["x", "y", "z"], label=[0, 1], asked=("mood", "row_id"))
    assert (got.columns, got.certainty, got.why) == (("row_id", "mood"), "sure", "as asked")
    assert "row_id" not in dict(got.left)
    assert got.options is None


def test_short_values_are_shown_where_there_is_nothing_else() -> None:
    one = found("price", cut=["s", "m", "l"], price=lambda n: n * 3)
    assert (one.columns, one.certainty) == (("cut",), "likely")
    both = found("price", cut=["s", "m", "l"], shade=["x", "y"], price=lambda n: n * 3)
    assert (both.columns, both.certainty) == (("cut", "shade"), "a guess")


def test_the_last_resort_is_what_was_left_but_not_what_says_the_answer() -> None:
    got = found("label", row_id="R{n}-x", label=[0, 1], label_name=["bad", "good"])
    assert (got.columns, got.certainty, got.why) == (("row_id",), "a guess", "there is no other column")
    assert dict(got.left) == {"label_name": "it says the answer"}


def test_the_split_is_never_shown() -> None:
    got = found("price", part=["train", "test"], shade=["x", "y", "z"], price=lambda n: n * 3, split="part")
    assert (got.columns, got.left) == (("shade",), ())
