"""Which examples each update sees: a seeded shuffle for each epoch, one epoch after the other.

    batch_rows(step=0, rows=5, batch_size=2, examples=10, seed=42) -> [3, 0]

The stream does not depend on what was computed before, so a resumed run finds its place from the step alone.

*Not here:* how much the memory holds (lfine.finetune.compile.machine_passes).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.compile.stems import stems_of


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


def micro_batches(
    batch: Sequence[EncodedExample], machine: MachinePlan, prefix: int = 0, places: Sequence[int] | None = None
) -> list[list[int]]:
    """Cut a batch, or some places in it, into parts of similar length that the memory holds, as places (0-based).

    The plan counts examples, and where it gives tokens too, more examples than that may go together as long as they
    stay below it: packed, their tokens behind the prefix; padded, each as long as the longest. The sum of the parts'
    losses is the batch's.
    """
    parts: list[list[int]] = []
    room = 0
    for place in _ordered(batch, machine, prefix, range(len(batch)) if places is None else places):
        own = batch[place].length - prefix
        if parts and machine.layout == "padded":
            own = batch[parts[-1][0]].length
        if not parts or (len(parts[-1]) >= machine.micro_batch_size and own > room):
            parts.append([])
            room = machine.micro_batch_tokens
            own = batch[place].length - prefix
        parts[-1].append(place)
        room -= own
    return parts


def _ordered(batch: Sequence[EncodedExample], machine: MachinePlan, prefix: int, places: Sequence[int]) -> list[int]:
    """Return places of a batch, longest first; packed, those that share a stem beside each other."""
    order = sorted(places, key=lambda place: (batch[place].length, batch[place].row_id), reverse=True)
    if machine.layout == "padded" or len(order) <= machine.micro_batch_size:
        return order
    found: dict[int, None] = {}
    stems = stems_of([batch[place].prompt_ids for place in order], prefix)
    beside = {order[member]: [order[each] for each in stem.members] for stem in stems for member in stem.members}
    for place in order:
        found.update(dict.fromkeys(beside.get(place, (place,))))
    return list(found)
