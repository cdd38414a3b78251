"""Out of memory in an update: half the micro-batch, the same batch, the same result, said and kept."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train import loop
from lfine.finetune.train.halving import Compute, within_memory
from lfine.finetune.train.loop import RunPlace, as_reached
from lfine.finetune.train.losses import Engine, engine_for, update_gradient
from lfine.schemas.errors import MachineError
from tests.finetune.train.runs import lines, losses, run, same_weights, weights

Rows = tuple[EncodedExample, ...]
FULL = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 14.6 GiB"
FLOAT32 = 1e-5
"""Relative: the same sums in other parts."""
WEIGHTS = 1e-5
"""Absolute, on weights of about 0.01 to 0.3 after six updates."""


def full_at(*updates: int, most: int = 99) -> tuple[Compute, list[int]]:
    """Return update_gradient that ends in want of memory in these updates (1-based), once, or always above `most`.

    It fails at the last moment: gradients are added and random numbers drawn. The list is the sizes it was called with.
    """
    left, sizes = list(updates), []

    def full(engine: Engine, batch: Sequence[EncodedExample], step: int) -> float:
        size = engine.machine.micro_batch_size
        sizes.append(size)
        loss = update_gradient(engine, batch, step)
        if step + 1 in left or size > most:
            left[:] = [each for each in left if each != step + 1]
            raise torch.OutOfMemoryError(FULL)
        return loss

    return full, sizes


def test_the_result_is_that_of_a_run_with_memory_enough(
    plan: TrainingPlan,
    rows: Rows,
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plan = replace(plan, max_grad_norm=None)  # a gradient that counted twice would be clipped to the same
    run(plan, rows, tmp_path / "a", tiny_model_folder)
    full, sizes = full_at(3)
    monkeypatch.setattr(loop, "update_gradient", full)
    run(plan, rows, tmp_path / "b", tiny_model_folder)
    assert losses(tmp_path / "b") == pytest.approx(losses(tmp_path / "a"), rel=FLOAT32)
    first, second = weights(tmp_path / "a"), weights(tmp_path / "b")
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=0, atol=WEIGHTS)
    assert sizes == [8, 8, 8, 4, 4, 4, 4]
    (line,) = [line for line in lines(tmp_path / "b") if line.get("kind") == "memory"]
    assert line.pop("seconds") > 0
    assert line == {"step": 2, "kind": "memory", "micro_batch_size": 4, "before": 8, "reason": FULL}
    assert "out of memory in update 3" in capsys.readouterr().err


def test_dropout_is_drawn_as_if_the_smaller_size_had_been_there_from_the_updates_start(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan.adapter is not None
    plan = replace(plan, adapter=replace(plan.adapter, dropout=0.3))

    def smaller_from_the_third(engine: Engine, batch: Sequence[EncodedExample], step: int) -> float:
        size = engine.machine.micro_batch_size if step < 2 else 4
        return update_gradient(replace(engine, machine=replace(engine.machine, micro_batch_size=size)), batch, step)

    monkeypatch.setattr(loop, "update_gradient", smaller_from_the_third)
    run(plan, rows, tmp_path / "a", tiny_model_folder)
    monkeypatch.setattr(loop, "update_gradient", full_at(3)[0])
    run(plan, rows, tmp_path / "b", tiny_model_folder)
    assert losses(tmp_path / "b") == losses(tmp_path / "a")
    assert same_weights(tmp_path / "b", tmp_path / "a")


def test_it_is_halved_until_it_fits_and_one_example_is_the_end(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, sizes = full_at(most=2)
    monkeypatch.setattr(loop, "update_gradient", full)
    run(plan, rows, tmp_path / "a", tiny_model_folder)
    assert sizes == [8, 4, *[2] * 6]
    full, sizes = full_at(most=0)
    monkeypatch.setattr(loop, "update_gradient", full)
    with pytest.raises(MachineError) as caught:
        run(plan, rows, tmp_path / "b", tiny_model_folder)
    (problem,) = caught.value.problems
    assert sizes == [8, 4, 2, 1]
    assert (problem.code, problem.path) == ("LF404", "trainer.micro_batch_size")
    assert problem.message == f"the memory does not hold update 1, one example at once: {FULL}"
    assert problem.cure.startswith("trainer.gradient_checkpointing: true, and go on with --resume")


@pytest.mark.parametrize(("layers", "there"), [(None, False), (1, True)])
def test_checkpointing_is_a_cure_only_where_there_is_more_of_it(
    layers: int | None,
    there: bool,
    plan: TrainingPlan,
    rows: Rows,
    tiny_model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "update_gradient", full_at(most=0)[0])
    machine = replace(plan.machine, gradient_checkpointing=True, checkpointed_layers=layers, micro_batch_size=1)
    with pytest.raises(MachineError) as caught:
        run(replace(plan, machine=machine), rows, tmp_path, tiny_model_folder)
    assert ("gradient_checkpointing" in caught.value.problems[0].cure) is there


def test_a_resumed_run_begins_with_the_smaller_size(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the update in which memory ran out is done again: checkpoints come after updates 2, 4 and 6."""
    full, _ = full_at(4)

    def killed_at_the_second_try(engine: Engine, batch: Sequence[EncodedExample], step: int) -> float:
        if engine.machine.micro_batch_size == 4:
            raise KeyboardInterrupt
        return full(engine, batch, step)

    monkeypatch.setattr(loop, "update_gradient", killed_at_the_second_try)
    with pytest.raises(KeyboardInterrupt):
        run(plan, rows, tmp_path, tiny_model_folder)
    whole, sizes = full_at()
    monkeypatch.setattr(loop, "update_gradient", whole)
    run(plan, rows, tmp_path, tiny_model_folder, resume=True)
    assert sizes == [4] * 4
    (line,) = [line for line in lines(tmp_path) if line.get("kind") == "memory"]
    assert (line["step"], line["micro_batch_size"], line["seconds"]) == (2, 4, 0.0)
    assert as_reached(plan, RunPlace(tmp_path, tiny_model_folder, resume=True)).machine.micro_batch_size == 4
    small = replace(plan, machine=replace(plan.machine, micro_batch_size=3))
    assert as_reached(small, RunPlace(tmp_path, tiny_model_folder, resume=True)) is small


