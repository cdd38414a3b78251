"""The training page: load, adapt, then update by update as the plan says, and save.

    train(plan, TrainingRows(train=(…), validation=(…)), RunPlace(folder, model_folder, resume=False)) -> TrainResult

Reads top to bottom; every value comes from the plan, nothing is decided here.

*Not here:* the arithmetic of a batch (losses.py), of the rate (schedule.py) and of the choice (selection.py), the files
(journal.py, checkpoints.py), the run folder's other files (lfine.training).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

from lfine.finetune.compile.files import weights_folder
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.adapters import add_adapter, save_adapter, trainable_parameters
from lfine.finetune.models.checkpointing import checkpoint_layers
from lfine.finetune.models.keeping import Loader
from lfine.finetune.models.liger import use_liger
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.batches import batch_rows, epoch_order
from lfine.finetune.train.checkpoints import (
    load_best,
    load_checkpoint,
    resume_point,
    save_checkpoint,
    trainable,
)
from lfine.finetune.train.counting import computed_tokens
from lfine.finetune.train.determinism import deterministic
from lfine.finetune.train.evaluations import AnsweredSample, better_is_higher, evaluate
from lfine.finetune.train.finite import require_finite
from lfine.finetune.train.halving import within_memory
from lfine.finetune.train.interruption import Interruption
from lfine.finetune.train.journal import Journal, reached_micro_batch
from lfine.finetune.train.kernel_caches import bound_kernel_caches
from lfine.finetune.train.losses import Engine, engine_for, update_gradient
from lfine.finetune.train.optimizers import optimizer_for
from lfine.finetune.train.processes import Processes
from lfine.finetune.train.progress import Watch
from lfine.finetune.train.schedule import Schedule, learning_rate
from lfine.finetune.train.selection import Chooser, Standing
from lfine.finetune.train.sharding import clip_gradients, shard, whole_states, whole_weights
from lfine.finetune.train.targets import Objective
from lfine.finetune.train.trackers import Setting, TrackedRun, Trackers


@dataclass(frozen=True)
class TrainingRows:
    train: Sequence[EncodedExample]
    """The fitted training rows, in the order of the data."""
    validation: Sequence[EncodedExample]
    """The rows of the validation loss; empty when there are none."""
    answered: AnsweredSample | None = None
    """The rows that are answered and scored at every evaluation."""


@dataclass(frozen=True)
class RunPlace:
    folder: Path
    """The run folder: log.jsonl, checkpoints/ and adapter/ are written here."""
    model_folder: Path
    """The base model's weights and configuration."""
    resume: bool
    """Go on from the newest checkpoint in `folder`, from the beginning where there is none."""
    task: str = ""
    """What trackers call it."""
    curve: bool = False
    """Draw the loss curve in the terminal while training."""
    load: Loader = load_base
    """Loads the base model; lfine.finetune.models.keeping has one that keeps it for the next task."""
    processes: Processes = field(default_factory=Processes)
    """Those that train together; the first one writes."""


@dataclass(frozen=True)
class TrainResult:
    steps: int
    """Updates done, those before a resume among them."""
    finished: bool
    """False when Ctrl-C or SIGTERM ended the run; a plan that stops early has finished."""
    seconds: float
    """Wall time of this process's loop, loading left out."""
    final_loss: float | None
    best_validation_loss: float | None
    best_step: int | None = None
    """The update whose weights the adapter has, where the plan selects by evaluation; None: the last one's."""


def train(plan: TrainingPlan, rows: TrainingRows, place: RunPlace) -> TrainResult:
    """Train as the plan says and leave adapter/ (peft's format; model/ without an adapter) in the run folder.

    Raises RunError LF504 when loss or gradient are not finite, MachineError LF405 when the disk is full.
    """
    torch.manual_seed(plan.seed)
    processes = place.processes
    plan = as_reached(plan, place) if place.resume else plan
    trained = set_up(plan, rows.train, place)
    engine, optimizer = trained.engine, trained.optimizer
    schedule = Schedule(plan.decay, plan.learning_rate, plan.warmup_steps, plan.steps)
    chooser = Chooser(plan.selection, higher_is_better=better_is_higher(plan.selection, rows.answered))
    checkpoints = place.folder / "checkpoints"
    checkpoint = processes.from_first(lambda: resume_point(checkpoints) if place.resume else None)
    start = 0
    if checkpoint is not None:
        state = load_checkpoint(checkpoint, engine.model, optimizer)
        start, chooser.standing = state.step, state.standing

    began, first = time.perf_counter(), processes.first
    tracked = TrackedRun(place.task, place.folder, start, settings_of(plan))
    with (
        deterministic(wanted=plan.machine.deterministic),
        Trackers(plan.trackers if first else (), tracked) as trackers,
        journal_of(plan, place, start, trackers) as journal,
        Interruption() as interruption,
    ):
        step, stopping = start, False
        while step < plan.steps and not chooser.ended and not stopping:
            batch = batch_of(plan, rows.train, step)
            rate = learning_rate(schedule, step)
            engine, loss = within_memory(update_gradient, engine, batch=batch, step=step, tell=journal.less_memory)
            norm = clip_gradients(trained.parameters, plan.max_grad_norm or math.inf, processes)  # inf: only measured
            require_finite(loss=loss, norm=norm, step=step, batch=batch, checkpoints=checkpoints)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            journal.update(step, loss=loss, learning_rate=rate, batch=batch, computed=computed_tokens(engine, batch))
            best = False
            if rows.validation and due(step, plan.steps_per_evaluation, plan.steps):
                found = evaluate(engine, rows.validation, rows.answered)
                best = chooser.take(step, found.values)
                journal.validation(step, found, best=best)
            stopping = processes.any(interruption.asked)
            if best or stopping or due(step, plan.steps_per_checkpoint, plan.steps):
                journal.sync()
                journal.checkpoint(step, save_step(plan, place, trained, step=step, standing=chooser.standing))
    finished, chosen = step == plan.steps or chooser.ended, chooser.standing.best_step
    if finished:
        if chosen not in (None, step):
            load_best(checkpoints, chosen, engine.model)
        save_trained(plan, place, trained)
    seconds, best_loss = time.perf_counter() - began, journal.best_validation_loss
    return TrainResult(step, finished, seconds, journal.last_loss, best_loss, chosen)


