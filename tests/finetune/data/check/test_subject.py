"""Equality by number, splits and short texts."""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.data.check.subject import firsts, percent, short
from tests.finetune.data.check.conftest import MakeSubject


def test_numbers_of_equal_values() -> None:
    assert firsts(["a", "b", "a", "c", "b"]).tolist() == [0, 1, 0, 3, 1]
    assert firsts([]).tolist() == []


def test_rows_are_equal_by_input_and_by_both(subject: MakeSubject) -> None:
    made = subject(train=[("a", "1"), ("a", "2"), ("b", "1")], test=[("a", "2")])
    assert made.input_ids.tolist() == [0, 0, 2, 0]
    assert made.row_ids.tolist() == [0, 1, 2, 1]
    assert {name: rows.tolist() for name, rows in made.by_split.items()} == {"train": [0, 1, 2], "test": [3]}
    assert replace(made, answers=None).row_ids.tolist() == [0, 0, 2, 0]


def test_answers_repeat_as_labels_do(subject: MakeSubject) -> None:
    twenty = [(str(at), f"label {at % 2}") for at in range(20)]
    assert subject(train=twenty, kind="text").repeating
    assert not subject(train=twenty[:19], kind="text").repeating
    assert not subject(train=twenty, kind="json").repeating


def test_short_texts() -> None:
    assert short("a\n b␞c") == "a b | c"
    assert len(short("x" * 500)) == 103


def test_what_is_not_nothing_is_not_written_as_nothing() -> None:
    assert [percent(share) for share in (0, 0.0004, 0.034, 1)] == ["0.0%", "under 0.1%", "3.4%", "100.0%"]
