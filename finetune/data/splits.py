"""Which row is for training, which for validation, which for the test.

    assign_splits(table, Split(type=None, column=None, probabilities=(0.8, 0.1, 0.1), seed=42))
      ─▶  SplitAssignment(names=("train", "train", "test", …), type="fixed", column="split",
                          reason="the data have a column 'split'")

Separate files say it themselves; else a column says it (fixed); else a seeded hash of the row's whole content does, so
that equal rows stay on one side, and a row's side depends on no other row.

*Not here:* which test rows are scored (lfine.finetune.data.held_out).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import content_hash, text_of
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split, SplitName

NAMES: tuple[SplitName, ...] = ("train", "validation", "test")
"""In the order of `Split.probabilities` and of the numbers 0, 1, 2."""

_KEY = "preprocessing.split"
_MEANINGS: dict[str, SplitName] = {text: name for n, name in enumerate(NAMES) for text in (name, str(n))}
_SUGGESTIONS = {"dev": "validation", "val": "validation", "valid": "validation", "training": "train", "testing": "test"}


@dataclass(frozen=True)
class SplitAssignment:
    """The split of every row, and how it was found."""

    names: tuple[SplitName, ...]
    """By row id."""
    type: Literal["files", "fixed", "hash"]
    """files: the data set came in separate files or hub splits."""
    column: str | None
    """fixed: the column that says it; it is no content of the row."""
    reason: str
    """Why this type, in one line."""

    def rows(self, split: SplitName) -> tuple[int, ...]:
        """Return the ids of the split's rows, ascending."""
        return tuple(row for row, name in enumerate(self.names) if name == split)

    def content_columns(self, table: Table) -> tuple[str, ...]:
        """Return the columns that make a row's content: all but the one that says the split."""
        return tuple(column for column in table.columns if column != self.column)

    def counts(self) -> str:
        """Return `train 80, validation 10, test 10`."""
        found = Counter(self.names)
        return ", ".join(f"{name} {found[name]}" for name in NAMES)


def assign_splits(
    table: Table, split: Split, *, needed: Collection[SplitName] = ("train", "test"), place: Place = unplaced
) -> SplitAssignment:
    """Return the split of every row.

    Raises TaskError: LF105 shares that do not add up, LF201 no such column, LF206 keys that exclude each other,
    LF304 a value that means no split, LF305 a needed split without a row.
    """
    if table.given_splits is not None:
        assignment = _given(table.given_splits, split, place)
    elif split.type == "hash" or (split.type is None and split.column is None and "split" not in table.columns):
        assignment = _hashed(table, split, place)
    else:
        assignment = _fixed(table, split, place)
    _check_needed(assignment, needed, place)
    return assignment


def _given(names: tuple[SplitName, ...], split: Split, place: Place) -> SplitAssignment:
    if split.type is not None or split.column is not None:
        message = "the data come in separate files, and preprocessing.split is given too"
        raise TaskError(place("LF206", _KEY, message, "remove preprocessing.split, or use dataset.path"))
    return SplitAssignment(names, "files", None, "the data come divided: a file or hub split for each")


def _fixed(table: Table, split: Split, place: Place) -> SplitAssignment:
    column = split.column or "split"
    if column not in table.columns:
        message = f"the data have no column {column!r} to split by"
        raise TaskError(place("LF201", f"{_KEY}.column", message, column_cure(column, table.columns)))
    found = [_MEANINGS.get(text_of(row[column]).strip().lower()) for row in table.rows]
    names = tuple(name for name in found if name is not None)
    if len(names) < len(found):
        raise TaskError(_unknown_values(table, column, [row for row, name in enumerate(found) if name is None], place))
    asked = split.type is not None or split.column is not None
    reason = f"column {column!r}, as the task says" if asked else f"the data have a column {column!r}"
    return SplitAssignment(names, "fixed", column, reason)


def _unknown_values(table: Table, column: str, rows: list[int], place: Place) -> Problem:
    by_value: dict[str, list[int]] = {}
    for row in rows:
        by_value.setdefault(text_of(table.rows[row][column]).strip(), []).append(row)
    most = sorted(by_value.items(), key=lambda item: (-len(item[1]), item[0]))
    each = [f"{value!r} ({counted(len(ids), 'row')}: {listed(ids)})" for value, ids in most]
    message = f"column {column!r} has values that mean no split: {listed(each)}"
    meant = [f"{value!r} is {_SUGGESTIONS[value.lower()]!r} here" for value, _ in most if value.lower() in _SUGGESTIONS]
    cure = "write train, validation or test (or 0, 1, 2)" + (f": {listed(meant)}" if meant else "")
    return place("LF304", f"{_KEY}.column", message, f"{cure}; or set {_KEY}.type to hash and leave the column unused")


def _hashed(table: Table, split: Split, place: Place) -> SplitAssignment:
    bounds = _bounds(split, place)
    if split.column is not None:
        message = f"a split by hash takes no column, got {split.column!r}"
        raise TaskError(place("LF206", f"{_KEY}.column", message, "remove the column, or set the type to fixed"))
    hashes = (content_hash(row, table.columns, split.seed) for row in table.rows)
    names = tuple(NAMES[bisect_right(bounds, _fraction(digest))] for digest in hashes)
    shares = "/".join(f"{100 * share:g}" for share in split.probabilities)
    asked = "as the task says" if split.type is not None else "the data have no column 'split'"
    return SplitAssignment(names, "hash", None, f"{shares} by a hash of each row's content, seed {split.seed}: {asked}")


def _bounds(split: Split, place: Place) -> list[float]:
    """Return the upper bounds of all splits but the last with a share, which takes what is left."""
    shares = split.probabilities
    if len(shares) != len(NAMES) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        message = f"the shares of train, validation and test must be three that add up to 1, got {list(shares)}"
        raise TaskError(place("LF105", f"{_KEY}.probabilities", message, "write for instance [0.8, 0.1, 0.1]"))
    last = max(n for n, share in enumerate(shares) if share > 0)
    return list(accumulate(shares))[:last]


def _fraction(digest: bytes) -> float:
    """Return the hash as a number in [0, 1], from its first 53 bits (what a double holds)."""
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _check_needed(assignment: SplitAssignment, needed: Collection[SplitName], place: Place) -> None:
    present = set(assignment.names)
    cure = {
        "files": "name a file for it (dataset.{0}), or put all rows into one file and use dataset.path",
        "fixed": f"give some rows the value {{0}} in column {assignment.column!r}, or set {_KEY}.type to hash",
        "hash": f"give the split a larger share in {_KEY}.probabilities, or add rows",
    }[assignment.type]
    problems = [
        place("LF305", _KEY, f"no row is in the split {name!r} ({assignment.counts()})", cure.format(name))
        for name in NAMES
        if name in needed and name not in present
    ]
    if problems:
        raise TaskError(*problems)
