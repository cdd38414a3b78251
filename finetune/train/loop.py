"""The training page: load, adapt, then update by update as the plan says, and save.

    train(plan, TrainingRows(train=(…), validation=(…)), RunPlace(folder, model_folder, resume=False)) -> TrainResult

Reads top to bottom; every value comes from the plan, nothing is decided here.

*Not here:* the arithmetic of a batch (losses.py), the files (journal.py, checkpoints.py), the run folder's other
files (lfine.training).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import AdapterPlan, TrainingPlan
from lfine.finetune.models.adapters import add_adapter, save_adapter
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.batches import batch_rows
from lfine.finetune.train.checkpoints import checkpoint_step, latest_checkpoint, load_checkpoint, save_checkpoint
from lfine.finetune.train.interruption import Interruption
from lfine.finetune.train.journal import Journal
from lfine.finetune.train.losses import engine_for, mean_loss, update_gradient
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class TrainingRows:
    train: tuple[EncodedExample, ...]
    """The fitted training rows, in the order of the data."""
    validation: tuple[EncodedExample, ...]
    """The rows of the validation loss; empty when there are none."""


@dataclass(frozen=True)
class RunPlace:
    folder: Path
    """The run folder: log.jsonl, checkpoints/ and adapter/ are written here."""
    model_folder: Path
    """The base model's weights and configuration."""
    resume: bool
    """Go on from the newest checkpoint in `folder`, from the beginning where there is none."""


@dataclass(frozen=True)
class TrainResult:
    steps: int
    """Updates done, those before a resume among them."""
    finished: bool
    """False when Ctrl-C or SIGTERM ended the run early."""
    seconds: float
    """Wall time of this process's loop, loading left out."""
    final_loss: float | None
    best_validation_loss: float | None


def train(plan: TrainingPlan, rows: TrainingRows, place: RunPlace) -> TrainResult:
    """Train as the plan says and leave adapter/ (peft's format; model/ without an adapter) in the run folder.

    Raises RunError LF504 when the loss is not finite, MachineError LF405 when the disk is full.
    """
    torch.manual_seed(plan.seed)
    model = load_base(
        place.model_folder, dtype=plan.model.dtype, device=plan.machine.device, quantization=plan.model.quantization
    )
    adapted = adapt(model, plan.adapter, plan.seed)
    if plan.machine.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    engine = engine_for(model, plan.machine, plan.length.shared_prefix)
    parameters = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=plan.learning_rate, betas=plan.betas, eps=plan.eps, weight_decay=plan.weight_decay
    )
    checkpoints = place.folder / "checkpoints"
    checkpoint = latest_checkpoint(checkpoints) if place.resume else None
    start = 0 if checkpoint is None else checkpoint_step(checkpoint)
    if checkpoint is not None:
        load_checkpoint(checkpoint, model, optimizer)

    began = time.perf_counter()
    with Journal(place.folder / "log.jsonl", start=start, steps=plan.steps) as journal, Interruption() as interruption:
        step = start
        while step < plan.steps and not interruption.asked:
            batch = batch_of(plan, rows.train, step)
            rate = learning_rate(plan, step)
            loss = update_gradient(engine, batch)
            require_finite(loss, step, batch)
            if plan.max_grad_norm is not None:
                nn.utils.clip_grad_norm_(parameters, plan.max_grad_norm)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            journal.update(step, loss=loss, learning_rate=rate, batch=batch)
            if rows.validation and due(step, plan.steps_per_evaluation, plan.steps):
                journal.validation(step, mean_loss(engine, rows.validation))
            if interruption.asked or due(step, plan.steps_per_checkpoint, plan.steps):
                journal.checkpoint(step, save_checkpoint(checkpoints, step, model, optimizer))
    if step == plan.steps:
        save_adapter(adapted, place.folder / ("adapter" if plan.adapter else "model"))
    seconds = time.perf_counter() - began
    return TrainResult(step, step == plan.steps, seconds, journal.last_loss, journal.best_validation_loss)


def adapt(model: nn.Module, adapter: AdapterPlan | None, seed: int) -> nn.Module:
    """Put the adapter into `model` and return peft's wrapper; without one make every weight trainable."""
    if adapter is None:
        model.requires_grad_(True)  # noqa: FBT003 (torch's signature)
        return model
    adapted: nn.Module = add_adapter(
        model,
        r=adapter.r,
        alpha=adapter.alpha,
        dropout=adapter.dropout,
        target_modules=adapter.target_modules,
        use_rslora=adapter.use_rslora,
        seed=seed,
    )
    return adapted


def batch_of(plan: TrainingPlan, rows: Sequence[EncodedExample], step: int) -> list[EncodedExample]:
    """Return the examples of update `step` (0-based)."""
    numbers = batch_rows(step, rows=len(rows), batch_size=plan.batch_size, examples=plan.train_examples, seed=plan.seed)
    return [rows[number] for number in numbers]


def learning_rate(plan: TrainingPlan, step: int) -> float:
    """Return the rate of update `step` (0-based): a linear rise over the warm-up, then the decay to 0 (or none)."""
    if step < plan.warmup_steps:
        return plan.learning_rate * (step + 1) / plan.warmup_steps
    share = (step - plan.warmup_steps) / max(1, plan.steps - plan.warmup_steps)
    if plan.decay == "cosine":
        return plan.learning_rate * 0.5 * (1 + math.cos(math.pi * share))
    if plan.decay == "linear":
        return plan.learning_rate * (1 - share)
    return plan.learning_rate


def due(step: int, every: int, steps: int) -> bool:
    """Return whether something done every so many updates, and at the end, is due after update `step` (1-based)."""
    return step == steps or step % every == 0


def require_finite(loss: float, step: int, batch: Sequence[EncodedExample]) -> None:
    """Raise RunError LF504 with the rows of the batch when the loss is infinite or not a number."""
    if math.isfinite(loss):
        return
    ids = ", ".join(str(row.row_id) for row in batch)
    raise RunError(
        Problem(
            "LF504",
            f"the loss of update {step + 1} is {loss}; its rows are {ids}",
            "lower trainer.learning_rate, or look at these rows with `lfine preview`",
        )
    )
