"""Answers that are empty, too long, contradictory, or given away."""

from __future__ import annotations

import pytest

from lfine.finetune.data.check.answers import (
    answers_in_inputs,
    contains,
    contradictions,
    empty_answers,
    empty_inputs,
    long_answers,
)
from tests.finetune.data.check.conftest import MakeSubject, Only


def test_empty_answers_by_split(subject: MakeSubject) -> None:
    found = list(empty_answers(subject(train=[("a", ""), ("b", "1")], test=[("c", ""), ("d", "")])))
    assert [(each.split, each.count, each.row_ids) for each in found] == [("train", 1, (0,)), ("test", 2, (2, 3))]
    assert {each.severity for each in found} == {"error"}
    assert found[0].examples == ("a",)


def test_empty_inputs(subject: MakeSubject, only: Only) -> None:
    found = only(empty_inputs(subject(train=[("a", "1"), ("", "1"), (" \n", "1"), ("␞ ", "1"), ("?", "1")])))
    assert found.row_ids == (1, 2, 3)


def test_long_answers_are_ten_times_the_median(subject: MakeSubject, only: Only) -> None:
    rows = [(str(at), "x" * 30) for at in range(9)]
    assert list(long_answers(subject(train=[*rows, ("y", "x" * 300)], kind="text"))) == []
    found = only(long_answers(subject(train=[*rows, ("y", "x" * 301), ("z", "x" * 999)], kind="text")))
    assert found.row_ids == (10, 9)
    assert "the median is 30, the longest 999" in found.message


def test_short_answers_are_never_too_long(subject: MakeSubject) -> None:
    assert list(long_answers(subject(train=[("a", "1"), ("b", "2"), ("c", "x" * 200)], kind="text"))) == []


def test_contradictions_show_the_answers(subject: MakeSubject, only: Only) -> None:
    train = [("a", "yes"), ("b", "no"), ("a", "no"), ("a", "yes"), ("b", "no")]
    found = only(contradictions(subject(train=train, test=[("c", "no")])))
    assert (found.severity, found.count, found.row_ids) == ("warning", 3, (0, 2, 3))
    assert found.examples == ("a → 'yes' (2), 'no' (1)",)
    assert found.pairs == ((2, 0), (3, 0))


def test_several_texts_for_an_input_may_be_right(subject: MakeSubject, only: Only) -> None:
    assert only(contradictions(subject(train=[("a", "one way"), ("a", "another")], kind="text"))).severity == "note"


@pytest.mark.parametrize(
    ("text", "answer", "stands"),
    [
        ("Who wrote it? Ann Lee did.", "ann lee", True),
        ("annual", "ann", False),
        ("a b c", "a c", False),
        ("b c", "b", True),
        ("anything", "", False),
    ],
)
def test_an_answer_stands_in_a_text_as_whole_words(text: str, answer: str, stands: bool) -> None:
    assert contains(text, answer) is stands


def test_a_label_that_the_prompt_tells_is_a_warning(subject: MakeSubject, only: Only) -> None:
    rows = [(f"[{label}] some text {at}", label) for at in range(50) for label in ("card", "fee", "transfer")]
    found = only(answers_in_inputs(subject(train=rows)))
    assert (found.severity, found.count) == ("warning", 150)
    assert "another label's in 0.0%" in found.message


def test_labels_that_every_prompt_lists_are_fine(subject: MakeSubject, only: Only) -> None:
    rows = [(f"card, fee or transfer? {at}", label) for at in range(50) for label in ("card", "fee", "transfer")]
    assert only(answers_in_inputs(subject(train=rows))).severity == "note"


def test_spans_that_are_asked_for_are_a_note(subject: MakeSubject, only: Only) -> None:
    rows = [(f"Where does person{at} live? In town{at}.", f"town{at}") for at in range(50)]
    found = only(answers_in_inputs(subject(train=rows, kind="text")))
    assert (found.severity, found.count) == ("note", 50)


def test_long_copies_are_a_warning_where_rare_or_where_everywhere(subject: MakeSubject, only: Only) -> None:
    sentence = "the model shall say these words"
    rare = [(f"question number {at}", f"a reply that only row {at} has") for at in range(99)]
    found = only(answers_in_inputs(subject(train=[*rare, (f"hint: {sentence} 99", f"{sentence} 99")], kind="text")))
    assert (found.severity, found.row_ids) == ("warning", (99,))
    every = [(f"repeat: {sentence} {at}", f"{sentence} {at}") for at in range(50)]
    assert only(answers_in_inputs(subject(train=every, kind="text"))).severity == "warning"


def test_numbers_and_json_are_not_looked_for(subject: MakeSubject) -> None:
    assert list(answers_in_inputs(subject(train=[("is it 4", "4")], kind="number"))) == []
