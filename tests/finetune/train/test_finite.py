"""A loss or gradient that is not finite: no update is made, its rows and the last good checkpoint are named."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.train import loop
from lfine.finetune.train.checkpoints import latest_checkpoint, load_weights, save_checkpoint
from lfine.finetune.train.finite import require_finite
from lfine.finetune.train.loop import batch_of
from lfine.finetune.train.losses import Engine, update_gradient
from lfine.schemas.errors import RunError
from tests.finetune.train.runs import run, same_weights

BATCH = [EncodedExample(7, (1, 2), (2,)), EncodedExample(31, (1,), (2,))]


def refused(checkpoints: Path, *, loss: float, norm: float) -> str:
    with pytest.raises(RunError) as caught:
        require_finite(loss=loss, norm=norm, step=60, batch=BATCH, checkpoints=checkpoints)
    (problem,) = caught.value.problems
    assert problem.code == "LF504"
    return problem.message


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_loss_the_gradient_and_the_rows_are_named(bad: float, tmp_path: Path) -> None:
    require_finite(loss=0.4, norm=1e30, step=60, batch=BATCH, checkpoints=tmp_path)
    end = "; its rows are 7, 31; no checkpoint was written before"
    assert refused(tmp_path, loss=bad, norm=1.0) == f"the loss of update 61 is {bad}{end}"
    assert refused(tmp_path, loss=0.41, norm=bad) == f"the gradient of update 61 is {bad} (its loss is 0.41){end}"


def test_only_a_checkpoint_of_finite_weights_is_called_good(tmp_path: Path) -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    save_checkpoint(tmp_path, 40, model, optimizer)
    assert refused(tmp_path, loss=math.nan, norm=1.0).endswith("step-000040 is still good")
    with torch.no_grad():
        model.weight[0, 0] = math.inf
    save_checkpoint(tmp_path, 60, model, optimizer)
    assert refused(tmp_path, loss=math.nan, norm=1.0).endswith("the weights of step-000060 are not finite either")


@pytest.mark.parametrize("limit", [1.0, None])
def test_a_gradient_that_is_not_finite_never_reaches_the_weights(
    limit: float | None,
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loss of update 4 is finite, one number of its gradient is not."""
    plan, model, calls = replace(plan, max_grad_norm=limit), [], [0]

    def spoiled(engine: Engine, batch: Any, step: int) -> float:
        loss = update_gradient(engine, batch, step)
        calls[0] += 1
        if calls[0] == 4:
            model.append(engine.model)
            next(value.grad for value in engine.model.parameters() if value.grad is not None)[0, 0] = math.nan
        return loss

    monkeypatch.setattr(loop, "update_gradient", spoiled)
    with pytest.raises(RunError) as caught:
        run(plan, rows, tmp_path, tiny_model_folder)
    message = caught.value.problems[0].message
    assert message.startswith("the gradient of update 4 is nan (its loss is ")
    assert ", ".join(str(row.row_id) for row in batch_of(plan, rows[:22], 3)) in message
    assert message.endswith("step-000002 is still good")
    assert all(bool(torch.isfinite(value).all()) for value in model[0].parameters())
    good = latest_checkpoint(tmp_path / "checkpoints")
    assert good is not None
    load_weights(good, model[0])


def test_without_a_limit_gradients_stay_as_they_are(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    """`max_grad_norm: null` only measures: the same bits as a limit that nothing reaches."""
    run(replace(plan, max_grad_norm=None), rows, tmp_path / "none", tiny_model_folder)
    run(replace(plan, max_grad_norm=1e9), rows, tmp_path / "high", tiny_model_folder)
    assert same_weights(tmp_path / "none", tmp_path / "high")
