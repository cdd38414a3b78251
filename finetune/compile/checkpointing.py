"""How many layers are computed again in the backward pass instead of being kept: the fewest that pay.

    choose(load, batch_size=16, room=22_000_000_000) -> Choice(layers=9, micro_batch=16)

The first layers are the ones computed again. The backward pass reaches them last, when what the others kept is free
already, so one of them at a time is whole again without adding to the peak; for the same reason the last layer is
never among them: it is needed at once.

Computing a layer again costs a forward pass of it, about half as much as its forward and backward with an adapter. A
smaller micro-batch costs the shared prefix once more for each part of the update. The cheaper of the two wins, by the
tokens through the layers: how much slower a small micro-batch runs on a device was not measured and counts nothing.

*Not here:* the bytes (memory.py), doing it (lfine.finetune.models.checkpointing).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lfine.finetune.compile.memory import Load, largest_micro_batch

FORWARD_AND_BACKWARD = {False: 4, True: 6}
"""Operations for each weight and token: with an adapter the weights' own gradients are not computed; with all weights
trained they are."""
FORWARD_AGAIN = 2


@dataclass(frozen=True)
class Choice:
    layers: int
    """Computed again."""
    micro_batch: int
    """Examples of the longest kind that then fit at once, at most the batch; 0: not even one does."""


def with_layers(load: Load, layers: int) -> Load:
    """Return the load with its first `layers` computed again."""
    return replace(load, checkpointing=layers > 0, checkpointed_layers=layers or None)


def fits(load: Load, layers: int, *, batch_size: int, room: int) -> int:
    """Return how many examples fit at once, no more than an update has."""
    return min(batch_size, largest_micro_batch(with_layers(load, layers), available=room))


def choose(load: Load, *, batch_size: int, room: int) -> Choice:
    """Return the number of layers with which an update is cheapest, the fewest where several are."""
    sizes = [fits(load, layers, batch_size=batch_size, room=room) for layers in range(load.card.layers)]
    most = load.card.layers - 1
    able = [layers for layers in range(load.card.layers) if sizes[layers]]
    layers = min(able, key=lambda each: (cost(load, each, sizes[each], batch_size), each), default=most)
    return Choice(layers, sizes[layers])


def fewest(load: Load, *, micro_batch: int, room: int) -> Choice:
    """Return the fewest layers that make room for a micro-batch that was asked for; all but the last where none do."""
    for layers in range(load.card.layers):
        if fits(load, layers, batch_size=micro_batch, room=room) == micro_batch:
            return Choice(layers, micro_batch)
    most = load.card.layers - 1
    return Choice(most, fits(load, most, batch_size=micro_batch, room=room))


def cost(load: Load, layers: int, micro_batch: int, batch_size: int) -> float:
    """Return what one update computes: its tokens, the prefix once for each part, by what each layer does with them."""
    tokens = math.ceil(batch_size / micro_batch) * load.prefix + batch_size * load.own
    return tokens * (FORWARD_AND_BACKWARD[load.full] + FORWARD_AGAIN * layers / load.card.layers)
