"""The Python side of `lfine train`: what is left behind when it ends otherwise than well."""

from __future__ import annotations

import importlib.util
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from lfine import training
from lfine.finetune.compile.files import read_plan
from lfine.finetune.train.loop import TrainResult, train
from lfine.runs import read_run, write_run
from lfine.schemas.errors import LfineError, MachineError, RunError, TaskError
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


def test_another_number_of_threads_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sums are taken in another order then, and the end is no longer bit for bit that of the run left alone."""
    monkeypatch.setattr(training, "computing_threads", lambda: 3)
    ending(monkeypatch, KeyboardInterrupt())
    with pytest.raises(Interrupted):
        train_task(project.task, options(project))
    with pytest.raises(Interrupted):
        train_task(project.task, options(project, resume=True))
    assert "threads were" not in capsys.readouterr().err
    monkeypatch.setattr(training, "computing_threads", lambda: 5)
    with pytest.raises(Interrupted):
        train_task(project.task, options(project, resume=True))
    assert "equal only up to rounding: threads were 3, are 5\n" in capsys.readouterr().err
    assert read_run(project.run_folders()[0]).threads == 5


def refused(project: Project, *overrides: str) -> list[tuple[str, str]]:
    """Return code and path of the problems, all found before a run folder was made."""
    with pytest.raises(LfineError) as caught:
        train_task(project.task, options(project, *overrides))
    assert project.run_folders() == []
    return [(problem.code, problem.path) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("overrides", "code", "path"),
    [
        (["trainer.save_best_by=rougeL", "trainer.evaluation_sample=4"], "LF256", "trainer.save_best_by"),
        (["adapter.from=nowhere"], "LF293", "adapter.from"),
        (["adapter.init_lora_weights=orthogonal", "adapter.r=3"], "LF292", "adapter.r"),
        (["trainer.optimizer.type=paged_adamw_8bit", "trainer.device=cpu"], "LF403", "trainer.optimizer.type"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_loaded(
    overrides: list[str], code: str, path: str, project: Project
) -> None:
    assert refused(project, *overrides) == [(code, path)]


def test_a_missing_tracker_is_refused_before_training(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "trackio" else find_spec(name))
    assert refused(project, "trainer.trackers=[trackio]") == [("LF401", "trainer.trackers")]


def test_the_task_s_own_metric_decides(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    watched = ["evaluation_sample=5", "save_best_by=accuracy", "steps_per_evaluation=1", "early_stop=1"]
    outcome = train_task(project.task, options(project, *(f"trainer.{each}" for each in watched)))
    (run,) = project.run_folders()
    record = read_run(run)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    curve = [line["metrics"]["accuracy"] for line in log if line.get("kind") == "validation"]
    assert len(curve) == outcome.steps
    promised = read_plan(run / "plan.json").estimate.evaluating
    assert (promised.evaluations, promised.answered_rows) == (4, 5)
    assert len(curve) <= promised.evaluations
    assert record.best_step == 1 + curve.index(max(curve))
    assert record.status == "finished"
    assert outcome.train_examples == 4 * outcome.steps
    said = capsys.readouterr().err
    assert f"the adapter is that of update {record.best_step}, the best by accuracy" in said
    assert ("1 evaluations without a better one" in said) == (outcome.steps < 4)


def test_going_on_from_a_run(project: Project) -> None:
    first = train_task(project.task, options(project))
    second = train_task(project.task, options(project, f"adapter.from={first.run_dir}"))
    start = read_plan(Path(second.run_dir) / "plan.json").training.adapter
    assert start is not None
    assert start.start is not None
    assert start.start.folder == str(Path(first.run_dir) / "adapter")
    assert second.plan_hash != first.plan_hash
    assert second.best_validation_loss is not None
    assert first.best_validation_loss is not None
    with pytest.raises(TaskError) as caught:
        train_task(project.task, options(project, f"adapter.from={first.run_dir}", "adapter.r=2", "adapter.alpha=16"))
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF291", "adapter.r")
    assert "adapter.r is 2" in problem.message
    assert "has 8" in problem.message


@pytest.mark.parametrize("finished", [True, False])
def test_a_micro_batch_that_memory_reduced_is_recorded(
    finished: bool, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In run.json too, however the run ends."""
    log = '{"step": 0, "kind": "memory", "micro_batch_size": 2, "before": 4, "reason": "full"}\n'

    def reduced(plan: Any, rows: Any, place: Any) -> Any:
        if finished:
            train(plan, rows, place)
        with (place.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(log)
        if not finished:
            raise MachineError(Problem("LF404", "one example at once", "a smaller model"))
        return TrainResult(4, True, 1.0, 0.5, None)

    monkeypatch.setattr(training, "train", reduced)
    if finished:
        train_task(project.task, options(project))
    else:
        with pytest.raises(MachineError):
            train_task(project.task, options(project))
    assert read_run(project.run_folders()[0]).micro_batch_size == 2
