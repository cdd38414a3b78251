"""Which examples each update sees: a seeded shuffle for each epoch, one epoch after the other.

    batch_rows(step=0, rows=5, batch_size=2, examples=10, seed=42) -> [3, 0]

The stream does not depend on what was computed before, so a resumed run finds its place from the step alone.

*Not here:* cutting a batch into micro-batches by memory (micro_batches below orders, the plan decides the size).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from lfine.finetune.compile.lengths import EncodedExample


def batch_rows(step: int, *, rows: int, batch_size: int, examples: int, seed: int) -> list[int]:
    """Return the row numbers (0-based, into the fitted training rows) of update `step` (0-based).

    The last update of the run holds what is left of `examples`.
    """
    first, last = step * batch_size, min((step + 1) * batch_size, examples)
    return [epoch_order(at // rows, rows, seed)[at % rows] for at in range(first, last)]


@lru_cache(maxsize=2)
def epoch_order(epoch: int, rows: int, seed: int) -> tuple[int, ...]:
    """Return the shuffled row numbers of one epoch."""
    order = list(range(rows))
    random.Random(f"{seed}:{epoch}").shuffle(order)  # noqa: S311 (an order, not a secret)
    return tuple(order)


def micro_batches(batch: Sequence[EncodedExample], size: int) -> list[list[int]]:
    """Cut a batch into parts of at most `size` examples of similar length, as places in it (0-based).

    The sum of the parts' losses is the batch's.
    """
    ordered = sorted(range(len(batch)), key=lambda place: (batch[place].length, batch[place].row_id), reverse=True)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]
