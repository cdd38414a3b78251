"""A run that was broken off ends with the bits of a whole one: each optimizer, noise, first values, full tuning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.optimizers import CUDA_ONLY_OPTIMIZERS
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.train.optimizers import MAKERS
from tests.finetune.train.runs import broken_and_resumed, losses, run, same_weights

Rows = tuple[EncodedExample, ...]


def resumed_equals_whole(
    plan: TrainingPlan, rows: Rows, base: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plan, rows, folder / "whole", base)
    broken_and_resumed(plan, rows, folder / "broken", base, dies=6, monkeypatch=monkeypatch)
    assert losses(folder / "broken") == losses(folder / "whole")
    assert same_weights(folder / "broken", folder / "whole")
    assert len(set(losses(folder / "whole"))) == 6


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - set(CUDA_ONLY_OPTIMIZERS)))
def test_with_each_optimizer(
    kind: str,
    plan: TrainingPlan,
    rows: Rows,
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    optimizer = replace(plan.optimizer, type=kind, weight_decay=0.1, momentum=0.9)
    adapter = None if plan.adapter is None else replace(plan.adapter, dropout=0.2)
    plan = replace(plan, optimizer=optimizer, adapter=adapter, steps_per_checkpoint=2)
    resumed_equals_whole(plan, rows, tiny_model_folder, tmp_path, monkeypatch)


def test_full_fine_tuning_with_noise_and_all_losses(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(plan, adapter=None, learning_rate=1e-3, optimizer=replace(plan.optimizer, type="adamw_8bit"))
    plan = replace(plan, neftune_noise_alpha=5.0, prompt_loss_weight=0.1, label_smoothing=0.1, steps_per_checkpoint=3)
    resumed_equals_whole(plan, rows, tiny_model_folder, tmp_path, monkeypatch)


@pytest.mark.parametrize("init", ["pissa", "eva"])
def test_first_values_come_back(
    init: str,
    plan: TrainingPlan,
    rows: Rows,
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert plan.adapter is not None
    plan = replace(plan, adapter=replace(plan.adapter, init=init, modules_to_save=("model.norm",)))
    resumed_equals_whole(plan, rows, tiny_model_folder, tmp_path, monkeypatch)
    (path,) = (tmp_path / "whole" / "checkpoints").iterdir()
    assert any(".initial." in name for name in load_file(path / "weights.safetensors")) == (init == "pissa")
