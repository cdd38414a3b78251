"""Marked is what differs, and put together the pieces are the texts."""

from __future__ import annotations

import pytest

from lfine.finetune.data.values import Row
from lfine.side_by_side import LONGEST, Pair, Piece, side_by_side


def only(left: Row, right: Row) -> Pair:
    (pair,) = side_by_side(left, right)
    return pair


def marked(pieces: tuple[Piece, ...] | None) -> list[str]:
    return [piece.text for piece in pieces or () if piece.differs]


def whole(pieces: tuple[Piece, ...] | None) -> str:
    return "".join(piece.text for piece in pieces or ())


def test_words_that_differ_are_marked() -> None:
    pair = only({"text": "a dog ran home"}, {"text": "a cat ran home!"})
    assert marked(pair.left) == ["dog"]
    assert marked(pair.right) == ["cat", "!"]
    assert whole(pair.left) == "a dog ran home"
    assert whole(pair.right) == "a cat ran home!"


def test_equal_cells_are_there_once() -> None:
    assert only({"n": 1}, {"n": "1"}) == Pair("n", (Piece("1", False),), None)


@pytest.mark.parametrize(
    ("left", "right", "mine", "theirs"),
    [
        ("", "all", [], ["all"]),
        ("one\ntwo", "one two", ["\n"], [" "]),
        ("naïve", "naive", ["naïve"], ["naive"]),
        ("a b", "a b c", [], [" c"]),
    ],
)
def test_at_the_edges(left: str, right: str, mine: list[str], theirs: list[str]) -> None:
    pair = only({"t": left}, {"t": right})
    assert marked(pair.left) == mine
    assert marked(pair.right) == theirs


def test_a_long_text_is_cut_so_that_the_difference_is_seen() -> None:
    words = "word " * 2000
    pair = only({"t": words + "one" + words}, {"t": words + "two" + words})
    assert "one" in "".join(marked(pair.left))
    assert "two" in "".join(marked(pair.right))
    assert whole(pair.left).startswith("… ")
    assert whole(pair.left).endswith(" …")
    assert len(whole(pair.left)) <= LONGEST + 4
    same = only({"t": words}, {"t": words})
    assert len(whole(same.left)) <= LONGEST + 2


def test_every_column_of_the_left_row() -> None:
    pairs = side_by_side({"a": "1", "b": [1, 2], "c": None}, {"b": [1, 2], "a": "2", "c": "x"})
    assert [pair.column for pair in pairs] == ["a", "b", "c"]
    assert pairs[1].right is None
    assert marked(pairs[2].right) == ["x"]
