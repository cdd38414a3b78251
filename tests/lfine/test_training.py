"""The Python side of `lfine train`: what is left behind when it ends otherwise than well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lfine import training
from lfine.finetune.compile.files import read_plan
from lfine.finetune.train.loop import TrainResult
from lfine.runs import read_run, write_run
from lfine.schemas.errors import MachineError, RunError
from lfine.schemas.problems import Problem
from lfine.stops import Interrupted
from lfine.training import TrainOptions, train_task
from tests.lfine.projects import Project


def options(project: Project, *overrides: str, resume: bool = False) -> TrainOptions:
    return TrainOptions(overrides, str(project.runs), resume, "the command")


def ending(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def train(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(training, "train", train)


def test_the_overrides_are_in_the_plan(project: Project) -> None:
    outcome = train_task(project.task, options(project, "trainer.train_steps=1", "adapter.r=2"))
    plan = read_plan(Path(outcome.run_dir) / "plan.json")
    assert plan.training.adapter is not None
    assert (plan.training.steps, plan.training.adapter.r, plan.plan_hash) == (1, 2, outcome.plan_hash)
    assert read_run(Path(outcome.run_dir)).command == "the command"


def test_a_run_that_failed_is_recorded_and_resumed_from_the_beginning(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        ending(patch, RunError(Problem("LF504", "the loss is nan", "a lower rate")))
        with pytest.raises(RunError):
            train_task(project.task, options(project))
    (run,) = project.run_folders()
    assert (read_run(run).status, read_run(run).steps) == ("failed", 0)
    outcome = train_task(project.task, options(project, resume=True))
    assert (outcome.run_dir, outcome.steps, read_run(run).status) == (str(run), 4, "finished")


def test_stopped_before_the_first_update(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ending(monkeypatch, KeyboardInterrupt())
    with pytest.raises(Interrupted) as caught:
        train_task(project.task, options(project))
    assert caught.value.saved == "no update was saved yet"
    assert caught.value.resume.endswith("--resume")
    assert read_run(project.run_folders()[0]).status == "interrupted"


def test_the_error_is_told_even_where_the_record_cannot_be_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    calls: list[str] = []

    def write_once(folder: Path, record: Any) -> None:
        calls.append(record.status)
        write_run(folder, record) if len(calls) == 1 else full()

    monkeypatch.setattr(training, "write_run", write_once)
    ending(monkeypatch, OSError(28, "No space left on device"))
    with pytest.raises(MachineError) as caught:
        train_task(project.task, options(project))
    assert caught.value.problems[0].code == "LF405"
    assert calls == ["started", "failed"]


def test_seconds_of_resumed_parts_add_up(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [
        TrainResult(2, finished=False, seconds=10.0, final_loss=2.0, best_validation_loss=3.0),
        TrainResult(4, finished=True, seconds=5.0, final_loss=1.0, best_validation_loss=2.0),
    ]
    monkeypatch.setattr(training, "train", lambda *_: results.pop(0))
    with pytest.raises(Interrupted):
        train_task(project.task, options(project))
    assert read_run(project.run_folders()[0]).train_examples == 8
    outcome = train_task(project.task, options(project, resume=True))
    assert (outcome.seconds, outcome.train_examples, outcome.final_loss) == (15.0, 16, 1.0)
