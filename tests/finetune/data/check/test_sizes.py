"""Enough rows to learn from, enough to score, and what the limit cuts."""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.data.check.sizes import cut_rows, few_examples, small_test
from lfine.finetune.data.check.subject import Lengths
from tests.finetune.data.check.conftest import MakeSubject, Only


def rows(n: int) -> list[tuple[str, str]]:
    return [(str(at), "a") for at in range(n)]


def test_few_examples_in_three_degrees(subject: MakeSubject, only: Only) -> None:
    found = only(few_examples(subject(train=rows(80))))
    assert (found.name, found.severity, found.count) == ("few-examples", "warning", 80)
    assert "10 (0.125), 20 (0.25), 40 (0.5), 80 (1)" in found.message
    assert only(few_examples(subject(train=rows(100)))).severity == "note"
    assert list(few_examples(subject(train=rows(1000)))) == []


def test_no_training_rows_are_for_evaluation_only(subject: MakeSubject, only: Only) -> None:
    found = only(few_examples(subject(test=rows(2))))
    assert (found.name, found.severity) == ("no-training-rows", "warning")


def test_a_small_test_says_what_it_shows_and_what_would_do(subject: MakeSubject, only: Only) -> None:
    found = only(small_test(subject(train=rows(10), test=rows(200))))
    assert (found.name, found.severity) == ("small-test", "warning")
    assert "from 9.3 points on" in found.message
    assert "too few for the 5 points hoped for, which take 665" in found.message
    assert found.cure == "score 665 rows or more"


def test_a_large_test_is_noted_and_counted_as_far_as_it_is_scored(subject: MakeSubject, only: Only) -> None:
    made = subject(train=rows(10), test=rows(1500))
    found = only(small_test(made))
    assert (found.name, found.severity, found.count) == ("test-size", "note", 1000)
    assert "(of 1,500)" in found.message
    assert only(small_test(replace(made, difference=0.03))).name == "small-test"


def test_a_handful_shows_nothing(subject: MakeSubject, only: Only) -> None:
    assert "from no number of points" in only(small_test(subject(train=rows(10), test=rows(5)))).message


def test_a_split_without_rows_and_data_without_a_split(subject: MakeSubject, only: Only) -> None:
    assert only(small_test(subject(train=rows(5), validation=rows(5)))).name == "no-test-rows"
    assert list(small_test(replace(subject(train=rows(5)), divided=False))) == []


def test_cut_rows(subject: MakeSubject, only: Only) -> None:
    made = subject(train=rows(20), lengths=Lengths(tuple(range(1, 21)), "tokens", 19, (19,)))
    found = only(cut_rows(made))
    assert (found.severity, found.row_ids) == ("note", (19,))
    assert found.message.startswith("5.0% of 20 rows of train are longer than the limit of 19 tokens")
    many = replace(made, lengths=Lengths(tuple(range(1, 21)), "tokens", 10, tuple(range(10, 20))))
    assert only(cut_rows(many)).severity == "warning"
    assert list(cut_rows(replace(made, lengths=Lengths((1, 2), "tokens", 9, ())))) == []
    assert list(cut_rows(replace(made, lengths=None))) == []
