"""A micro-batch as one padded row for each example: for families whose attention cannot be replaced.

    [ prompt 0 | completion 0 | padding ]
    [ prompt 1            | completion 1 ]      (B, T)

*Not here:* the packed row, three to four times faster where it works (lfine.finetune.train.packed).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.models.parts import parts_of
from lfine.finetune.train.targets import token_weights
from lfine.finetune.train.vocabulary import Learned


@dataclass(frozen=True)
class PaddedRows:
    input_ids: Tensor
    """(B, T)"""
    weights: Tensor
    """(B, T): what each token weighs as a target."""


def pad(rows: Sequence[EncodedExample], device: str, *, prompt_weight: float = 0.0) -> PaddedRows:
    """Lay each example into a row of its own, padded at the end."""
    longest = max(row.length for row in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)  # token 0 as padding: behind all that is learned
    weights = torch.zeros(ids.shape)
    for number, row in enumerate(rows):
        ids[number, : row.length] = torch.tensor([*row.prompt_ids, *row.completion_ids])
        weights[number, : row.length] = torch.tensor(token_weights(row, prompt_weight))
    return PaddedRows(ids.to(device), weights.to(device))


def padded_states(
    model: PreTrainedModel, rows: PaddedRows, noise: Sequence[Tensor] | None = None
) -> tuple[Tensor, Learned]:
    """Return the hidden states (N, width) before the learned places, and what is learned there.

    No mask is given: a causal model's tokens never look at the padding behind them, and torch's flash attention on a
    GPU takes no mask.

    `noise`: one (length, width) for each example.
    """
    layers, _ = parts_of(model)
    given: dict[str, Tensor] = {"input_ids": rows.input_ids}
    if noise is not None:
        embedded = model.get_input_embeddings()(rows.input_ids)  # (B, T, width)
        longest = rows.input_ids.shape[1]
        wide = torch.stack([functional.pad(each, (0, 0, 0, longest - each.shape[0])) for each in noise])
        given = {"inputs_embeds": embedded + wide.to(embedded)}
    hidden: Tensor = layers(**given, use_cache=False).last_hidden_state
    learned = rows.weights[:, 1:] > 0
    return hidden[:, :-1][learned], Learned(rows.input_ids[:, 1:][learned], rows.weights[:, 1:][learned])
