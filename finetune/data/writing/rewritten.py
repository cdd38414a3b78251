"""What of a value a file format cannot hold, so that none of it is lost unsaid.

    kind_of(["a"]) == "list"
    tally("tags", [("list", "JSON text")] * 3)  ─▶  (Rewritten("tags", "list", "JSON text", rows=3),)

*Not here:* which values these are (one module per format), and that all else comes back (registry).
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.wording import counted, listed

JSON_TEXT, TEXT, NOTHING = "JSON text", "text", "nothing"
Found = tuple[str, str]
"""Kind of a value, and the form that it is written in."""
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),
    (int, "whole number"),
    (float, "number"),
    (decimal.Decimal, "decimal number"),
    ((list, tuple), "list"),
    (dict, "object"),
    (dt.datetime, "moment"),
    (dt.date, "date"),
    (dt.time, "time"),
    (dt.timedelta, "duration"),
)
"""The first that fits: a bool is an int, a datetime a date."""


@dataclass(frozen=True)
class Rewritten:
    """Values of one column that are written in another form than they have."""

    column: str
    kind: str
    """What they are: `list`, `date`, `missing value` …"""
    form: str
    """What they are written as: `JSON text`, `text`, `nothing`."""
    rows: int
    """How many."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)


def kind_of(value: object) -> str:
    """Return in a word what a value is."""
    if value is None:
        return "missing value"
    if isinstance(value, str):
        return "text" if value else "empty text"
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return next((kind for types, kind in _KINDS if isinstance(value, types)), type(value).__name__)


def nested(value: object) -> bool:
    return isinstance(value, (list, tuple, dict))


def as_text(value: object) -> Found:
    """Return what is to be said of a value that is written as its text."""
    return kind_of(value), JSON_TEXT if nested(value) else TEXT


def tally(column: str, found: Iterable[Found]) -> tuple[Rewritten, ...]:
    """Return how often each was found, the most frequent first."""
    counts = Counter(found)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Rewritten(column, kind, form, rows) for (kind, form), rows in ordered)


def by_column(rows: Rows) -> dict[str, list[object]]:
    """Return each column's values, every row asked for once: of many rows each is made anew whenever it is."""
    columns: dict[str, list[object]] = {name: [] for name in rows.columns}
    for row in rows.rows:
        for name, values in columns.items():
            values.append(row[name])
    return columns


def in_words(rewritten: Sequence[Rewritten]) -> tuple[str, ...]:
    """Return one line for each kind and form, with its columns."""

    def pair(each: Rewritten) -> Found:
        return each.kind, each.form

    lines = []
    for (kind, form), group in groupby(sorted(rewritten, key=pair), key=pair):
        columns = [f"{each.column!r} ({counted(each.rows, 'row')})" for each in group]
        lines.append(f"{kind}s are written as {form}: {listed(columns, shown=10)}")
    return tuple(lines)
