"""How many tokens an update really computes: what examples share once for each micro-batch, and padding too.

    computed_tokens(engine, batch) -> 709        # of 1,864 in the examples

*Not here:* the layouts themselves (packed.py, padded.py), what is shown of the number (progress.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.stems import stems_of
from lfine.finetune.train.batches import micro_batches
from lfine.finetune.train.losses import Engine


def computed_tokens(engine: Engine, batch: Sequence[EncodedExample]) -> int:
    """Return the tokens that go through the layers in one update of this batch, forward."""
    parts = micro_batches(batch, engine.machine, engine.prefix)
    return sum(_computed(engine, [batch[number] for number in part]) for part in parts)


def _computed(engine: Engine, rows: Sequence[EncodedExample]) -> int:
    lengths = [row.length for row in rows]
    if not engine.packed:
        return len(rows) * max(lengths)
    if engine.objective.noise_alpha is not None:
        return sum(lengths)  # noise is each example's own
    spared = (len(rows) - 1) * engine.prefix
    if engine.stems:
        spared += sum(stem.saved for stem in stems_of([row.prompt_ids for row in rows], engine.prefix))
    return sum(lengths) - spared
