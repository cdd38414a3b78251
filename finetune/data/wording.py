"""How data problems name rows and near misses.

    listed([3, 7, 9, 12, 15, 20, 21]) == "3, 7, 9, 12, 15 and 2 more"
    counted(2, "row") == "2 rows"
    spans([3, 7, 8, 9, 12]) == "3, 7–9, 12"
    quoted("a text of 70 characters …") == "'a text of …'"
    column_cure("lable", ["label", "text"]) == "did you mean `label`?"

*Not here:* the problems themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.schemas.suggestions import did_you_mean

SHOWN = 5
"""Items that a message spells out before it goes over to a count."""
WIDEST = 60
"""Characters of a cell that a message shows."""
SPANS = 200
"""Spans of numbers that a message spells out."""


def listed(items: Sequence[object], *, shown: int = SHOWN) -> str:
    """Return the first items and the number of those left."""
    text = ", ".join(str(item) for item in items[:shown])
    return f"{text} and {len(items) - shown} more" if len(items) > shown else text


def counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def quoted(text: str) -> str:
    """Return a value of the data as a message shows it: in quotes, and no longer than a line."""
    return repr(text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…")


def spans(numbers: Sequence[int], *, shown: int = SPANS) -> str:
    """Return ascending numbers, those that follow one another as one span; all of them but in the worst of files."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1] = [found[-1][0], number]
        else:
            found.append([number])
    return listed(["–".join(map(str, span)) for span in found], shown=shown)


def column_cure(name: str, columns: Sequence[str]) -> str:
    """Return the cure for a column that is not there: the near one, else all there are."""
    if name.strip() in columns:
        return f"write `{name.strip()}`: blanks at the ends of a column's name are left out when the data are read"
    meant = did_you_mean(name, columns)
    return meant or f"use one of {listed([f'`{column}`' for column in columns], shown=20)}"
