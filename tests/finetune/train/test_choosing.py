"""The best evaluation decides the adapter, early stopping the end; both through a broken run bit for bit."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import SelectionPlan, TrainingPlan
from lfine.finetune.train import loop
from lfine.finetune.train.evaluations import Evaluation
from tests.finetune.train.runs import (
    broken_and_resumed,
    evaluations,
    lines,
    losses,
    run,
    same_weights,
    weights,
)

Rows = tuple[EncodedExample, ...]


def choosing(plan: TrainingPlan, *, early_stop: int | None = None, by: str = "loss") -> TrainingPlan:
    """Evaluate after every update, checkpoints only at the end and where there is a best."""
    selection = SelectionPlan(by, early_stop, 1, 8, 0)
    return replace(plan, selection=selection, steps_per_evaluation=1, steps_per_checkpoint=100, keep=1)


def fixed(values: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the evaluations give these losses, one after the other, from the place where a run begins."""
    left = list(values)
    monkeypatch.setattr(loop, "evaluate", lambda *_: Evaluation(left.pop(0)))


def test_the_adapter_is_that_of_the_best_evaluation(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(replace(plan, steps_per_checkpoint=1, keep=6), rows, tmp_path / "plain", tiny_model_folder)
    fixed([5.0, 4.0, 3.0, 3.0, 3.5, math.nan], monkeypatch)
    result = run(choosing(plan), rows, tmp_path / "chosen", tiny_model_folder)
    assert (result.steps, result.finished, result.best_step) == (6, True, 3)
    kept = sorted(path.name for path in (tmp_path / "chosen" / "checkpoints").iterdir())
    assert kept == ["step-000003", "step-000006"]
    from safetensors.torch import load_file

    third = load_file(tmp_path / "plain" / "checkpoints" / "step-000003" / "weights.safetensors")
    saved = weights(tmp_path / "chosen")
    for name, value in third.items():
        assert torch.equal(saved["base_model.model." + name.replace(".default", "")], value)
    assert not same_weights(tmp_path / "plain", tmp_path / "chosen")
    assert [line["best"] for line in evaluations(tmp_path / "chosen")] == [True, True, True, False, False, False]


def test_training_stops_early(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed([5.0, 4.0, 4.5, 4.5], monkeypatch)
    result = run(choosing(plan, early_stop=2), rows, tmp_path, tiny_model_folder)
    assert (result.steps, result.finished, result.best_step) == (4, True, 2)
    assert len(losses(tmp_path)) == 4
    assert (tmp_path / "adapter").is_dir()


def test_a_broken_run_chooses_as_a_whole_one(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real validation loss; a high rate makes it rise again, so that the best one is not the last."""
    plan = replace(choosing(plan), learning_rate=0.5, decay="constant", steps=8, train_examples=64)
    plan = replace(plan, steps_per_checkpoint=3, keep=2)
    whole = run(plan, rows, tmp_path / "whole", tiny_model_folder)
    broken = broken_and_resumed(plan, rows, tmp_path / "broken", tiny_model_folder, dies=6, monkeypatch=monkeypatch)
    assert whole.best_step == broken.best_step
    assert whole.best_step not in (None, 8)
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    for name in ("validation_loss", "best"):
        one, other = ([line[name] for line in evaluations(tmp_path / side)] for side in ("whole", "broken"))
        assert one == other


def test_a_broken_run_counts_its_rounds_on(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(choosing(plan, early_stop=3), steps_per_checkpoint=1)
    fixed([5.0, 4.0, 4.5, 4.5, 4.5], monkeypatch)
    result = broken_and_resumed(plan, rows, tmp_path, tiny_model_folder, dies=5, monkeypatch=monkeypatch)
    assert (result.steps, result.best_step) == (5, 2)  # two rounds before it broke, one after


def test_a_run_that_had_stopped_early_only_saves(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the last checkpoint and the adapter."""
    plan = replace(choosing(plan, early_stop=1), steps_per_checkpoint=1)
    fixed([4.0, 4.5], monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_adapter", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(plan, rows, tmp_path, tiny_model_folder)
    result = run(plan, rows, tmp_path, tiny_model_folder, resume=True)
    assert (result.steps, result.finished, result.best_step) == (2, True, 1)
    assert [line["step"] for line in lines(tmp_path) if "loss" in line] == [1, 2]
    assert (tmp_path / "adapter").is_dir()
