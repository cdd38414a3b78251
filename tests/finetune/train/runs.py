"""Small runs for the tests of the loop, and what they leave behind.

    run(plan, rows, tmp_path, tiny_model_folder)
    losses(tmp_path), weights(tmp_path)

*Not here:* the plan and the rows (conftest.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.train import loop
from lfine.finetune.train.evaluations import AnsweredSample
from lfine.finetune.train.loop import RunPlace, TrainingRows, TrainResult, train
from lfine.finetune.train.losses import update_gradient


def run(
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    folder: Path,
    base: Path,
    *,
    resume: bool = False,
    answered: AnsweredSample | None = None,
) -> TrainResult:
    """Train on the first 22 rows; the others are validation rows."""
    return train(plan, TrainingRows(rows[:22], rows[22:], answered), RunPlace(folder, base, resume=resume))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The saved adapter, or the whole model of a full fine-tuning."""
    adapter = folder / "adapter" / "adapter_model.safetensors"
    return load_file(adapter if adapter.is_file() else folder / "model" / "model.safetensors")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in lines(folder) if "loss" in line]


def evaluations(folder: Path) -> list[dict[str, Any]]:
    return [line for line in lines(folder) if line.get("kind") == "validation"]


def dies_in_update(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next run end in its update `number` (1-based), as if the process had been killed."""
    original, done = update_gradient, []

    def dies(*arguments: Any) -> float:
        done.append(1)
        if len(done) == number:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(loop, "update_gradient", dies)


def broken_and_resumed(
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    folder: Path,
    base: Path,
    *,
    dies: int,
    monkeypatch: pytest.MonkeyPatch,
    answered: AnsweredSample | None = None,
) -> TrainResult:
    """Run until the update `dies`, then go on from the last checkpoint."""
    with monkeypatch.context() as patch:
        dies_in_update(dies, patch)
        with pytest.raises(KeyboardInterrupt):
            run(plan, rows, folder, base, answered=answered)
    return run(plan, rows, folder, base, resume=True, answered=answered)


def same_weights(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same bits."""
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
