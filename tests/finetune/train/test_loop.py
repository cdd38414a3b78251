"""The whole loop: the reference's losses and weights, resumed bit for bit, stopped and saved."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers.modeling_layers import GradientCheckpointingLayer

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import AdapterStart, TrainingPlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train import loop
from lfine.finetune.train.checkpoints import trainable
from lfine.finetune.train.loop import RunPlace, TrainingRows, adapt, batch_of, due, set_up, train
from lfine.finetune.train.losses import engine_for, mean_loss, update_gradient
from lfine.finetune.train.schedule import Schedule, learning_rate
from lfine.finetune.train.trackers import MAKERS
from lfine.schemas.errors import RunError
from tests.finetune.train.reference import plain_training
from tests.finetune.train.runs import evaluations, lines, losses, run, same_weights, weights
from tests.finetune.train.test_trackers import Noted

FLOAT32 = 1e-5
"""Relative: the same sums in another order."""
WEIGHTS = 1e-5
"""Absolute, on weights of about 0.01 to 0.3 after six updates."""


def test_every_loss_and_the_final_weights_equal_the_plain_loop(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    base = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    adapt(base, plan, rows)
    base.train()
    batches = [batch_of(plan, rows[:22], step) for step in range(plan.steps)]
    schedule = Schedule(plan.decay, plan.learning_rate, plan.warmup_steps, plan.steps)
    rates = [learning_rate(schedule, step) for step in range(plan.steps)]
    expected, reference = plain_training(base, batches, rates, 1.0)
    run(plan, rows, tmp_path, tiny_model_folder)
    assert losses(tmp_path) == pytest.approx(expected, rel=FLOAT32)
    found = weights(tmp_path)
    assert len(found) == len(reference) == 8
    for name, value in reference.items():
        saved = found["base_model.model." + name.replace(".default", "")]
        torch.testing.assert_close(saved, value, rtol=0, atol=WEIGHTS)
    assert expected[-1] < expected[0]


@pytest.mark.parametrize(
    "change",
    [
        {"micro_batch_size": 1},
        {"layout": "padded"},
        {"gradient_checkpointing": True},
        {"gradient_checkpointing": True, "checkpointed_layers": 1},
    ],
)
def test_how_it_is_computed_never_changes_the_result(
    change: dict[str, object],
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
) -> None:
    run(plan, rows, tmp_path / "a", tiny_model_folder)
    run(replace(plan, machine=replace(plan.machine, **change)), rows, tmp_path / "b", tiny_model_folder)  # type: ignore[arg-type]
    first, second = weights(tmp_path / "a"), weights(tmp_path / "b")
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=0, atol=WEIGHTS)


@pytest.mark.parametrize("kernels", [(), ("liger",)])
def test_the_kernels_of_the_plan_are_put_in_before_the_adapter(
    kernels: tuple[str, ...],
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Liger looks for the layers at their places, where an adapter would stand before them."""
    adapters: list[list[str]] = []

    def noted(model: nn.Module) -> None:
        adapters.append([name for name, _ in model.named_parameters() if "lora_" in name])

    monkeypatch.setattr(loop, "use_liger", noted)
    fused = replace(plan, machine=replace(plan.machine, kernels=kernels))
    set_up(fused, rows, RunPlace(tmp_path, tiny_model_folder, resume=False))
    assert adapters == ([[]] if kernels else [])


