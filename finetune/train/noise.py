"""Noise on the embeddings in training (NEFTune, Jain et al. 2023): uniform in ±alpha/sqrt(length · width).

    row_noise(length=12, width=32, alpha=5.0, key="42:0:3")  →  (12, 32), within ±5/sqrt(384)

An example's noise depends on the seed, the update and its place in the batch, on nothing else: so it is the same in any
micro-batch size, layout and number of processes, and a resumed run draws it again. `length` is the example's own, as
in the paper, not that of a padded batch. Exact for that reason too: an example that shares its prompt's beginning with
others would share noise with them, so with noise every example is computed whole (no shared prefix).

*Not here:* adding it to the embeddings (packed.py, padded.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.targets import Objective


def row_noise(length: int, width: int, alpha: float, key: str) -> Tensor:
    """Return the noise (length, width) of one example, float32."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
    drawn = torch.rand(length, width, generator=torch.Generator().manual_seed(seed))
    return (2 * drawn - 1) * (alpha / math.sqrt(length * width))


def batch_noise(
    rows: Sequence[EncodedExample], numbers: Sequence[int], objective: Objective, *, width: int, step: int
) -> list[Tensor] | None:
    """Return the noise of each row, `numbers` its places in the batch of update `step`; None without noise."""
    alpha = objective.noise_alpha
    if alpha is None:
        return None
    return [
        row_noise(row.length, width, alpha, f"{objective.seed}:{step}:{number}")
        for row, number in zip(rows, numbers, strict=True)
    ]
