"""Which row is for training, which for validation, which for the test.

    assign_splits(table, Split(type=None, column=None, probabilities=(0.8, 0.1, 0.1), seed=42))
      ─▶  SplitAssignment(names=("train", "train", "test", …), type="fixed", column="split",
                          reason="the data have a column 'split'")

Separate files say it themselves; else a column says it (fixed); else a seeded hash of the row's whole content does, so
that equal rows stay on one side, and a row's side depends on no other row. All else the task must ask for.

*Not here:* dividing by what rows hold (lfine.finetune.data.divisions), which test rows are scored (…held_out).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from lfine.finetune.data.divisions import KEY, NAMES, Asked, divide, rows_by_value, values_in_words
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.shares import adds_up
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import text_of
from lfine.finetune.data.wording import column_cure, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split, SplitName

__all__ = ["NAMES", "SplitAssignment", "assign_splits"]

_MEANINGS: dict[str, SplitName] = {text: name for n, name in enumerate(NAMES) for text in (name, str(n))}
_SUGGESTIONS = {"dev": "validation", "val": "validation", "valid": "validation", "training": "train", "testing": "test"}


@dataclass(frozen=True)
class SplitAssignment:
    """The split of every row, and how it was found."""

    names: tuple[SplitName, ...]
    """By row id."""
    type: Literal["files", "fixed", "hash", "random", "stratify", "group", "datetime"]
    """files: the data set came in separate files or hub splits."""
    column: str | None
    """fixed: the column that says it; it is no content of the row. stratify, group, datetime: the one gone by."""
    reason: str
    """Why this type, in one line."""
    warnings: tuple[Problem, ...] = ()
    """LF323 equal rows on different sides, LF324 values with too few rows, LF328 rows without a group."""

    def rows(self, split: SplitName) -> tuple[int, ...]:
        """Return the ids of the split's rows, ascending."""
        return tuple(row for row, name in enumerate(self.names) if name == split)

    def content_columns(self, table: Table) -> tuple[str, ...]:
        """Return the columns that make a row's content: all but the one that says the split."""
        said = self.column if self.type == "fixed" else None
        return tuple(column for column in table.columns if column != said)

    def counts(self) -> str:
        """Return `train 80, validation 10, test 10`."""
        found = Counter(self.names)
        return ", ".join(f"{name} {found[name]}" for name in NAMES)


def assign_splits(
    table: Table,
    split: Split,
    *,
    needed: Collection[SplitName] = ("train", "test"),
    output_column: str | None = None,
    content: Table | None = None,
    place: Place = unplaced,
) -> SplitAssignment:
    """Return the split of every row.

    `output_column` is what stratify goes by unless it is told otherwise; `content` the same rows as they were read,
    where `table` has made columns. Raises TaskError: LF201 no such column, LF206 separate files and a split, LF235 a
    column that nothing looks at, LF238 a column is needed, LF239 shares that do not add up, LF304 a value that means no
    split, LF305 a needed split without a row, LF322 values that have no order.
    """
    if table.given_splits is not None:
        assignment = _given(table.given_splits, split, place)
    elif split.type == "fixed" or (split.type is None and (split.column is not None or "split" in table.columns)):
        assignment = _fixed(table, split, place)
    else:
        column = _column(table, split, output_column, place)
        _check_shares(split, place)
        asked = Asked(table, table if content is None else content, split, column, place)
        found, kind = divide(asked), split.type or "hash"
        assignment = SplitAssignment(found.names, kind, column or None, found.reason, found.warnings)
    _check_needed(assignment, needed, place)
    return assignment


def _column(table: Table, split: Split, output_column: str | None, place: Place) -> str:
    """Return the column to go by; empty for hash and random."""
    kind, path = split.type or "hash", f"{KEY}.column"
    if kind in ("hash", "random"):
        if split.column is not None:
            message = f"a split by {kind} takes no column, got {split.column!r}"
            cure = "remove the column, or set the type to fixed, stratify, group or datetime"
            raise TaskError(place("LF235", path, message, cure))
        return ""
    column = split.column or (output_column if kind == "stratify" else None)
    if column is None:
        message = f"a split of type {kind} needs the column to go by"
        raise TaskError(place("LF238", path, message, f"add `column` to {KEY}"))
    if column not in table.columns:
        message = f"the data have no column {column!r} to split by"
        raise TaskError(place("LF201", path, message, column_cure(column, table.columns)))
    return column


def _check_shares(split: Split, place: Place) -> None:
    if not adds_up(split.probabilities):
        message = (
            f"the shares of train, validation and test must be three that add up to 1, got {list(split.probabilities)}"
        )
        raise TaskError(place("LF239", f"{KEY}.probabilities", message, "write for instance [0.8, 0.1, 0.1]"))


def _given(names: tuple[SplitName, ...], split: Split, place: Place) -> SplitAssignment:
    if split.type is not None or split.column is not None:
        message = "the data come in separate files, and preprocessing.split is given too"
        raise TaskError(place("LF206", KEY, message, "remove preprocessing.split, or use dataset.path"))
    return SplitAssignment(names, "files", None, "the data come divided: a file or hub split for each")


def _fixed(table: Table, split: Split, place: Place) -> SplitAssignment:
    column = split.column or "split"
    if column not in table.columns:
        message = f"the data have no column {column!r} to split by"
        raise TaskError(place("LF201", f"{KEY}.column", message, column_cure(column, table.columns)))
    found = [_MEANINGS.get(text_of(row[column]).strip().lower()) for row in table.rows]
    names = tuple(name for name in found if name is not None)
    if len(names) < len(found):
        raise TaskError(_unknown_values(table, column, [row for row, name in enumerate(found) if name is None], place))
    asked = split.type is not None or split.column is not None
    reason = f"column {column!r}, as the task says" if asked else f"the data have a column {column!r}"
    return SplitAssignment(names, "fixed", column, reason)


def _unknown_values(table: Table, column: str, rows: list[int], place: Place) -> Problem:
    most = rows_by_value(table, column, rows)
    message = f"column {column!r} has values that mean no split: {values_in_words(most)}"
    meant = [f"{value!r} is {_SUGGESTIONS[value.lower()]!r} here" for value in most if value.lower() in _SUGGESTIONS]
    cure = "write train, validation or test (or 0, 1, 2)" + (f": {listed(meant)}" if meant else "")
    return place("LF304", f"{KEY}.column", message, f"{cure}; or set {KEY}.type to hash and leave the column unused")


def _check_needed(assignment: SplitAssignment, needed: Collection[SplitName], place: Place) -> None:
    present = set(assignment.names)
    cure = {
        "files": "name a file for it (dataset.{0}), or put all rows into one file and use dataset.path",
        "fixed": f"give some rows the value {{0}} in column {assignment.column!r}, or set {KEY}.type to hash",
        "stratify": f"stratify by a column whose values have more rows, or set {KEY}.type to hash",
        "group": f"group by a column with more values, or set {KEY}.type to hash",
        "datetime": f"go by a column with more values, or give the split a larger share in {KEY}.probabilities",
    }.get(assignment.type, f"give the split a larger share in {KEY}.probabilities, or add rows")
    if "train" not in present:  # a file of rows to score is no mistake
        cure += "; to score a model on these rows nothing more is needed: lfine evaluate TASK --base (or --predictions)"
    problems = [
        place("LF305", KEY, f"no row is in the split {name!r} ({assignment.counts()})", cure.format(name))
        for name in NAMES
        if name in needed and name not in present
    ]
    if problems:
        raise TaskError(*problems)
