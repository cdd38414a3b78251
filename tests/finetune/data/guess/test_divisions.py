"""Where training and held-out rows come from: a column that says it, or shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from lfine.finetune.data.guess.divisions import MEANINGS, NUMBERED, division_of
from lfine.finetune.data.guess.records import Choice, Division
from lfine.finetune.data.splits import assign_splits
from lfine.schemas.task import Split
from tests.finetune.data.guess.tables import table_of


def divided(columns: Mapping[str, object] | None = None, *, rows: int = 120) -> tuple[Division, Choice]:
    table = table_of({"text": "row {n}", **(columns or {})}, rows=rows)
    return division_of(table.columns, table.rows)


def test_a_column_called_split_says_it() -> None:
    found, choice = divided({"split": ["train", "train", "validation", "test"]})
    assert (found.type, found.column, found.meanings) == ("fixed", "split", ())
    assert (found.scored, found.scored_rows, found.trains) == ("test", 30, True)
    assert (choice.value, choice.certainty) == ("column split", "sure")
    assert choice.why == "its values say it: train 60, validation 30, test 30"


def test_a_column_of_another_name_says_it_by_its_values() -> None:
    found, choice = divided({"part": ["training", "dev"]})
    assert (found.column, found.meanings) == ("part", (("dev", "validation"), ("training", "train")))
    assert (found.scored, found.scored_rows) == ("validation", 60)
    assert choice.certainty == "sure"


def test_the_column_called_split_goes_before_others() -> None:
    assert divided({"fold": ["train", "test"], "split": ["train", "test"]})[0].column == "split"
    assert divided({"a": ["train", "test"], "fold": ["train", "test"]})[0].column == "fold"


def test_test_rows_alone_cannot_be_trained_on() -> None:
    found, choice = divided({"usage": "test"})
    assert (found.type, found.trains, found.scored_rows) == ("fixed", False, 120)
    assert choice.certainty == "likely", "one word may stand there for another reason"
    assert divided({"usage": "train"})[0].type == "hash", "then nothing is held out"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("split", ["train", "test", "vinyl"]),
        ("split", ["train", ""]),
        ("split", ["train", None]),
        ("label", [0, 1, 2]),  # numbers are splits only in a column that is called so
        ("split", [("train",), ("test",)]),
        ("fold", [0, 1, 2, 3, 4]),
        ("split", ["train", "training"]),  # one side only
    ],
)
def test_a_column_that_means_something_else_is_left(column: str, values: Sequence[object]) -> None:
    found, choice = divided({column: list(values)})
    assert (found.type, found.column) == ("hash", None)
    assert choice.certainty == "likely"


def test_numbers_in_a_column_called_so() -> None:
    found, _ = divided({"fold": [0, 1, 2]})
    assert (found.column, found.meanings, found.scored) == ("fold", (), "test")


@pytest.mark.parametrize(
    ("rows", "shares"),
    [(2, (0.5, 0.0, 0.5)), (9, (0.5, 0.0, 0.5)), (10, (0.6, 0.2, 0.2)), (20, (0.8, 0.1, 0.1)), (99, (0.8, 0.1, 0.1))],
)
def test_few_rows_are_divided_in_exact_shares_with_none_empty(rows: int, shares: tuple[float, float, float]) -> None:
    found, _ = divided(rows=rows)
    assert found == Division("random", probabilities=shares)
    given = assign_splits(table_of({"text": "row {n}"}, rows=rows), Split("random", None, shares, 42))
    assert given.names.count("train") >= 1
    assert given.names.count("test") >= 1


def test_many_rows_are_divided_by_their_content() -> None:
    found, choice = divided(rows=100)
    assert found == Division("hash")
    assert any("group" in other for other in choice.others)


def test_one_row_cannot_be_divided() -> None:
    found, choice = divided(rows=1)
    assert (found, choice.certainty) == (Division("hash"), "a guess")
    assert "add rows" in choice.why


@pytest.mark.parametrize("value", ["train", " Test ", "VALIDATION", "1"])
def test_values_that_are_kept_as_they_are_are_read_as_splits(value: str) -> None:
    """What is not listed among the meanings must be understood when rows are divided."""
    table = table_of({"text": "row {n}", "split": [value, "train", "test"]}, rows=60)
    found, _ = division_of(table.columns, table.rows)
    assert found.meanings == ()
    given = assign_splits(table, Split("fixed", "split", (0.8, 0.1, 0.1), 42))
    meant = {**MEANINGS, **NUMBERED}[value.strip().lower()]
    assert given.names[0] == meant


@pytest.mark.parametrize(("names", "column"), [(6, "part"), (7, None)])
def test_a_column_of_too_many_names_is_none_of_splits(names: int, column: str | None) -> None:
    values = ["train", "training", "val", "dev", "test", "eval", "holdout"][:names]
    division, _ = division_of(("part",), [{"part": values[row % names]} for row in range(30)])
    assert division.column == column
