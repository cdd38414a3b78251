"""How columns stand to one another."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lfine.finetune.data.guess.profiles import Profile, profile
from lfine.finetune.data.guess.relations import (
    FEWEST_ROWS,
    is_choices,
    joined_copy,
    near_copy,
    parallel,
    points_into,
    references_of,
    stands_in,
    twins,
)

N = 60


def column(name: str, *cells: object, rows: int = N) -> Profile:
    """Return a column that gives its cells in turn; a text may hold the row's number."""
    found = [cells[row % len(cells)] for row in range(rows)]
    return profile(name, [cell.format(n=row) if isinstance(cell, str) else cell for row, cell in enumerate(found)])


def lists_of(name: str, length: int, rows: int = N) -> Profile:
    return profile(name, [[f"item {row} {at}" for at in range(length)] for row in range(rows)])


def test_twins_say_the_same_in_other_words() -> None:
    assert twins(column("label", 0, 1, 2), column("mood", "bad", "fair", "good"))
    assert not twins(column("label", 0, 1, 2), column("mood", "bad", "fair"))
    assert not twins(column("a", "x", "y"), column("b", "p", "p", "q", "q"))


def test_of_few_rows_twins_share_a_word_of_their_names() -> None:
    few = FEWEST_ROWS - 2
    assert not twins(column("label", 0, 1, rows=few), column("mood", "bad", "good", rows=few))
    assert twins(column("label", 0, 1, rows=few), column("label_text", "bad", "good", rows=few))
    assert twins(column("label", 0, 1, rows=FEWEST_ROWS), column("mood", "bad", "good", rows=FEWEST_ROWS))


def test_references_hold_the_text_of_their_row() -> None:
    answer = column("summary", "the answer {n} of it")
    named = profile("references", [["another", text] for text in answer.texts])
    unnamed = profile("others", [["another", text] for text in answer.texts])
    first = profile("others", [[text, "another"] for text in answer.texts])
    assert references_of(answer, named)
    assert not references_of(answer, unnamed), "an item besides the first, and no name that says so"
    assert references_of(answer, first)
    strange = profile("references", [["another", "third"] for _ in answer.texts])
    assert not references_of(answer, strange)
    assert not references_of(named, answer)


def test_one_row_in_fifty_may_differ() -> None:
    answer = column("summary", "the answer {n} of it", rows=100)
    lists = [[text] for text in answer.texts]
    assert references_of(answer, profile("references", [*lists[:98], ["x"], ["y"]]))
    assert not references_of(answer, profile("references", [*lists[:97], ["x"], ["y"], ["z"]]))


def test_choices_are_short_lists_that_differ() -> None:
    assert is_choices(lists_of("x", 4))
    assert not is_choices(lists_of("x", 1))
    assert is_choices(lists_of("x", 10))
    assert not is_choices(lists_of("x", 11))
    assert not is_choices(column("x", ["a", "b"], ["b", "c"])), "the same few items again and again"
    many = profile("choices", [[f"i{row % 12}", f"i{(row + 1) % 12}"] for row in range(N)])
    assert is_choices(many), "called so, of more items than one list has"
    assert not is_choices(column("x", "a text"))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((0, 1, 2, 3), True),
        (("0", "1", "2", "3"), True),
        (("A", "B", "C", "D"), True),
        ((0, 1), False),  # never the third or fourth
        ((1, 2, 3, 4), False),  # counted from 1: one points outside
        (("a", "b", "c", "d"), False),
        (("yes", "no"), False),
    ],
)
def test_a_number_or_letter_points_into_lists_of_four(cells: Sequence[object], expected: bool) -> None:
    assert points_into(column("answer", *cells), lists_of("choices", 4)) is expected


def test_nothing_points_into_what_is_no_list_of_choices() -> None:
    assert not points_into(column("answer", 0, 1, 2, 3), column("choices", "a text of it"))


def test_a_text_may_be_the_items_of_a_list() -> None:
    tokens = profile("tokens", [["Mr", "Smith", str(row)] for row in range(N)])
    assert joined_copy(column("text", "Mr Smith {n}"), tokens)
    assert joined_copy(column("text", "MrSmith{n}"), tokens)
    assert not joined_copy(column("text", "Mrs Smith {n}"), tokens)
    assert not joined_copy(tokens, tokens)


def test_texts_with_most_words_in_common_are_near_copies() -> None:
    one = column("one", "the quick brown fox jumps over {n}")
    assert near_copy(one, column("two", "the quick brown fox leaps over {n}"))
    assert not near_copy(one, column("two", "a lazy dog sleeps below it"))
    assert not near_copy(one, column("two", "the", "quick")), "no running text"


def test_a_text_stands_in_another_but_for_case() -> None:
    long = column("passage", "The River {n} is long")
    assert stands_in(column("answer", "river {n}"), long) == 1.0
    assert stands_in(column("answer", "river {n}", "lake"), long) == 0.5
    assert stands_in(column("answer", "river {n}", ""), long) == 1.0, "an empty answer does not count"
    assert stands_in(column("answer", ""), long) == 0.0


def test_parallel_lists_have_equally_many_items() -> None:
    tokens = profile("tokens", [["a"] * (row % 3 + 1) for row in range(N)])
    tags = profile("tags", [[0] * (row % 3 + 1) for row in range(N)])
    assert parallel(tokens, tags)
    assert not parallel(tokens, lists_of("tags", 2))
    assert not parallel(tokens, column("tags", "O"))
