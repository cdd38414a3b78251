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


def dealt(lengths: Sequence[int], hands: int) -> list[list[int]]:
    """Deal places in a batch (0-based), the longest first and back and forth: nearly as many tokens in every hand."""
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    turns = [*range(hands), *reversed(range(hands))]
    found: list[list[int]] = [[] for _ in range(hands)]
    for turn, place in enumerate(order):
        found[turns[turn % len(turns)]].append(place)
    return found


def micro_batches(batch: Sequence[EncodedExample], size: int, places: Sequence[int] | None = None) -> list[list[int]]:
    """Cut a batch, or some places in it, into parts of at most `size` examples of similar length, as places (0-based).

    The sum of the parts' losses is the batch's.
    """
    chosen = range(len(batch)) if places is None else places
    ordered = sorted(chosen, key=lambda place: (batch[place].length, batch[place].row_id), reverse=True)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]
