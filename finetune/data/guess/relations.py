"""How columns stand to one another: copies, twins, an item of a list, a number or letter that points into one.

    twins(label, label_text)            every label has one text, and every text one label
    references_of(lex, references)      the text stands in the list of all right answers
    points_into(answer, choices)        0 … 3, or A … D, for lists of four

*Not here:* what is made of it (lfine.finetune.data.guess.outputs).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lfine.finetune.data.guess.lexicon import CHOICES, REFERENCES, parts
from lfine.finetune.data.guess.profiles import MOST, Profile

NEARLY_ALL = 0.98
FEWEST_ROWS = 50
"""Rows from which two columns that always change together hardly do so by chance."""
NEAR = 0.6
"""Share of words that two columns have in common, on average, from which one says what the other says."""
LOOKED = 500
"""Rows whose words are compared."""
FEWEST_CHOICES, MOST_CHOICES = 2, 10
_WORD = re.compile(r"\w+")


def twins(one: Profile, other: Profile) -> bool:
    """Tell whether two columns of labels say the same in other words."""
    if not (one.label_like and other.label_like) or one.distinct != other.distinct:
        return False
    if len(one.texts) < FEWEST_ROWS and set(parts(one.name)).isdisjoint(parts(other.name)):
        return False
    return len(set(zip(one.texts, other.texts, strict=True))) == one.distinct


def references_of(text: Profile, many: Profile) -> bool:
    """Tell whether a list holds all right answers of a row, and the text is one of them."""
    if many.kind != "list" or text.kind != "text":
        return False
    rows = [(one, found) for one, found in zip(text.texts, many.lists, strict=True) if one and found]
    if not rows or sum(one in found for one, found in rows) < NEARLY_ALL * len(rows):
        return False
    named = not REFERENCES.isdisjoint(parts(many.name))
    return named or sum(one == found[0] for one, found in rows) >= MOST * len(rows)


def is_choices(many: Profile) -> bool:
    """Tell whether lists are short and differ from row to row, as the choices of a question do."""
    lists = [found for found in many.lists if found] if many.kind == "list" else []
    if not lists or not all(FEWEST_CHOICES <= len(found) <= MOST_CHOICES for found in lists):
        return False
    items = [item for found in lists for item in found]
    named = not CHOICES.isdisjoint(parts(many.name))
    return len(set(items)) > 0.2 * len(items) or (named and len(set(items)) > MOST_CHOICES)


def points_into(one: Profile, many: Profile) -> bool:
    """Tell whether a column says by number (from 0) or by letter which item of a list is meant."""
    if not (one.label_like or one.kind == "number") or not is_choices(many):
        return False
    places = [(_place(text), len(found)) for text, found in zip(one.texts, many.lists, strict=True) if text and found]
    inside = [at for at, length in places if at is not None and at < length]
    if not places or len(inside) < NEARLY_ALL * len(places):
        return False
    return max(inside) >= min(max(length for _, length in places) - 1, 2)


def _place(text: str) -> int | None:
    if len(text) == 1 and "A" <= text <= "J":
        return ord(text) - ord("A")
    return int(text) if text.isdecimal() and len(text) == 1 else None


def joined_copy(text: Profile, many: Profile) -> bool:
    """Tell whether a text is what the items of a list are, one behind the other."""
    if many.kind != "list" or text.kind not in ("text", "number"):
        return False
    rows = [(one, found) for one, found in zip(text.texts, many.lists, strict=True) if one and found]
    alike = sum(_bare(one) == _bare("".join(found)) for one, found in rows)
    return bool(rows) and alike >= MOST * len(rows)


def _bare(text: str) -> str:
    return "".join(text.split())


def near_copy(one: Profile, other: Profile) -> bool:
    """Tell whether two columns of text have most of their words in common, row by row."""
    if not (one.running and other.running):
        return False
    shares = list(islice(_in_common(one.texts, other.texts), LOOKED))
    return bool(shares) and sum(shares) / len(shares) >= NEAR


def _in_common(one: Sequence[str], other: Sequence[str]) -> Iterator[float]:
    for text, twin in zip(one, other, strict=True):
        mine, theirs = set(_WORD.findall(text.lower())), set(_WORD.findall(twin.lower()))
        if mine and theirs:
            yield len(mine & theirs) / len(mine | theirs)


def stands_in(one: Profile, other: Profile) -> float:
    """Return the share of rows whose text stands in the other column's, letter for letter but for case."""
    rows = [(text.lower(), long.lower()) for text, long in zip(one.texts, other.texts, strict=True) if text]
    return sum(text in long for text, long in rows) / len(rows) if rows else 0.0


def parallel(one: Profile, other: Profile) -> bool:
    """Tell whether two columns of lists have equally many items in every row: tokens and their tags."""
    if one.kind != "list" or other.kind != "list":
        return False
    return [len(found) for found in one.lists] == [len(found) for found in other.lists]
