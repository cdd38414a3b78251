"""The whole loop: the reference's losses and weights, resumed bit for bit, stopped and saved."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train import loop
from lfine.finetune.train.checkpoints import trainable
from lfine.finetune.train.loop import RunPlace, TrainingRows, adapt, batch_of, due, learning_rate, train
from lfine.finetune.train.losses import update_gradient
from lfine.schemas.errors import RunError
from tests.finetune.train.reference import plain_training

FLOAT32 = 1e-5
"""Relative: the same sums in another order."""
WEIGHTS = 1e-5
"""Absolute, on weights of about 0.01 to 0.3 after six updates."""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def lines(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in lines(folder) if "loss" in line]


def run(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], folder: Path, base: Path, *, resume: bool = False
) -> None:
    train(plan, TrainingRows(rows[:22], rows[22:]), RunPlace(folder, base, resume=resume))


def test_every_loss_and_the_final_weights_equal_the_plain_loop(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    base = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    adapt(base, plan.adapter, plan.seed)
    base.train()
    batches = [batch_of(plan, rows[:22], step) for step in range(plan.steps)]
    rates = [learning_rate(plan, step) for step in range(plan.steps)]
    expected, reference = plain_training(base, batches, rates, 1.0)
    run(plan, rows, tmp_path, tiny_model_folder)
    assert losses(tmp_path) == pytest.approx(expected, rel=FLOAT32)
    found = weights(tmp_path)
    assert len(found) == len(reference) == 8
    for name, value in reference.items():
        saved = found["base_model.model." + name.replace(".default", "")]
        torch.testing.assert_close(saved, value, rtol=0, atol=WEIGHTS)
    assert expected[-1] < expected[0]


@pytest.mark.parametrize("change", [{"micro_batch_size": 1}, {"layout": "padded"}, {"gradient_checkpointing": True}])
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


def test_a_resumed_run_ends_with_the_same_bits(
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert plan.adapter is not None
    plan = replace(plan, adapter=replace(plan.adapter, dropout=0.2))  # dropout: the random state must come back too
    run(plan, rows, tmp_path / "whole", tiny_model_folder)

    original, done = update_gradient, []

    def dies(*arguments: object) -> float:
        done.append(1)
        if len(done) == 6:
            raise KeyboardInterrupt
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "update_gradient", dies)
    with pytest.raises(KeyboardInterrupt):
        run(plan, rows, tmp_path / "broken", tiny_model_folder)
    monkeypatch.undo()
    assert len(losses(tmp_path / "broken")) == 5
    run(plan, rows, tmp_path / "broken", tiny_model_folder, resume=True)
    assert losses(tmp_path / "broken") == losses(tmp_path / "whole")
    first, second = weights(tmp_path / "whole"), weights(tmp_path / "broken")
    assert all(torch.equal(first[name], second[name]) for name in first)


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
    adapted = adapt(base, plan.adapter, plan.seed).eval()
    assert torch.equal(adapted(ids).logits, before)
    assert all("lora_" in name for name in trainable(base))


def test_learning_rate_rises_then_falls(plan: TrainingPlan) -> None:
    plan = replace(plan, steps=10, warmup_steps=2, learning_rate=1.0)
    assert [learning_rate(plan, step) for step in (0, 1, 2)] == [0.5, 1.0, 1.0]
    assert learning_rate(plan, 6) == pytest.approx(0.5)
    assert learning_rate(replace(plan, decay="linear"), 6) == pytest.approx(0.5)
    assert learning_rate(replace(plan, decay="linear"), 8) == pytest.approx(0.25)
    assert learning_rate(replace(plan, decay="constant"), 9) == 1.0


def test_what_is_due_when() -> None:
    assert [step for step in range(1, 11) if due(step, 4, 10)] == [4, 8, 10]
