"""Rows divided by what they hold: by a hash, by chance, in strata, in groups, along time.

    divide(Asked(table, content=table, split=Split("group", "author", (0.8, 0.1, 0.1), 42), column="author", …))
      ─▶  Division(names=("train", "test", …), reason="about 80/10/10 by a hash of column 'author', 212 values, …")

A hash of the row (`hash`) or of one column (`group`) decides each row alone: shares are near those asked for, and rows
that come or go move no other row. `random` (the order of a seeded hash of the row's number), `stratify` (in each value
of a column the order of a seeded hash of the row's content) and `datetime` have exact shares: a new row may move some.

*Not here:* columns that say the split, and what is asked for (lfine.finetune.data.splits), the arithmetic (…shares).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lfine.finetune.data.places import Place, as_warning
from lfine.finetune.data.shares import cut, dealt, moment_of, side_of
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import answer_of, content_hash
from lfine.finetune.data.wording import counted, listed, quoted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split, SplitName

NAMES: tuple[SplitName, ...] = ("train", "validation", "test")
"""In the order of `Split.probabilities` and of the numbers 0, 1, 2."""
KEY = "preprocessing.split"


@dataclass(frozen=True)
class Division:
    """The split of every row."""

    names: tuple[SplitName, ...]
    """By row id."""
    reason: str
    """How, in one line."""
    warnings: tuple[Problem, ...] = ()
    """LF323 equal rows on different sides, LF324 values with too few rows, LF328 rows without a group."""


@dataclass(frozen=True)
class Asked:
    """What a division is made of."""

    table: Table
    content: Table
    """The rows as read: their hash must not change when columns are made another way."""
    split: Split
    column: str
    """The one to go by; empty for hash and random, which go by none."""
    place: Place

    def shares(self) -> str:
        return "/".join(f"{100 * share:g}" for share in self.split.probabilities)

    def content_hash(self, row_id: int) -> bytes:
        return content_hash(self.content.rows[row_id], self.content.columns, self.split.seed)


def divide(asked: Asked) -> Division:
    """Return the split of every row; raises TaskError, LF322 for values that have no order."""
    return _WAYS[asked.split.type or "hash"](asked)


def rows_by_value(table: Table, column: str, rows: Sequence[int]) -> dict[str, list[int]]:
    """Return value → rows, the most frequent first."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(answer_of(table.rows[row][column]), []).append(row)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def values_in_words(rows: dict[str, list[int]]) -> str:
    return listed([f"{quoted(value)} ({counted(len(ids), 'row')}: {listed(ids)})" for value, ids in rows.items()])


def _hashed(asked: Asked) -> Division:
    split = asked.split
    hashes = (asked.content_hash(row) for row in range(len(asked.table.rows)))
    names = tuple(NAMES[side_of(digest, split.probabilities)] for digest in hashes)
    why = "as the task says" if split.type is not None else "the data have no column 'split'"
    reason = f"{asked.shares()} by a hash of each row's content, seed {split.seed}: {why}"
    return Division(names, reason)


def _random(asked: Asked) -> Division:
    seed, rows = asked.split.seed, range(len(asked.table.rows))
    order = sorted(rows, key=lambda row: content_hash({"row": row}, ("row",), seed))
    names = _named(dealt([order], asked.split.probabilities, len(order)))
    reason = f"exactly {asked.shares()} by a hash of each row's number, seed {seed}: rows must keep their order"
    return Division(names, reason, _equal_rows_apart(asked, names))


def _stratified(asked: Asked) -> Division:
    strata = rows_by_value(asked.table, asked.column, range(len(asked.table.rows)))
    for rows in strata.values():
        rows.sort(key=lambda row: (asked.content_hash(row), row))
    names = _named(dealt(strata.values(), asked.split.probabilities, len(asked.table.rows)))
    reason = f"{asked.shares()} of each of {counted(len(strata), 'value')} of column {asked.column!r}, "
    reason += f"by a hash of each row's content, seed {asked.split.seed}"
    warnings = (*_rare_values(asked, strata, names), *_equal_rows_apart(asked, names))
    return Division(names, reason, warnings)