def engine_of(folder: Path, plan: TrainingPlan) -> Engine:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    return engine_for(model, plan.machine, plan.length.shared_prefix)


def test_what_the_half_done_update_held_is_free_before_the_next_try(
    plan: TrainingPlan, rows: Rows, tiny_model_folder: Path
) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def compute(engine: Engine, _batch: Sequence[EncodedExample], _step: int) -> float:
        if held:
            assert held[0]() is None
            assert all(parameter.grad is None for parameter in engine.model.parameters())
            return 0.5
        activations = torch.zeros(1000)
        held.append(weakref.ref(activations))
        next(iter(engine.model.parameters())).grad = torch.zeros_like(next(iter(engine.model.parameters())))
        raise torch.OutOfMemoryError(FULL)

    told: list[tuple[int, int, int, str]] = []
    engine, loss = within_memory(
        compute, engine_of(tiny_model_folder, plan), batch=rows[:6], step=7, tell=lambda *what: told.append(what)
    )
    assert (engine.machine.micro_batch_size, loss) == (3, 0.5), "half of the batch's six, of which it holds no more"
    assert told == [(7, 3, 6, FULL)]


@pytest.mark.parametrize(
    ("error", "caught"),
    [
        (torch.OutOfMemoryError(FULL), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_only_want_of_memory_is_caught(
    error: RuntimeError, caught: bool, plan: TrainingPlan, rows: Rows, tiny_model_folder: Path
) -> None:
    raised: list[RuntimeError] = [error]

    def compute(*_: object) -> float:
        if raised:
            raise raised.pop()
        return 0.5

    engine = engine_of(tiny_model_folder, plan)
    if caught:
        assert within_memory(compute, engine, batch=rows[:8], step=0, tell=lambda *_: None)[1] == 0.5
    else:
        with pytest.raises(RuntimeError, match="cannot be multiplied"):
            within_memory(compute, engine, batch=rows[:8], step=0, tell=lambda *_: None)
