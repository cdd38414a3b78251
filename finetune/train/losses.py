"""The loss of a batch and its gradient, micro-batch by micro-batch, in the layout of the plan.

    update_gradient(engine, batch) -> 0.412        # mean over the learned tokens of the whole update

*Not here:* what an update does with the gradient (lfine.finetune.train.loop).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.models.parts import parts_of
from lfine.finetune.train.batches import micro_batches
from lfine.finetune.train.packed import pack, packed_logits, use_packed_rows
from lfine.finetune.train.padded import padded_logits


@dataclass(frozen=True)
class Engine:
    """The model and how its micro-batches are laid out."""

    model: PreTrainedModel
    """With an adapter inside or without."""
    machine: MachinePlan
    prefix: int
    """Prompt tokens that all examples share; 0 with the padded layout."""


def engine_for(model: PreTrainedModel, machine: MachinePlan, prefix: int) -> Engine:
    """Set the model up for the plan's layout; `prefix` tokens begin every row."""
    if machine.layout != "shared_prefix":
        return Engine(model, machine, 0)
    use_packed_rows(model)
    return Engine(model, machine, prefix)


def update_gradient(engine: Engine, batch: Sequence[EncodedExample]) -> float:
    """Add the gradient of the batch's mean loss to the parameters; return that loss.

    The mean is over all learned tokens of the batch, so cutting it into micro-batches changes nothing.
    """
    learned = sum(len(row.completion_ids) for row in batch)
    total = 0.0
    for rows in micro_batches(batch, engine.machine.micro_batch_size):
        loss = summed_loss(engine, rows) / learned
        loss.backward()
        total += loss.item()
    return total


@torch.no_grad()
def mean_loss(engine: Engine, rows: Sequence[EncodedExample]) -> float:
    """Return the mean loss over the learned tokens of `rows`, without dropout and without gradient."""
    training = engine.model.training
    engine.model.eval()
    try:
        parts = micro_batches(rows, max(engine.machine.micro_batch_size, 16))
        summed = sum(summed_loss(engine, part).item() for part in parts)
    finally:
        engine.model.train(training)
    return summed / sum(len(row.completion_ids) for row in rows)


def summed_loss(engine: Engine, rows: Sequence[EncodedExample]) -> Tensor:
    """Return the cross-entropy in float32, summed over the learned tokens of one micro-batch."""
    if engine.machine.layout == "shared_prefix":
        row = pack(rows, engine.prefix, engine.machine.device)
        logits = packed_logits(*parts_of(engine.model), row)
        targets = row.targets
    else:
        logits, targets = padded_logits(engine.model, rows, engine.machine.device)
    return functional.cross_entropy(logits.float(), targets, reduction="sum")
