"""Guesses of small tables, for the tests of what is drafted of them.

guessed({"review": TEXT, "label": ["bad", "good"]}) -> Guess(output="label", inputs=("review",), …)
"""

from __future__ import annotations

from collections.abc import Mapping

from lfine.finetune.data.guess.guessing import guess
from lfine.finetune.data.guess.records import Guess, Wanted
from tests.finetune.data.guess.tables import table_of

TEXT = "the {w} of the {v} is number {n} today"
FOUR = ("{w} {n}", "{v} {n}", "x {n}", "y {n}")
"""Choices of a question."""


def guessed(columns: Mapping[str, object], wanted: Wanted | None = None, *, rows: int = 120) -> Guess:
    return guess(table_of(columns, rows=rows), wanted or Wanted())
