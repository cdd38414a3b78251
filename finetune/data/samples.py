"""The share of the training rows that is used, and why it grows without ever losing a row.

    training_sample(table, splits, ratio=0.1, seed=42) == (3, 17, 40, …)     with 0.2 the same rows and as many more

The rows with the smallest seeded hash of their content, so that a learning curve over 0.1, 0.2, 0.4 compares like with
like, whatever the order of the data.

*Not here:* the held-out sample (lfine.finetune.data.held_out), which no ratio touches.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

from lfine.finetune.data.splits import SplitAssignment
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import content_hash


def training_sample(table: Table, splits: SplitAssignment, *, ratio: float, seed: int) -> tuple[int, ...]:
    """Return the ids of the training rows to use, ascending: the nearest whole number to the share, at least one."""
    rows = splits.rows("train")
    wanted = max(1, floor(Fraction(str(ratio)) * len(rows) + Fraction(1, 2)))
    if wanted >= len(rows):
        return rows
    columns = splits.content_columns(table)
    ordered = sorted((content_hash(table.rows[row], columns, seed), row) for row in rows)
    return tuple(sorted(row for _, row in ordered[:wanted]))
