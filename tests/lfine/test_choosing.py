"""Which run a command means, and which options cannot stand together; the rest in the tests of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.choosing import adapter_folder, refuse_several, run_folder
from lfine.endpoints import EndpointOptions
from lfine.predicting import PredictOptions
from lfine.runs import write_run
from lfine.schemas.errors import RunError, TaskError, UsageError
from lfine.schemas.loading import load_task
from tests.lfine.projects import Project
from tests.lfine.test_run_list import made

ELSEWHERE = EndpointOptions("http://127.0.0.1:1/v1", "m")


def test_options_that_exclude_each_other() -> None:
    refuse_several(PredictOptions(run="a", base=True))
    refuse_several(PredictOptions(run="a", endpoint=ELSEWHERE))
    with pytest.raises(UsageError) as caught:
        refuse_several(PredictOptions(base=True, endpoint=ELSEWHERE))
    assert caught.value.problems[0].message == "--endpoint and --base exclude each other: each names another model"


def test_the_latest_finished_run(project: Project) -> None:
    task = load_task(project.task).task
    options = PredictOptions(runs_dir=str(project.runs))
    with pytest.raises(RunError):
        run_folder(task, options)
    assert run_folder(task, PredictOptions(runs_dir=str(project.runs), base=True)) is None
    assert run_folder(task, PredictOptions(runs_dir=str(project.runs), endpoint=ELSEWHERE)) is None
    first = made(project.runs, "topics", "20260101T000000Z")
    made(project.runs, "topics", "20260102T000000Z", status="interrupted")
    assert run_folder(task, options) == first
    assert run_folder(task, PredictOptions(adapter="x", runs_dir=str(project.runs))) is None


def test_a_run_of_another_task(project: Project) -> None:
    other = made(project.runs, "other")
    with pytest.raises(TaskError) as caught:
        run_folder(load_task(project.task).task, PredictOptions(run=str(other)))
    assert caught.value.problems[0].code == "LF502"


def test_a_run_folder_means_its_adapter(tmp_path: Path) -> None:
    assert adapter_folder(tmp_path) == tmp_path
    from tests.lfine.test_runs import RECORD

    write_run(tmp_path, RECORD)
    assert adapter_folder(tmp_path) == tmp_path / "adapter"
