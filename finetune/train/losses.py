"""The loss of a batch and its gradient, micro-batch by micro-batch, in the layout of the plan.

    update_gradient(engine, batch, step=0) -> 0.412        # mean over the learned weight of the whole update

*Not here:* what an update does with the gradient (lfine.finetune.train.loop).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.train.batches import micro_batches
from lfine.finetune.train.noise import batch_noise
from lfine.finetune.train.packed import pack, packed_logits, use_packed_rows
from lfine.finetune.train.padded import pad, padded_logits
from lfine.finetune.train.targets import Objective, total_weight

VALIDATION_ROWS = 16
"""Rows computed at once without gradient, at least."""


@dataclass(frozen=True)
class Engine:
    """The model, what is minimized, and how micro-batches are laid out."""

    model: PreTrainedModel
    """With an adapter inside or without."""
    machine: MachinePlan
    prefix: int
    """Prompt tokens that all examples share; 0 with the padded layout."""
    objective: Objective = field(default_factory=Objective)

    @property
    def packed(self) -> bool:
        return self.machine.layout == "shared_prefix"

    @property
    def width(self) -> int:
        """Numbers in one token's embedding."""
        return int(self.model.get_input_embeddings().embedding_dim)


def engine_for(model: PreTrainedModel, machine: MachinePlan, prefix: int, objective: Objective | None = None) -> Engine:
    """Set the model up for the plan's layout; `prefix` tokens begin every row."""
    wanted = objective or Objective()
    if machine.layout == "shared_prefix":
        use_packed_rows(model, machine.attention)
    return Engine(model, machine, prefix if machine.layout == "shared_prefix" else 0, wanted)


def update_gradient(engine: Engine, batch: Sequence[EncodedExample], step: int = 0) -> float:
    """Add the gradient of the batch's mean loss to the parameters; return that loss.

    The mean is over the weights of all learned tokens of the batch, so cutting it into micro-batches changes nothing.
    `step` (0-based) decides the noise.
    """
    weight = sum(total_weight(row, engine.objective.prompt_weight) for row in batch)
    total = 0.0
    for numbers in micro_batches(batch, engine.machine.micro_batch_size):
        rows = [batch[number] for number in numbers]
        noise = batch_noise(rows, numbers, engine.objective, width=engine.width, step=step)
        loss = summed_loss(engine, rows, engine.objective, noise) / weight
        loss.backward()
        total += loss.item()
    return total


@torch.no_grad()
def mean_loss(engine: Engine, rows: Sequence[EncodedExample]) -> float:
    """Return the mean loss over the answers' learned tokens, without dropout, noise, smoothing, prompt and gradient."""
    training, plain = engine.model.training, Objective()
    engine.model.eval()
    try:
        parts = micro_batches(rows, max(engine.machine.micro_batch_size, VALIDATION_ROWS))
        summed = sum(summed_loss(engine, [rows[number] for number in part], plain).item() for part in parts)
    finally:
        engine.model.train(training)
    return summed / sum(row.learned_tokens for row in rows)


def summed_loss(
    engine: Engine,
    rows: Sequence[EncodedExample],
    objective: Objective,
    noise: Sequence[Tensor] | None = None,
) -> Tensor:
    """Return the weighted cross-entropy in float32, summed over the learned tokens of one micro-batch."""
    device, weight = engine.machine.device, objective.prompt_weight
    if engine.packed:
        # Shared prefix states would share their noise: with noise every example is computed whole.
        row = pack(rows, 0 if noise else engine.prefix, device, prompt_weight=weight)
        logits, targets, weights = packed_logits(engine.model, row, noise), row.targets, row.weights
    else:
        padded = pad(rows, device, prompt_weight=weight)
        logits, targets, weights = padded_logits(engine.model, padded, noise)
    smoothing = objective.label_smoothing
    losses = functional.cross_entropy(logits.float(), targets, reduction="none", label_smoothing=smoothing)
    return (losses * weights).sum()
