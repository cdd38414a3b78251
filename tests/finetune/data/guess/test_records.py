"""What of a guess is there when nothing is said."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from lfine.finetune.data.guess.records import Answer, Choice, Division, Metrics, Wanted


def test_nothing_wanted_asks_for_nothing() -> None:
    assert Wanted() == Wanted(output=None, inputs=(), metric=None)


def test_a_division_scores_test_rows_and_trains_unless_a_column_says_otherwise() -> None:
    found = Division("hash")
    assert (found.scored, found.scored_rows, found.trains, found.column) == ("test", None, True, None)


def test_an_answer_is_neither_cast_nor_shown_as_a_letter_unless_its_values_say_so() -> None:
    found = Answer("category", "label")
    assert (found.cast, found.letters, found.labels) == (None, False, ())
    assert not Metrics(("rouge",)).extract_label


def test_what_was_chosen_stays() -> None:
    with pytest.raises(FrozenInstanceError):
        Choice("output", "label", "sure", "its name").value = "text"  # type: ignore[misc]
