"""Which run is gone on with, why not, what a killed process left, and one process at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.compiling import compile_file
from lfine.finetune.compile.files import write_plan
from lfine.finetune.compile.plan import Plan
from lfine.resuming import changes, clear_leftovers, held, resumed
from lfine.runs import write_run
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from tests.lfine.projects import Project, rows_of, write_csv
from tests.lfine.test_runs import RECORD

CHOOSING = ("trainer.save_best_by=loss",)


def begun(project: Project, *overrides: str, status: str = "interrupted", name: str = "20260101T000000Z") -> Path:
    """A run folder as training leaves it, without anything trained."""
    folder = project.runs / "topics" / name
    folder.mkdir(parents=True)
    write_plan(plan_of(project, *overrides), folder / "plan.json")
    write_run(folder, replace(RECORD, task="topics", status=status))
    return folder


def plan_of(project: Project, *overrides: str) -> Plan:
    return compile_file(project.task, overrides).plan


def refused(project: Project, *overrides: str) -> Problem:
    with pytest.raises(RunError) as caught:
        resumed(project.runs, plan_of(project, *overrides))
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("status", ["started", "interrupted", "failed"])
def test_the_newest_unfinished_run(status: str, project: Project) -> None:
    begun(project, status="failed")
    newest = begun(project, status=status, name="20260102T000000Z")
    begun(project, status="finished", name="20260103T000000Z")
    assert resumed(project.runs, plan_of(project)) == newest


def test_a_finished_run_says_so(project: Project) -> None:
    folder = begun(project, status="finished")
    problem = refused(project)
    assert (problem.code, problem.file) == ("LF501", str(folder))
    assert problem.message == "no unfinished run of topics: the newest, 20260101T000000Z, is finished"


def test_another_value_is_named_and_nothing_else(project: Project) -> None:
    """What cannot change the weights is not named: it is not why."""
    begun(project)
    problem = refused(project, "trainer.learning_rate=1e-4", "trainer.keep=7", "trainer.micro_batch_size=1")
    assert problem.code == "LF502"
    end = "was begun with another plan: learning_rate was 0.001, is 0.0001"
    assert problem.message == f"the run 20260101T000000Z {end}"


def test_other_training_rows_are_said_in_words(project: Project) -> None:
    begun(project)
    write_csv(project.rows, rows_of()[1:])
    problem = refused(project)
    assert "another plan: the training rows have changed; " in problem.message
    assert "data.train_rows was 42, is 41" in problem.message
    assert "hash" not in problem.message.split("data.train_rows")[0]


def test_other_validation_rows_matter_where_they_decide(project: Project) -> None:
    """With save_best_by a value of before would be compared with one on other rows."""
    begun(project)
    begun(project, *CHOOSING, name="20260102T000000Z")
    rows = rows_of()
    (row,) = [row for row in rows if row["split"] == "validation"][:1]
    row["question"] += ", edited"
    write_csv(project.rows, rows)
    assert "the validation rows, which decide what the adapter is, have changed" in refused(project, *CHOOSING).message
    write_run(project.runs / "topics" / "20260102T000000Z", replace(RECORD, status="finished"))
    assert resumed(project.runs, plan_of(project)).name == "20260101T000000Z"


def test_another_micro_batch_is_only_said(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = begun(project)
    capsys.readouterr()
    assert resumed(project.runs, plan_of(project)) == folder
    assert "computed otherwise" not in capsys.readouterr().err
    assert resumed(project.runs, plan_of(project, "trainer.micro_batch_size=1")) == folder
    said = "computed otherwise than before, so equal only up to rounding: machine.micro_batch_size was 4, is 1\n"
    assert said in capsys.readouterr().err


def test_hashes_are_put_into_words() -> None:
    before = {"data": {"train_hash": "a", "rows": 1}, "model": {"identity": "c"}, "seed": 1}
    after = {"data": {"train_hash": "b", "rows": 2}, "model": {"identity": "d"}, "seed": 1}
    found = changes(before, after)
    words = ["the training rows have changed", "the base model's weights have changed"]
    assert found == [*words, "data.rows was 1, is 2"]


def test_what_was_half_written_goes_and_nothing_else(tmp_path: Path) -> None:
    for name in (".adapter-x1", ".adapter-old-x2/adapter", ".model-x3", "adapter", "checkpoints", ".git"):
        (tmp_path / name).mkdir(parents=True)
    for name in (".run.json.x4", ".log.jsonl.x5", "run.json", "log.jsonl", ".gitignore"):
        (tmp_path / name).touch()
    clear_leftovers(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".git", ".gitignore", "adapter", "checkpoints", "log.jsonl", "run.json"]


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    other = f"import fcntl, os; fcntl.flock(os.open({str(tmp_path)!r}, os.O_RDONLY), fcntl.LOCK_EX); print(1); input()"
    words = [sys.executable, "-c", other]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(RunError) as caught, held(tmp_path):
            pass
        assert caught.value.problems[0].code == "LF510"
        process.kill()
    with held(tmp_path):  # the system let go of it
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unable(*_: object) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(fcntl, "flock", unable)
    with held(tmp_path):
        assert "has no locks" in capsys.readouterr().err
