"""A checkpoint: trainable weights, optimizer and random state; written whole, checked when read.

    checkpoints/step-000060/weights.safetensors  optimizer.pt
                            state.json {"step": 60, "sha256": {…}, "standing": {…}, "hash": "…"}

The place in the data follows from the step, the learning rate and the noise too; with the standing of the evaluations
(best so far, rounds since) nothing else is needed to go on bit for bit. The newest are kept, and the best one of each.
A folder gets the name step-… when all of it is on the disk, and loses the name before any of it is removed.

*Not here:* the finished adapter in peft's own format (lfine.finetune.models.adapters).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
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
from lfine.schemas.records import digest, from_json, json_text, sync, to_json

WEIGHTS, OPTIMIZER, STATE = "weights.safetensors", "optimizer.pt", "state.json"
WRITING, REMOVING = ".writing-", ".removing-"
"""Beginnings of the names that a checkpoint has before it is whole, and while it goes."""


@dataclass(frozen=True)
class State:
    """state.json; there its own hash stands beside it."""

    step: int
    """Updates done."""
    sha256: dict[str, str]
    """Of the two other files."""
    standing: Standing
    """How the evaluations stood."""


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
    """Write checkpoints/step-…, then remove all but the `keep` newest and the best one that each of them names.

    Weights in shares are put together by all processes; with `write` False this one does no more than that.
    MachineError LF405 when the disk is full: nothing is removed then.
    """
    target = place_of(folder, step)
    weights, states = trainable(model), optimizer.state_dict()
    if not write:
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sync(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder, prefix=WRITING) as name:
            part = Path(name) / "checkpoint"
            part.mkdir()
            _write(part, State(step, {}, standing or Standing()), weights, states)
            if target.exists():  # a damaged one, that a resumed run has passed over
                _remove(target)
            part.rename(target)
            sync(folder)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise MachineError(_unwritten(target, step, error)) from error
    _prune(folder, step, keep)
    return target


def _write(part: Path, state: State, weights: dict[str, Tensor], optimizer: dict[str, object]) -> None:
    """Write the three files and have them put on the disk."""
    save_file(weights, part / WEIGHTS)
    torch.save({"optimizer": optimizer, "random": _random_states()}, part / OPTIMIZER)
    state = replace(state, sha256={file: _sha256(part / file) for file in (WEIGHTS, OPTIMIZER)})
    (part / STATE).write_text(json_text({**to_json(state), "hash": digest(state)}), encoding="utf-8")
    for path in (*part.iterdir(), part):
        sync(path)


def _unwritten(target: Path, step: int, error: Exception) -> Problem:
    # torch's own writer raises a RuntimeError about positions in its file when the disk is full
    reason = "the disk did not take all of it" if isinstance(error, RuntimeError) else str(error)
    message = f"the checkpoint of step {step} could not be written: {reason}; earlier ones are untouched"
    return Problem("LF405", message, "make room, then go on with --resume", file=str(target))


def _prune(folder: Path, step: int, keep: int) -> None:
    """Remove what is neither among the newest nor the best that one of these names; later steps were passed over."""
    kept = {path for path in numbered(folder) if _number(path) <= step}
    kept = set(sorted(kept, key=_number)[-keep:])
    for path in tuple(kept):
        with suppress(OSError, ValueError):
            best = read_state(path).standing.best_step
            kept |= set() if best is None else {place_of(folder, best)}
    for path in numbered(folder):
        if path not in kept:
            _remove(path)


def _remove(path: Path) -> None:
    """Take the name away first: what a kill leaves then is no checkpoint."""
    aside = path.with_name(REMOVING + path.name)
    with suppress(OSError):
        path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def place_of(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lies."""
    return folder / f"step-{step:06d}"


def numbered(folder: Path) -> list[Path]:
    """Return the checkpoints there, whole or damaged, in the order of their steps."""
    return sorted((path for path in folder.glob("step-*") if path.name[5:].isdecimal()), key=_number)


def _number(path: Path) -> int:
    return int(path.name[5:])


def resume_point(folder: Path) -> Path | None:
    """Return the newest whole checkpoint, say on stderr which are passed over, and clear what a kill left half done.

    None: training begins at the start.
    """
    for left in (*folder.glob(WRITING + "*"), *folder.glob(REMOVING + "*")):
        shutil.rmtree(left, ignore_errors=True)
    said: list[str] = []
    path = latest_checkpoint(folder, passed_over=lambda each, why: said.append(f"{each.name} is damaged ({why})"))
    said.append("no whole checkpoint: beginning at the start" if path is None else f"going on from {path.name}")
    print("; ".join(said), file=sys.stderr)
    return path


def latest_checkpoint(folder: Path, *, passed_over: Callable[[Path, str], None] | None = None) -> Path | None:
    """Return the newest whole checkpoint; `passed_over` is told of each damaged one after it, and why it is one."""
    for path in reversed(numbered(folder)):
        why = damage(path)
        if why is None:
            return path
        if passed_over is not None:
            passed_over(path, why)
    return None


def damage(path: Path) -> str | None:
    """Return what is wrong with a checkpoint, or with the best one that it names; None when one can go on from it."""
    try:
        state = read_state(path)
    except (OSError, ValueError):
        return f"{STATE} cannot be read"
    for file, sum_ in state.sha256.items():
        try:
            if _sha256(path / file) != sum_:
                return f"{file} is not what was written"
        except OSError:
            return f"{file} cannot be read"
    best = state.standing.best_step
    if best in (None, state.step) or damage(place_of(path.parent, best)) is None:
        return None
    return f"the best one by then, that of step {best}, is damaged or missing"


def read_state(path: Path) -> State:
    """Return what state.json says; OSError or ValueError when it cannot be read or is not what was written."""
    record = json.loads((path / STATE).read_text(encoding="utf-8"))
    state = from_json(State, record)
    if record.get("hash") != digest(state) or set(state.sha256) != {WEIGHTS, OPTIMIZER} or state.step != _number(path):
        raise ValueError(f"{path / STATE} is not what was written")
    return state


def load_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> State:
    """Put weights, optimizer and random states back as they were; return the rest."""
    load_weights(path, model)
    state = torch.load(path / OPTIMIZER, weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"]["cpu"])
    if torch.cuda.is_available() and state["random"]["cuda"]:
        torch.cuda.set_rng_state_all(state["random"]["cuda"][: torch.cuda.device_count()])
    return read_state(path)


def load_weights(path: Path, model: nn.Module) -> None:
    """Put the weights of a checkpoint into the model."""
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in load_file(path / WEIGHTS).items():
            parameters[name].copy_(like(parameters[name], value))


def load_best(folder: Path, step: int, model: nn.Module) -> None:
    """Put the weights of the best evaluation into the model; RunError LF505 when that checkpoint is damaged."""
    path = place_of(folder, step)
    if damage(path) is not None:
        message = f"the checkpoint of the best evaluation (step {step}) is missing or damaged"
        cure = "go on with --resume: it begins at a checkpoint before that one"
        raise RunError(Problem("LF505", message, cure, file=str(path)))
    load_weights(path, model)


def trainable(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters that are trained, by name, and the first values that a frozen adapter takes out."""
    kept = [(name, value) for name, value in model.named_parameters() if value.requires_grad or f".{INITIAL}." in name]
    return {name: whole(value.detach()).contiguous() for name, value in kept}


def _random_states() -> dict[str, Tensor | list[Tensor]]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
