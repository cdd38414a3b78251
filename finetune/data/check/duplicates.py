"""Rows that stand in the data twice, letter for letter.

    repeated_rows(subject)   a row whose input and answer stood before in its own split
    leaked_inputs(subject)   a row of test or validation whose input stands in train
    shared_inputs(subject)   a row of test whose input stands in validation

*Not here:* rows that are nearly the same (…near_duplicates), one input with several answers (…answers).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lfine.finetune.data.check.records import Finding, Severity
from lfine.finetune.data.check.subject import Subject, first_rows
from lfine.finetune.data.wording import counted
from lfine.schemas.task import SplitName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

HELD_OUT: tuple[SplitName, ...] = ("test", "validation")


def repeated(keys: Ids, rows: Ids) -> Ids:
    """Return, of some rows (ascending), all but the first of each key, beside that first row: (n, 2)."""
    import numpy as np

    _, first, inverse = np.unique(keys[rows], return_index=True, return_inverse=True)
    earliest = rows[first[inverse]]
    again = earliest != rows
    return np.stack([rows[again], earliest[again]], axis=1)


def met(keys: Ids, rows: Ids, others: Ids) -> Ids:
    """Return the rows whose key one of the others has, beside the first of those: (n, 2)."""
    import numpy as np

    known, first = np.unique(keys[others], return_index=True)
    at = np.searchsorted(known, keys[rows])
    at[at == len(known)] = 0
    found = known[at] == keys[rows] if len(known) else np.zeros(len(rows), dtype=bool)
    return np.stack([rows[found], others[first[at[found]]]], axis=1)


def repeated_rows(subject: Subject) -> Iterator[Finding]:
    for split, rows in subject.by_split.items():
        pairs = repeated(subject.row_ids, rows)
        if len(pairs):
            what = "input and answer" if subject.answers is not None else "input"
            message = f"{of_split(len(pairs), len(rows), split)} repeat an earlier row of {split}, {what}"
            cure = "remove the copies, or keep them if a row that is seen twice is meant to count twice"
            if split != "train":
                cure = "remove the copies: a row that is scored twice counts twice"
            yield pair_finding("duplicate-rows", "warning", message, cure, subject=subject, pairs=pairs, split=split)


def leaked_inputs(subject: Subject) -> Iterator[Finding]:
    """Rows to score that the model has seen: the score is too good by what it remembers."""
    for split in HELD_OUT:
        rows = subject.by_split.get(split)
        pairs = None if rows is None else met(subject.input_ids, rows, subject.train)
        if rows is None or pairs is None or not len(pairs):
            continue
        same = "" if subject.answers is None else f", {len(met(subject.row_ids, rows, subject.train))} with its answer"
        message = f"{of_split(len(pairs), len(rows), split)} have an input that stands in train{same}"
        cure = f"remove these rows from train, or keep equal inputs on one side: {_grouped(subject)}"
        level: Severity = "error" if split == subject.scored_split else "warning"
        yield pair_finding("leaked-inputs", level, message, cure, subject=subject, pairs=pairs, split=split)


def _grouped(subject: Subject) -> str:
    """Return the division that keeps equal inputs together; a hash does so only for rows that are equal as a whole."""
    if len(subject.input_columns) == 1:
        return f"preprocessing.split: {{type: group, column: {subject.input_columns[0]}}}"
    return "preprocessing.split of type group, by a column that says which rows belong together"


def shared_inputs(subject: Subject) -> Iterator[Finding]:
    """Rows of test that also choose the checkpoint."""
    if "test" in subject.by_split and "validation" in subject.by_split:
        rows = subject.by_split["test"]
        pairs = met(subject.input_ids, rows, subject.by_split["validation"])
        if len(pairs):
            message = f"{of_split(len(pairs), len(rows), 'test')} have an input that stands in validation"
            cure = "remove these rows from validation"
            yield pair_finding("shared-inputs", "warning", message, cure, subject=subject, pairs=pairs, split="test")


def of_split(n: int, total: int, split: str) -> str:
    """Return `3 of 1,083 rows of test`."""
    return f"{n:,} of {total:,} rows of {split}" if total != 1 else f"{n} of {counted(total, 'row')} of {split}"


def pair_finding(
    name: str, severity: Severity, message: str, cure: str, *, subject: Subject, pairs: Ids, split: SplitName
) -> Finding:
    """Return the finding of rows that each have a twin, (n, 2): the row concerned, and its twin."""
    rows = first_rows(pairs[:, 0])
    return Finding(
        name=name,
        severity=severity,
        message=message,
        cure=cure,
        count=len(pairs),
        row_ids=rows,
        examples=tuple(subject.shown(row) for row in rows[:3]),
        split=split,
        pairs=tuple((int(row), int(twin)) for row, twin in pairs[: len(rows)]),
    )
