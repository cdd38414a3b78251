"""Equal rows within a split and across."""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.data.check.duplicates import leaked_inputs, repeated_rows, shared_inputs
from tests.finetune.data.check.conftest import MakeSubject, Only


def test_rows_repeated_in_their_own_split(subject: MakeSubject, only: Only) -> None:
    rows = subject(train=[("a", "1"), ("b", "1"), ("a", "1"), ("a", "2"), ("a", "1")], test=[("a", "1")])
    found = only(repeated_rows(rows))
    assert (found.name, found.split, found.count, found.pairs) == ("duplicate-rows", "train", 2, ((2, 0), (4, 0)))
    assert found.message == "2 of 5 rows of train repeat an earlier row of train, input and answer"


def test_rows_repeated_in_test_count_twice(subject: MakeSubject, only: Only) -> None:
    found = only(repeated_rows(subject(train=[("a", "1")], test=[("b", "1"), ("b", "1")])))
    assert (found.split, found.row_ids) == ("test", (2,))
    assert "counts twice" in found.cure


def test_leaks_by_input_with_and_without_the_answer(subject: MakeSubject, only: Only) -> None:
    rows = subject(train=[("a", "1"), ("b", "1"), ("b", "1")], test=[("b", "1"), ("c", "1"), ("a", "2"), ("b", "1")])
    found = only(leaked_inputs(rows))
    assert found.severity == "error"
    assert found.pairs == ((3, 1), (5, 0), (6, 1))
    assert found.message == "3 of 4 rows of test have an input that stands in train, 2 with its answer"
    side = "preprocessing.split: {type: group, column: question}"
    assert found.cure == f"remove these rows from train, or keep equal inputs on one side: {side}"
    several = only(leaked_inputs(replace(rows, input_columns=("title", "question"))))
    assert several.cure.endswith("of type group, by a column that says which rows belong together")


def test_leaks_into_validation_are_warnings(subject: MakeSubject, only: Only) -> None:
    found = only(leaked_inputs(subject(train=[("a", "1")], validation=[("a", "1")], test=[("b", "1")])))
    assert (found.severity, found.split, found.row_ids) == ("warning", "validation", (1,))


def test_nothing_where_one_side_is_absent(subject: MakeSubject) -> None:
    assert list(leaked_inputs(subject(test=[("a", "1"), ("b", "2")]))) == []
    assert list(leaked_inputs(subject(train=[("a", "1")]))) == []
    assert list(repeated_rows(subject())) == []
    assert list(shared_inputs(subject(test=[("a", "1")], train=[("a", "1")]))) == []


def test_test_rows_in_validation(subject: MakeSubject, only: Only) -> None:
    found = only(shared_inputs(subject(validation=[("a", "1"), ("b", "1")], test=[("b", "2")])))
    assert (found.name, found.pairs) == ("shared-inputs", ((2, 1),))


def test_white_space_and_case_make_another_text(subject: MakeSubject) -> None:
    rows = subject(train=[("a b", "1")], test=[("a  b", "1"), ("A b", "1"), ("a b ", "1")])
    assert list(leaked_inputs(rows)) == []


def test_a_finding_names_twenty_rows_and_counts_all(subject: MakeSubject, only: Only) -> None:
    found = only(repeated_rows(subject(train=[("a", "1")] * 31)))
    assert found.count == 30
    assert found.row_ids == tuple(range(1, 21))
    assert len(found.pairs) == 20