def test_the_layers_of_the_plan_are_computed_again(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    some = replace(plan, machine=replace(plan.machine, gradient_checkpointing=True, checkpointed_layers=1))
    trained = set_up(some, rows, RunPlace(tmp_path, tiny_model_folder, resume=False))
    layers = [each for each in trained.engine.model.modules() if isinstance(each, GradientCheckpointingLayer)]
    assert [layer.gradient_checkpointing for layer in layers] == [True, False]


def test_ctrl_c_finishes_the_update_and_saves(
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original, done = update_gradient, []

    def interrupted(*arguments: object) -> float:
        done.append(1)
        if len(done) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "update_gradient", interrupted)
    result = train(plan, TrainingRows(rows[:22], ()), RunPlace(tmp_path, tiny_model_folder, resume=False))
    assert (result.steps, result.finished) == (3, False)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-000003"]
    assert not (tmp_path / "adapter").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_loss_that_is_no_number_names_its_rows(
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "update_gradient", lambda *_: float("nan"))
    with pytest.raises(RunError) as caught:
        run(plan, rows, tmp_path, tiny_model_folder)
    (problem,) = caught.value.problems
    named = ", ".join(str(row.row_id) for row in batch_of(plan, rows[:22], 0))
    assert problem.code == "LF504"
    assert named in problem.message


def test_the_seconds_of_the_log_cover_the_loop(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    result = train(plan, TrainingRows(rows[:22], rows[22:]), RunPlace(tmp_path, tiny_model_folder, resume=False))
    log = lines(tmp_path)
    covered = sum(line.get("step_seconds", 0.0) + line.get("seconds", 0.0) for line in log)
    assert covered <= result.seconds
    assert [line["step"] for line in log if "validation_loss" in line] == [3, 6]
    assert [line["step"] for line in log if "checkpoint" in line] == [2, 4, 6]
    assert {line["examples"] for line in log if "loss" in line} == {8}
    assert result.best_validation_loss == min(line["validation_loss"] for line in log if "validation_loss" in line)


def test_full_fine_tuning_trains_every_weight(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    run(replace(plan, adapter=None, steps=2, learning_rate=1e-3), rows, tmp_path, tiny_model_folder)
    before = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    after = load_base(tmp_path / "model", dtype="float32", device="cpu", quantization=None)
    old, new = dict(before.named_parameters()), dict(after.named_parameters())
    assert all(not torch.equal(old[name], new[name]) for name in old)


def test_the_adapter_changes_nothing_before_the_first_update(plan: TrainingPlan, tiny_model_folder: Path) -> None:
    ids = torch.arange(5, 25)[None]
    base = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    before = base(ids).logits
    adapted = adapt(base, plan, ()).eval()
    assert torch.equal(adapted(ids).logits, before)
    assert all("lora_" in name for name in trainable(base))


def test_what_is_due_when() -> None:
    assert [step for step in range(1, 11) if due(step, 4, 10)] == [4, 8, 10]


def test_trained_whole_the_model_is_saved_and_answers_as_it_did(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    result = run(replace(plan, adapter=None, learning_rate=1e-3), rows, tmp_path, tiny_model_folder)
    saved = load_base(tmp_path / "model", dtype="float32", device="cpu", quantization=None)
    engine = engine_for(saved, plan.machine, plan.length.shared_prefix)
    assert mean_loss(engine, rows[22:]) == pytest.approx(evaluations(tmp_path)[-1]["validation_loss"], rel=FLOAT32)
    assert result.best_step is None


def test_a_deterministic_run_is_the_same_run(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    run(plan, rows, tmp_path / "a", tiny_model_folder)
    strict = replace(plan, machine=replace(plan.machine, deterministic=True))
    run(strict, rows, tmp_path / "b", tiny_model_folder)
    assert same_weights(tmp_path / "a", tmp_path / "b")
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_run_goes_on_from_an_adapter(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    """Validation begins where the earlier run ended; the rate rises from zero again."""
    assert plan.adapter is not None
    run(plan, rows, tmp_path / "first", tiny_model_folder)
    start = AdapterStart(str(tmp_path / "first" / "adapter"), "0")
    onward = replace(plan, adapter=replace(plan.adapter, start=start), learning_rate=1e-9, steps_per_evaluation=1)
    run(onward, rows, tmp_path / "second", tiny_model_folder)
    before, after = evaluations(tmp_path / "first")[-1], evaluations(tmp_path / "second")[0]
    assert after["validation_loss"] == pytest.approx(before["validation_loss"], rel=1e-4)


def test_trackers_are_told(
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setitem(MAKERS, "mlflow", lambda _: Noted(told))
    run(replace(plan, trackers=("mlflow",)), rows, tmp_path, tiny_model_folder)
    steps = [step for step, values in (each for each in told if isinstance(each, tuple)) if "loss" in values]
    assert (told[0], told[-1], steps) == ("start", "finish", [1, 2, 3, 4, 5, 6])
    assert told[1]["optimizer"] == "adamw"
