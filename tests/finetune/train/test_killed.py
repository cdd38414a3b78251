"""Killed at any moment: at most one cadence is lost, and the end is that of a run that nobody touched, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import SelectionPlan, TrainingPlan
from lfine.finetune.train.checkpoints import latest_checkpoint, read_state
from tests.finetune.train.kills import Moments
from tests.finetune.train.runs import evaluations, lines, losses, run, same_weights

Rows = tuple[EncodedExample, ...]
CADENCE = 2


def surviving(plan: TrainingPlan) -> TrainingPlan:
    """Dropout, a best evaluation that is not the last, early stopping, checkpoints of both kinds."""
    assert plan.adapter is not None
    return replace(
        plan,
        adapter=replace(plan.adapter, dropout=0.2),
        selection=SelectionPlan("loss", 3, 1, 8, 0),
        steps_per_evaluation=1,
        steps_per_checkpoint=CADENCE,
        keep=1,
        learning_rate=0.05,
        decay="constant",
        warmup_steps=0,
        steps=9,
        train_examples=72,
    )


def whole_lines(folder: Path) -> list[dict[str, Any]]:
    """What the log holds; nothing before it is begun."""
    return lines(folder) if (folder / "log.jsonl").is_file() else []


def test_at_any_moment(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, whole = surviving(plan), tmp_path / "whole"
    with monkeypatch.context() as patch:
        moments = Moments(whole, tmp_path / "moments", patch)
        result = run(plan, rows, whole, tiny_model_folder)
    assert result.best_step is not None
    assert 1 < result.best_step < result.steps < plan.steps
    folders = moments.folders()
    first = {stage_of(left): left for left in reversed(folders)}
    assert set(first) == {".writing", ".removing", ".adapter", "training", "finished"}
    for left in folders:
        checkpoint = latest_checkpoint(left / "checkpoints")
        saved = 0 if checkpoint is None else read_state(checkpoint).step
        done = max((line["step"] for line in whole_lines(left) if "loss" in line), default=0)
        assert done - saved <= CADENCE, left.name
    for left in {*first.values(), *folders[::12]}:
        assert run(plan, rows, left, tiny_model_folder, resume=True) == replace(result, seconds=ANY), left.name
        assert [line["step"] for line in lines(left) if "loss" in line] == list(range(1, result.steps + 1)), left.name
        assert losses(left) == losses(whole), left.name
        assert told(left) == told(whole), left.name
        assert same_weights(left, whole), left.name
        assert names(left / "checkpoints") >= names(whole / "checkpoints"), left.name
        assert not [name for name in names(left / "checkpoints") if name.startswith(".")], left.name


def stage_of(left: Path) -> str:
    """What the run was doing when it was killed: what is half written, half removed, or done."""
    hidden = [path.name.split("-")[0] for path in left.rglob(".*-*")]
    return hidden[0] if hidden else "finished" if (left / "adapter").is_dir() else "training"


def told(folder: Path) -> list[tuple[float, bool]]:
    return [(line["validation_loss"], line["best"]) for line in evaluations(folder)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
