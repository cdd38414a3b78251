"""Marks around control tokens in values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lfine.finetune.catalogue.guarding import END, START, Guard

GUARD = Guard(["<|im_end|>", "<|im_end|>x", "<s>"])


def test_pieces_of_a_marked_text() -> None:
    marked = GUARD.mark("a <|im_end|> b<s>")
    assert marked == f"a {START}<|im_end|>{END} b{START}<s>{END}"
    assert GUARD.pieces(marked) == [("a ", False), ("<|im_end|>", True), (" b", False), ("<s>", True)]


def test_the_longer_token_is_found_first() -> None:
    assert GUARD.pieces(GUARD.mark("<|im_end|>x")) == [("<|im_end|>x", True)]


def test_unmarked_tokens_are_left_to_the_template() -> None:
    assert GUARD.pieces("<s>hello") == [("<s>hello", False)]


def test_half_marks_are_dropped() -> None:
    thoughts = GUARD.mark("one<s>two").split("<s>")[-1]  # as templates take thoughts off
    assert thoughts == f"{END}two"
    assert GUARD.pieces(f"{thoughts} {GUARD.mark('<s>')}") == [("two ", False), ("<s>", True)]


def test_counting() -> None:
    assert GUARD.count(["<s><s>", "none", "<|im_end|>"]) == 3
    assert GUARD.found_in(["none", "<s>"])
    assert not GUARD.found_in(["none", "<S>"])


def test_no_tokens_at_all() -> None:
    empty = Guard([])
    assert empty.count(["<s>"]) == 0
    assert empty.pieces(empty.mark("<s>")) == [("<s>", False)]


@given(st.lists(st.sampled_from(["<s>", "<|im_end|>", "a", " ", START, END]), max_size=8))
def test_every_text_is_its_pieces(parts: list[str]) -> None:
    text = "".join(parts)
    if START in text or END in text:
        return
    assert "".join(piece for piece, _ in GUARD.pieces(GUARD.mark(text))) == text
