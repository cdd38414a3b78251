"""The gradient of one update: a batch cut into micro-batches, each laid out as the plan says, the sum as of the whole.

    update_gradient(engine, batch, step) -> 1.42     # the mean loss; the gradients lie in the parameters

*Not here:* the two layouts (packed.py, padded.py), the loss over the vocabulary (vocabulary.py), what a token weighs
(targets.py), what is done with the gradient (loop.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.models.parts import projection_of
from lfine.finetune.train.kernels import use_kernels
from lfine.finetune.train.noise import batch_noise
from lfine.finetune.train.packed import Place, pack, packed_states
from lfine.finetune.train.padded import pad, padded_states
from lfine.finetune.train.processes import Processes
from lfine.finetune.train.shared_attention import use_packed_rows
from lfine.finetune.train.targets import Objective, total_weight
from lfine.finetune.train.vocabulary import learn

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
    processes: Processes = field(default_factory=Processes)
    """Those that a batch is divided among."""

    @property
    def packed(self) -> bool:
        return self.machine.layout == "shared_prefix"

    @property
    def stems(self) -> bool:
        """Whether some share more than the prefix: noise is each one's own, and FlexAttention's mask knows no stem."""
        return self.packed and self.objective.noise_alpha is None and self.machine.attention == "explicit"

    @property
    def width(self) -> int:
        """Numbers in one token's embedding."""
        return int(self.model.get_input_embeddings().embedding_dim)


def engine_for(
    model: PreTrainedModel,
    machine: MachinePlan,
    prefix: int,
    objective: Objective | None = None,
    *,
    processes: Processes | None = None,
) -> Engine:
    """Set the model up for the plan's layout and kernels; `prefix` tokens begin every row."""
    wanted, several = objective or Objective(), processes or Processes()
    use_kernels(model, machine.kernels)
    if machine.layout == "shared_prefix":
        use_packed_rows(model, machine.attention)
    return Engine(model, machine, prefix if machine.layout == "shared_prefix" else 0, wanted, several)


def update_gradient(engine: Engine, batch: Sequence[EncodedExample], step: int = 0) -> float:
    """Add the gradient of the batch's mean loss to the parameters; return that loss.

    The mean is over the weights of all learned tokens of the batch, so cutting it into micro-batches and dividing it
    among processes changes nothing. `step` (0-based) decides the noise.
    """
    weight = sum(total_weight(row, engine.objective.prompt_weight) for row in batch)
    total, processes = 0.0, engine.processes
    processes.seed_update(engine.objective.seed, step)
    for numbers, counted in processes.share(batch, engine.machine, engine.prefix):
        rows = [batch[number] for number in numbers]
        noise = batch_noise(rows, numbers, engine.objective, width=engine.width, step=step)
        total += loss_and_gradient(engine, rows, engine.objective, scale=counted / weight, noise=noise)
    processes.sum_gradients(engine.model.parameters())
    return processes.sum(total)


@torch.no_grad()
def mean_loss(engine: Engine, rows: Sequence[EncodedExample]) -> float:
    """Return the mean loss over the answers' learned tokens, without dropout, noise, smoothing, prompt and gradient."""
    training, plain = engine.model.training, Objective()
    machine = replace(engine.machine, micro_batch_size=max(engine.machine.micro_batch_size, VALIDATION_ROWS))
    weight = sum(row.learned_tokens for row in rows)
    engine.model.eval()
    try:
        parts = engine.processes.share(rows, machine, engine.prefix)
        losses = [
            loss_and_gradient(engine, [rows[each] for each in part], plain, scale=counted / weight)
            for part, counted in parts
        ]
    finally:
        engine.model.train(training)
    return engine.processes.sum(sum(losses))


def loss_and_gradient(
    engine: Engine,
    rows: Sequence[EncodedExample],
    objective: Objective,
    *,
    scale: float,
    noise: Sequence[Tensor] | None = None,
) -> float:
    """Return one micro-batch's weighted cross-entropy times `scale`; add its gradient where one is recorded."""
    model, device, prompt_weight = engine.model, engine.machine.device, objective.prompt_weight
    if engine.packed:
        # Shared states would share their noise: with noise every example is computed whole.
        prefix, place = (0 if noise else engine.prefix), Place(device, model.dtype)
        row = pack(rows, prefix, place, prompt_weight=prompt_weight, stems=engine.stems)
        hidden, learned = packed_states(model, row, noise), row.learned
    else:
        hidden, learned = padded_states(model, pad(rows, device, prompt_weight=prompt_weight), noise)
    return learn(
        hidden,
        projection_of(model),
        replace(learned, weights=learned.weights * scale),
        smoothing=objective.label_smoothing,
        vocabulary=model.get_input_embeddings().weight.shape[0],
    )
