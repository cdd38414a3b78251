"""A checkpoint: trainable weights, optimizer and random state; written whole, checked when read.

    checkpoints/step-000060/weights.safetensors  optimizer.pt  state.json {"step": 60, "sha256": {…}, "standing": {…}}

The place in the data follows from the step, the learning rate and the noise too; with the standing of the evaluations
(best so far, rounds since) nothing else is needed to go on bit for bit. The newest are kept, and the best one.

*Not here:* the finished adapter in peft's own format (lfine.finetune.models.adapters).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lfine.finetune.models.first_values import INITIAL
from lfine.finetune.train.selection import Standing
from lfine.finetune.train.sharding import like, whole
from lfine.schemas.errors import MachineError, RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import from_json, json_text

WEIGHTS, OPTIMIZER, STATE = "weights.safetensors", "optimizer.pt", "state.json"


def save_checkpoint(
    folder: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    keep: int = 1,
    standing: Standing | None = None,
    write: bool = True,
) -> Path:
    """Write checkpoints/step-…, then remove all but the `keep` newest and the best.

    Weights in shares are put together by all processes; with `write` False this one does no more than that.
    MachineError LF405 when the disk is full: nothing is removed then.
    """
    target, reached = place_of(folder, step), standing or Standing()
    weights, states = trainable(model), optimizer.state_dict()
    if not write:
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as name:
            part = Path(name) / "checkpoint"
            part.mkdir()
            save_file(weights, part / WEIGHTS)
            torch.save({"optimizer": states, "random": _random_states()}, part / OPTIMIZER)
            sums = {file: _sha256(part / file) for file in (WEIGHTS, OPTIMIZER)}
            (part / STATE).write_text(json_text({"step": step, "sha256": sums, "standing": reached}), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
    except (OSError, RuntimeError, SafetensorError) as error:
        # torch's own writer raises a RuntimeError about positions in its file when the disk is full
        reason = "the disk did not take all of it" if isinstance(error, RuntimeError) else str(error)
        problem = Problem(
            "LF405",
            f"the checkpoint of step {step} could not be written: {reason}; earlier ones are untouched",
            "make room, then go on with --resume",
            file=str(target),
        )
        raise MachineError(problem) from error
    newest = sorted(path for path in folder.glob("step-*"))[-keep:]
    best = None if reached.best_step is None else place_of(folder, reached.best_step)
    for older in folder.glob("step-*"):
        if older not in (*newest, target, best):
            shutil.rmtree(older, ignore_errors=True)
    return target


def place_of(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies."""
    return folder / f"step-{step:06d}"


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint; a damaged one is passed over."""
    return next((path for path in sorted(folder.glob("step-*"), reverse=True) if _whole(path)), None)


def checkpoint_step(path: Path) -> int:
    """Return the number of updates done when a checkpoint was written."""
    return int(json.loads((path / STATE).read_text(encoding="utf-8"))["step"])


def checkpoint_standing(path: Path) -> Standing:
    """Return how the evaluations stood when a checkpoint was written."""
    return from_json(Standing, json.loads((path / STATE).read_text(encoding="utf-8"))["standing"])


def load_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put weights, optimizer and random states back as they were."""
    load_weights(path, model)
    state = torch.load(path / OPTIMIZER, weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"]["cpu"])
    if torch.cuda.is_available() and state["random"]["cuda"]:
        torch.cuda.set_rng_state_all(state["random"]["cuda"][: torch.cuda.device_count()])


def load_weights(path: Path, model: nn.Module) -> None:
    """Put the weights of a checkpoint into the model."""
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in load_file(path / WEIGHTS).items():
            parameters[name].copy_(like(parameters[name], value))


def load_best(folder: Path, step: int, model: nn.Module) -> None:
    """Put the weights of the best evaluation into the model; RunError LF505 when that checkpoint is damaged."""
    path = place_of(folder, step)
    if not _whole(path):
        message = f"the checkpoint of the best evaluation (step {step}) is missing or damaged"
        raise RunError(Problem("LF505", message, "train again", file=str(path)))
    load_weights(path, model)


def trainable(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters that are trained, by name, and the first values that a frozen adapter takes out."""
    kept = [(name, value) for name, value in model.named_parameters() if value.requires_grad or f".{INITIAL}." in name]
    return {name: whole(value.detach()).contiguous() for name, value in kept}


def _random_states() -> dict[str, Tensor | list[Tensor]]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def _whole(path: Path) -> bool:
    try:
        sums = json.loads((path / STATE).read_text(encoding="utf-8"))["sha256"]
        return all(_sha256(path / file) == sums[file] for file in (WEIGHTS, OPTIMIZER))
    except (OSError, ValueError, KeyError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
