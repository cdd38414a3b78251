"""How many prepared multiplications the processor's library may keep.

    bound_kernel_caches()      # before the first multiplication of the process

oneDNN prepares code and room for each shape that it multiplies and keeps 1,024 of them; torch's bridge to it keeps as
many of its own. Nearly every update has a number of tokens of its own: each leaves some that never come back, 13 MB an
update of SmolLM2-135M. Within one update a shape returns in every layer, so that a hundred or so are enough: the same
time, and memory stays where it was after the first updates (docs/LOG.md). Answering alone is not bounded: its steps do
come back, and it was a tenth slower.

*Not here:* weights laid out for small steps (lfine.finetune.models.laid_out).
"""

from __future__ import annotations

import os

CACHES = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "128", "LRU_CACHE_CAPACITY": "64"}
"""Environment variable → prepared multiplications. The libraries read them when they first multiply."""


def bound_kernel_caches() -> None:
    """Set the variables of CACHES that the user has not set."""
    for name, capacity in CACHES.items():
        os.environ.setdefault(name, capacity)
