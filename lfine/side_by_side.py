"""Two rows beside one another, column by column, with the words in which they differ marked.

    side_by_side({"text": "a dog ran", "id": 1}, {"text": "a cat ran", "id": 1})
      ─▶  (Pair("text", left=(Piece("a ", False), Piece("dog", True), Piece(" ran", False)), right=(…)),
           Pair("id", left=(Piece("1", False),), right=None))

*Not here:* finding rows that are alike (lfine.finetune.data.check), the page (lfine.data_page).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from lfine.finetune.data.values import Row, text_of

LONGEST = 1500
"""Characters of a cell that are shown: comparing takes the square of their number."""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    text: str
    differs: bool


@dataclass(frozen=True)
class Pair:
    """One column of two rows."""

    column: str
    left: tuple[Piece, ...]
    right: tuple[Piece, ...] | None
    """None: the same as on the left."""


def side_by_side(left: Row, right: Row) -> tuple[Pair, ...]:
    """Return the columns of the two rows in the order of the left one; a long text is cut where both still agree."""
    return tuple(_pair(column, text_of(left[column]), text_of(right.get(column))) for column in left)


def _pair(column: str, left: str, right: str) -> Pair:
    if left == right:
        return Pair(column, (Piece(_short(left, 0), differs=False),), None)
    start = _start(left, right)
    mine, theirs = _short(left, start), _short(right, start)
    a, b = _WORDS.findall(mine), _WORDS.findall(theirs)
    codes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return Pair(
        column,
        tuple(_pieces((("".join(a[at:end]), tag != "equal") for tag, at, end, _, _ in codes))),
        tuple(_pieces((("".join(b[at:end]), tag != "equal") for tag, _, _, at, end in codes))),
    )


def _pieces(found: Iterator[tuple[str, bool]]) -> Iterator[Piece]:
    return (Piece(text, differs) for text, differs in found if text)


def _start(left: str, right: str) -> int:
    """Return where to begin, so that the first difference of long texts is among what is shown."""
    if max(len(left), len(right)) <= LONGEST:
        return 0
    first = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return max(0, first - LONGEST // 2)


def _short(text: str, start: int) -> str:
    end = start + LONGEST
    return ("… " if start else "") + text[start:end] + (" …" if len(text) > end else "")
