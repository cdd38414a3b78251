"""Near duplicates of rows to score, and within train."""

from __future__ import annotations

import pytest

from lfine.finetune.data.check import near_duplicates as near
from tests.finetune.data.check.conftest import MakeSubject, Only

LONG = "the quick brown fox jumps over the lazy dog and runs away from here"
CHANGED = "the quick brown fox jumps over the lazy dog and runs away from there"
OTHER = "which city is the capital of this country and how many people live in it"


def test_near_leaks_say_the_nearest_row_and_the_similarity(subject: MakeSubject, only: Only) -> None:
    rows = subject(train=[(OTHER, "1"), (LONG, "1")], test=[(CHANGED, "1"), ("nothing like it at all", "2")])
    found = only(near.near_duplicates(rows))
    assert (found.name, found.severity, found.split) == ("near-leaks", "warning", "test")
    assert found.pairs == ((2, 1),)
    assert found.examples[0].startswith("0.85: the quick")


def test_equal_inputs_are_not_near_ones(subject: MakeSubject) -> None:
    assert list(near.near_duplicates(subject(train=[(LONG, "1")], test=[(LONG, "1")]))) == []


def test_case_and_punctuation_make_a_near_duplicate(subject: MakeSubject, only: Only) -> None:
    found = only(near.near_duplicates(subject(train=[(LONG, "1")], test=[(LONG.upper() + "!", "1")])))
    assert found.examples[0].startswith("1.00: ")


def test_held_out_rows_are_held_against_held_out_rows_too(subject: MakeSubject) -> None:
    rows = subject(train=[(OTHER, "1")], validation=[(LONG, "1")], test=[(CHANGED, "1")])
    found = list(near.near_duplicates(rows))
    assert [(each.name, each.split, each.pairs) for each in found] == [
        ("near-held-out", "test", ((2, 1),)),
        ("near-held-out", "validation", ((1, 2),)),
    ]


def test_within_train_each_row_of_a_pair_is_named(subject: MakeSubject, only: Only) -> None:
    found = only(near.near_duplicates(subject(train=[(LONG, "1"), (OTHER, "1"), (CHANGED, "1"), (LONG, "1")])))
    assert (found.name, found.severity, found.pairs) == ("near-duplicates", "note", ((0, 2), (2, 0)))
    assert "2 of 3 distinct inputs of train nearly stand there once more" in found.message


def test_a_large_train_is_sampled_by_seed_against_all(
    subject: MakeSubject, only: Only, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "SAMPLE", 10)
    rows = subject(train=[(f"{LONG} {at}", "1") for at in range(40)])
    first, again = only(near.near_duplicates(rows)), only(near.near_duplicates(rows))
    assert first == again
    assert first.count == 10
    assert max(max(pair) for pair in first.pairs) > 10
    assert "(a sample of seed 42, held against all 40)" in first.message