def as_reached(plan: TrainingPlan, place: RunPlace) -> TrainingPlan:
    """Return the plan with the micro-batch that the run was reduced to before it was broken off."""
    size = reached_micro_batch(place.folder / "log.jsonl")
    if size is None or size >= plan.machine.micro_batch_size:
        return plan
    return replace(plan, machine=replace(plan.machine, micro_batch_size=size, micro_batch_tokens=0))


@dataclass(frozen=True)
class Trained:
    """What the loop works on."""

    engine: Engine
    saved: nn.Module
    """What is saved in the end: peft's wrapper, or the model itself."""
    parameters: list[nn.Parameter]
    """Those that are trained."""
    optimizer: torch.optim.Optimizer


def set_up(plan: TrainingPlan, rows: Sequence[EncodedExample], place: RunPlace) -> Trained:
    """Load the base model, put the adapter in, and give what is trained to the optimizer."""
    bound_kernel_caches()
    processes, device = place.processes, plan.machine.device
    model = place.load(
        place.model_folder,
        dtype=plan.model.dtype,
        device="cpu" if processes.sharded else device,  # a GPU is given its share only
        quantization=plan.model.quantization,
        trust_remote_code=plan.model.trust_remote_code,
    )
    if "liger" in plan.machine.kernels:
        use_liger(model)
    saved = adapt(model, plan, rows)
    if plan.adapter is not None:
        processes.take_first(trainable(model).values())
    shard(model, processes, device, adapted=plan.adapter is not None)
    if plan.machine.gradient_checkpointing:
        checkpoint_layers(model, plan.machine.checkpointed_layers)
    model.train()
    engine = engine_for(model, plan.machine, plan.length.shared_prefix, objective_of(plan), processes=processes)
    parameters = trainable_parameters(model)
    optimizer = optimizer_for(parameters, plan.optimizer, rate=plan.learning_rate)
    if processes.sharded:
        whole_states(optimizer)
    return Trained(engine, saved, parameters, optimizer)


def journal_of(plan: TrainingPlan, place: RunPlace, start: int, trackers: Trackers) -> Journal:
    """Return the log of the run from update `start`, and what is seen of it."""
    watch = Watch(plan.machine.device, place.curve)
    path, kept = place.folder / "log.jsonl", place.processes.first
    return Journal(path, start=start, steps=plan.steps, trackers=trackers, watch=watch, kept=kept)


def adapt(model: PreTrainedModel, plan: TrainingPlan, rows: Sequence[EncodedExample]) -> nn.Module:
    """Put the adapter into `model` and return peft's wrapper; without one make every weight trainable."""
    if plan.adapter is None:
        whole: nn.Module = model.requires_grad_(requires_grad=True)
        return whole
    first = [rows[number] for number in epoch_order(0, len(rows), plan.seed)]  # eva looks at the first of them
    adapted: nn.Module = add_adapter(model, plan.adapter, seed=plan.seed, rows=first)
    return adapted


def objective_of(plan: TrainingPlan) -> Objective:
    """Return what the plan minimizes."""
    return Objective(plan.prompt_loss_weight, plan.label_smoothing, plan.neftune_noise_alpha, plan.seed)


def settings_of(plan: TrainingPlan) -> dict[str, Setting]:
    """Return what a tracker shows beside the curves."""
    return {
        "base_model": plan.model.name,
        "steps": plan.steps,
        "batch_size": plan.batch_size,
        "learning_rate": plan.learning_rate,
        "decay": plan.decay,
        "optimizer": plan.optimizer.type,
        "r": 0 if plan.adapter is None else plan.adapter.r,
        "seed": plan.seed,
    }


def save_step(plan: TrainingPlan, place: RunPlace, trained: Trained, *, step: int, standing: Standing) -> Path:
    """Write the checkpoint after `step` updates."""
    return save_checkpoint(
        place.folder / "checkpoints",
        step,
        trained.engine.model,
        trained.optimizer,
        keep=plan.keep,
        standing=standing,
        write=place.processes.first,
    )


def save_trained(plan: TrainingPlan, place: RunPlace, trained: Trained) -> None:
    """Save the adapter, or the whole model; all processes put weights in shares together, the first one writes."""
    weights = whole_weights(trained.saved)
    if place.processes.first:
        save_adapter(trained.saved, weights_folder(place.folder, plan), weights)


def batch_of(plan: TrainingPlan, rows: Sequence[EncodedExample], step: int) -> list[EncodedExample]:
    """Return the examples of update `step` (0-based)."""
    numbers = batch_rows(step, rows=len(rows), batch_size=plan.batch_size, examples=plan.train_examples, seed=plan.seed)
    return [rows[number] for number in numbers]


def due(step: int, every: int, steps: int) -> bool:
    """Return whether something done every so many updates, and at the end, is due after update `step` (1-based)."""
    return step == steps or step % every == 0
