"""Small tables in the form of well-known data sets, for the tests of the guess.

    table_of({"text": "some words {n}", "label": ["a", "b"]}, rows=40)

A text is filled with the row's number, a list gives its items in turn; anything else is every row's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lfine.finetune.data.files import DataFile
from lfine.finetune.data.forms import in_form
from lfine.finetune.data.places import unplaced
from lfine.finetune.data.tables import Table


def cell(given: object, row: int) -> object:
    """Return one cell: a text with the row's number, or an item of a list in turn."""
    if isinstance(given, str):
        return given.format(n=row, w=WORDS[row * 7 % len(WORDS)], v=WORDS[row * 5 % len(WORDS)])
    if isinstance(given, list):
        return cell(given[row * 13 // 5 % len(given)], row)
    if isinstance(given, tuple):
        return [cell(each, row) for each in given]
    if isinstance(given, dict):
        return {key: cell(each, row) for key, each in given.items()}
    return given(row) if callable(given) else given


WORDS = ("river", "stone", "cloud", "apple", "winter", "letter", "garden", "market", "bridge", "window", "pencil")


def table_of(columns: Mapping[str, object], *, rows: int = 120) -> Table:
    """Return a table as it would be read of a file of this kind."""
    found = tuple({name: cell(given, row) for name, given in columns.items()} for row in range(rows))
    formed = in_form(tuple(columns), found, "auto", unplaced)
    file = DataFile("data.jsonl", Path("data.jsonl"), "", rows)
    return Table(formed.columns, formed.rows, (file,), None, (), formed.form)
