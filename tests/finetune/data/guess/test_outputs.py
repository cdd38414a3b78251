"""Which column is the answer, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lfine.finetune.data.guess.outputs import Candidate, candidates, certainty
from lfine.finetune.data.guess.profiles import profiles
from tests.finetune.data.guess.tables import table_of

TEXT = "the {w} of the {v} is number {n} today"


def found(*, without: str | None = None, **columns: object) -> list[Candidate]:
    return ranked_of(columns, without=without)


def ranked_of(columns: Mapping[str, object], *, without: str | None = None) -> list[Candidate]:
    table = table_of(columns)
    return candidates(profiles(table.columns, table.rows), split=without)


def names(ranked: list[Candidate]) -> list[str]:
    return [one.column for one in ranked]


def test_a_name_and_values_that_recur_make_an_answer() -> None:
    first, second = found(text=TEXT, sentiment=["bad", "good"])
    assert (first.column, first.points) == ("sentiment", 8.0)
    assert first.reasons == ("its name", "2 values that recur", "the last column")
    assert (second.column, second.points, second.reasons) == ("text", -5.0, ())


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("row_id", "R{n}-x"),
        ("constant", "one"),
        ("none", None),
        ("day", lambda n: f"2024-01-{n % 28 + 1:02d}"),
        ("references", ("a {n} text", "b {n}")),
    ],
)
def test_what_cannot_be_an_answer_is_no_candidate(column: str, cells: object) -> None:
    assert names(ranked_of({"summary": "a {n} text", column: cells})) == ["summary"]


def test_the_split_is_no_candidate() -> None:
    assert names(found(without="label", text=TEXT, label=["train", "test"])) == ["text"]


def test_one_of_the_right_answers_of_a_list_is_the_answer() -> None:
    first, *_ = found(text=TEXT, mine="a {n} text", golds=("a {n} text", "b {n}"))
    assert first.column == "mine"
    assert first.reasons[0] == "it is one of the right answers in `golds`"


def test_what_points_into_the_choices_is_the_answer() -> None:
    first, *_ = found(which=[0, 1, 2, 3], goal=TEXT, endings=("{w} {n}", "{v} {n}", "x {n}", "y {n}"))
    assert first.column == "which"
    assert "it says which item of `endings` is meant" in first.reasons


def test_the_column_that_says_it_in_words_goes_before_numbers() -> None:
    first, *rest = found(text=TEXT, label=[0, 1, 2], label_text=["bad", "fair", "good"])
    assert first.column == "label_text"
    assert first.reasons[0] == "it says in words what `label` says"
    assert names(rest) == ["label", "text"]


def test_queries_go_before_the_tables_that_they_ask() -> None:
    first, *rest = found(
        thing="CREATE TABLE t{n} (a INT)", other="SELECT a FROM t{n}", wish="show all of the number {n} now"
    )
    assert first.column == "other"
    assert "its texts are SQL queries" in first.reasons
    assert rest[-1].column == "thing"


def test_by_far_the_longest_text_is_read_and_not_written() -> None:
    long = f"{TEXT}. {TEXT}. {TEXT}. {TEXT}."
    assert names(found(one=TEXT, two=long))[0] == "one"
    assert names(found(one=TEXT, two=TEXT.replace("the", "a")))[0] == "two", "of the same length, the last"


def test_a_column_that_is_mostly_empty_comes_late() -> None:
    ranked = found(text=TEXT, one=["a", "b"], two=lambda n: "x" if n % 3 == 0 else "y" if n % 12 == 1 else "")
    assert names(ranked)[0] == "one"


def test_of_labels_that_are_close_the_words_decide() -> None:
    """Both are named and written alike; one is what the text is about."""

    def told(n: int) -> str:
        return "bad" if n * n % 7 < 2 else "good"

    def drawn(n: int) -> str:
        return "bad" if n * 31 % 11 < 5 else "good"

    ranked = found(text=lambda n: f"it is a {told(n)} thing {n}", kind_one=told, kind_two=drawn)
    assert ranked[0].column == "kind_one"
    assert "words tell it in 100% of the rows" in ranked[0].reasons[-1]
    other = found(text=lambda n: f"it is a {drawn(n)} thing {n}", kind_one=told, kind_two=drawn)
    assert other[0].column == "kind_two"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (8.0, 4.0, "sure"),
        (8.0, 4.5, "likely"),
        (3.5, -5.0, "likely"),  # few points, however far ahead
        (8.0, 6.5, "a guess"),
        (-1.0, -5.0, "a guess"),
    ],
)
def test_how_sure_goes_by_points_and_by_the_distance(first: float, second: float, expected: str) -> None:
    table = table_of({"a": TEXT, "b": [0, 1, 2]})
    ranked = [Candidate("a", first, ()), Candidate("b", second, ())]
    assert certainty(ranked, profiles(table.columns, table.rows)) == expected


def test_a_column_that_says_the_same_makes_nothing_less_sure() -> None:
    table = table_of({"label": [0, 1], "label_text": ["bad", "good"]})
    ranked = [Candidate("label_text", 8.0, ()), Candidate("label", 8.0, ())]
    assert certainty(ranked, profiles(table.columns, table.rows)) == "sure"
