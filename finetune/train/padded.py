"""A micro-batch as one padded row for each example: for families whose attention cannot be replaced.

    [ prompt 0 | completion 0 | padding ]
    [ prompt 1            | completion 1 ]      (B, T)

*Not here:* the packed row, three to four times faster where it works (lfine.finetune.train.packed).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lfine.finetune.compile.lengths import EncodedExample


def padded_logits(model: nn.Module, rows: Sequence[EncodedExample], device: str) -> tuple[Tensor, Tensor]:
    """Return the logits (N, vocabulary) at the learned places and the learned tokens (N,)."""
    longest = max(row.length for row in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)  # token 0 as padding: masked, never learned
    mask = torch.zeros_like(ids)
    learned = torch.zeros_like(ids, dtype=torch.bool)
    for number, row in enumerate(rows):
        ids[number, : row.length] = torch.tensor([*row.prompt_ids, *row.completion_ids])
        mask[number, : row.length] = 1
        learned[number, len(row.prompt_ids) : row.length] = True
    ids, mask, learned = ids.to(device), mask.to(device), learned.to(device)
    logits: Tensor = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    return logits[:, :-1][learned[:, 1:]], ids[learned]