def _grouped(asked: Asked) -> Division:
    split, groups = asked.split, [answer_of(row[asked.column]) for row in asked.table.rows]
    alone = [row for row, group in enumerate(groups) if not group]
    hashes = (
        content_hash({"group": group}, ("group",), split.seed) if group else asked.content_hash(row)
        for row, group in enumerate(groups)
    )
    names = tuple(NAMES[side_of(digest, split.probabilities)] for digest in hashes)
    found = counted(len({*groups} - {""}), "value")
    reason = f"about {asked.shares()} by a hash of column {asked.column!r}, {found}, seed {split.seed}"
    warnings: tuple[Problem, ...] = ()
    if alone:
        message = f"column {asked.column!r} is empty in {counted(len(alone), 'row')}: {listed(alone)}"
        cure = "each of them is a group of its own; fill the cells where rows belong together"
        warnings = (as_warning(asked.place("LF328", f"{KEY}.column", message, cure)),)
    return Division(names, reason, warnings)


def _by_time(asked: Asked) -> Division:
    moments = [moment_of(row[asked.column]) for row in asked.table.rows]
    kinds = Counter(moment[0] for moment in moments if moment is not None)
    usual = max(kinds, key=lambda kind: (kinds[kind], kind), default="date")
    keys = [moment[1] for moment in moments if moment is not None and moment[0] == usual]
    if len(keys) < len(moments):
        odd = [row for row, moment in enumerate(moments) if moment is None or moment[0] != usual]
        wanted = "numbers" if usual == "number" else "ISO dates"
        found = values_in_words(rows_by_value(asked.table, asked.column, odd))
        message = f"column {asked.column!r} has values that are no {wanted}: {found}"
        cure = "write all of them as ISO dates (2020-04-03, 2020-04-03T12:30) or all as numbers"
        raise TaskError(asked.place("LF322", f"{KEY}.column", message, f"{cure}; rows are counted from 0"))
    names = _named(cut(keys, asked.split.probabilities))
    reason = (
        f"{asked.shares()} in the order of column {asked.column!r}, the latest rows for the test; equal ones together"
    )
    return Division(names, reason)


_WAYS: dict[str, Callable[[Asked], Division]] = {
    "hash": _hashed,
    "random": _random,
    "stratify": _stratified,
    "group": _grouped,
    "datetime": _by_time,
}


def _named(sides: Sequence[int]) -> tuple[SplitName, ...]:
    return tuple(NAMES[side] for side in sides)


def _equal_rows_apart(asked: Asked, names: Sequence[SplitName]) -> tuple[Problem, ...]:
    """Warn of rows that are equal in every column and not on one side."""
    same: dict[bytes, list[int]] = {}
    for row in range(len(names)):
        same.setdefault(asked.content_hash(row), []).append(row)
    apart = [rows for rows in same.values() if len({names[row] for row in rows}) > 1]
    if not apart:
        return ()
    where = [" and ".join(f"{row} ({names[row]})" for row in rows[:3]) for rows in apart]
    message = (
        f"{counted(sum(map(len, apart)), 'row')} stand on another side than an equal row: {listed(where, shown=3)}"
    )
    cure = f"set {KEY}.type to hash, which keeps equal rows together, or remove the repeated rows"
    return (as_warning(asked.place("LF323", f"{KEY}.type", message, cure)),)


def _rare_values(asked: Asked, strata: dict[str, list[int]], names: Sequence[SplitName]) -> tuple[Problem, ...]:
    """Warn of values that one of the splits lacks."""
    wanted = {name for name, share in zip(NAMES, asked.split.probabilities, strict=True) if share > 0}
    lacking = {value: wanted - {names[row] for row in rows} for value, rows in strata.items()}
    rare = [
        f"{value!r} ({counted(len(strata[value]), 'row')}, none in {' and '.join(sorted(lacks))})"
        for value, lacks in lacking.items()
        if lacks
    ]
    if not rare:
        return ()
    message = f"values of column {asked.column!r} with too few rows for every split: {listed(rare)}"
    cure = "a value of one row is for training; add rows, or give the small splits a larger share"
    return (as_warning(asked.place("LF324", f"{KEY}.column", message, cure)),)
