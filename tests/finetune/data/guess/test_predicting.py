"""Whether words tell a label, on rows whose truth is known."""

from __future__ import annotations

import pytest

from lfine.finetune.data.guess.predicting import ROWS, Told, told

WORDS = ("river", "stone", "cloud", "apple", "winter", "letter", "garden")
LABELS = ("good", "bad", "odd")


def rows_of(n: int, *, telling: bool) -> tuple[list[str], list[str]]:
    """Return texts and labels; where they tell, each label has a word of its own."""
    labels = [LABELS[row * row % 7 % 3] for row in range(n)]
    texts = [f"the {WORDS[row % 7]} {label if telling else 'same'} thing" for row, label in enumerate(labels)]
    return texts, labels


def test_words_that_tell_are_right_in_every_row() -> None:
    found = told(*rows_of(140, telling=True))
    assert found is not None
    assert found.right == 1.0
    assert found.frequent == pytest.approx(4 / 7)
    assert found.gain == pytest.approx(3 / 7)


def test_words_that_are_the_same_for_all_tell_only_the_commonest_label() -> None:
    texts, labels = ["one and the same text"] * 100, ["a"] * 70 + ["b"] * 30
    assert told(texts, labels) == Told(0.7, 0.7)


def test_labels_in_turn_are_told_as_well_as_any_others() -> None:
    """Halves of every other row would each have one label alone."""
    labels = ["good" if row % 2 else "bad" for row in range(100)]
    found = told([f"a {label} thing of number {row}" for row, label in enumerate(labels)], labels)
    assert found == Told(1.0, 0.5)


def test_rows_without_a_label_do_not_count() -> None:
    texts, labels = rows_of(60, telling=True)
    found = told([*texts, *["nothing"] * 60], [*labels, *[""] * 60])
    assert found is not None
    assert found.right == 1.0


def test_too_few_rows_tell_nothing() -> None:
    assert told(*rows_of(19, telling=True)) is None
    assert told(*rows_of(20, telling=True)) is not None


def test_of_many_rows_a_part_is_looked_at() -> None:
    """The shares are those of ROWS rows; and they are the same each time."""
    texts, labels = rows_of(7 * ROWS, telling=False)
    found = told(texts, labels)
    assert found is not None
    assert (found.right * ROWS).is_integer()
    assert (found.frequent * ROWS).is_integer()
    assert found.frequent == pytest.approx(4 / 7, abs=0.1)
    assert told(texts, labels) == found
