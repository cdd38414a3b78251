"""How many tokens an update really computes: a shared prefix once for each micro-batch, padding where there is some.

    computed_tokens(engine, batch) -> 709        # of 1,864 in the examples

*Not here:* the layouts themselves (packed.py, padded.py), what is shown of the number (progress.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.batches import micro_batches
from lfine.finetune.train.losses import Engine


def computed_tokens(engine: Engine, batch: Sequence[EncodedExample]) -> int:
    """Return the tokens that go through the layers in one update of this batch, forward."""
    parts = micro_batches(batch, engine.machine.micro_batch_size)
    return sum(_computed(engine, [batch[number].length for number in part]) for part in parts)


def _computed(engine: Engine, lengths: Sequence[int]) -> int:
    if not engine.packed:
        return len(lengths) * max(lengths)
    prefix = 0 if engine.objective.noise_alpha is not None else engine.prefix  # noise is each example's own
    return prefix + sum(length - prefix for length in lengths)
