"""`lfine train`: the run folder, its JSON document, several tasks, stopping and going on, what can fail half way."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lfine.cli.main import main
from lfine.finetune.train import loop
from lfine.finetune.train.journal import Journal
from lfine.finetune.train.losses import update_gradient
from lfine.resuming import held
from lfine.runs import read_run
from tests.finetune.train.screen import Terminal
from tests.lfine.projects import Ended, Project, files_of, lfine, refused, small_disk

KEYS = ["task", "run_dir", "steps", "train_examples", "seconds", "final_loss", "best_validation_loss", "plan_hash"]
UPDATE = ["step", "loss", "learning_rate", "step_seconds", "examples", "tokens", "computed_tokens"]


def in_update(monkeypatch: pytest.MonkeyPatch, number: int, action: Callable[[], float | None]) -> None:
    """Let `action` happen in update `number` (1-based); what it returns takes the place of the loss."""
    seen = [0]

    def update(engine: Any, batch: Any, step: int) -> float:
        seen[0] += 1
        loss = action() if seen[0] == number else None
        return update_gradient(engine, batch, step) if loss is None else loss

    monkeypatch.setattr(loop, "update_gradient", update)


def press_control_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def raising(error: BaseException) -> Callable[[], float]:
    def act() -> float:
        raise error

    return act


def adapter_of(run: Path) -> dict[str, bytes]:
    return files_of(run / "adapter")


def test_the_document(first_train: tuple[Project, Ended]) -> None:
    project, ended = first_train
    document = ended.json()
    assert (ended.code, list(document)) == (0, KEYS)
    assert (document["task"], document["steps"], document["train_examples"]) == ("topics", 4, 16)
    assert document["run_dir"] == str(project.run_folders()[0])
    assert Path(document["run_dir"]).is_absolute()
    plan = lfine("compile", project.task, "--format", "json").json()
    assert document["plan_hash"] == plan["plan_hash"]
    assert math.isfinite(document["final_loss"])
    assert document["best_validation_loss"] > 0
    assert document["seconds"] > 0


def test_progress_is_on_stderr(first_train: tuple[Project, Ended]) -> None:
    assert "training topics: 4 updates of 4 into " in first_train[1].err
    assert "4/4" in first_train[1].err


def test_the_run_folder(first_train: tuple[Project, Ended]) -> None:
    run = first_train[0].run_folders()[0]
    assert {path.name for path in run.iterdir()} - {"evaluations"} == {
        "task.yaml",
        "plan.json",
        "run.json",
        "rows",
        "log.jsonl",
        "adapter",
        "checkpoints",
    }
    assert (run / "task.yaml").read_bytes() == first_train[0].task.read_bytes()
    assert sorted(adapter_of(run)) == ["adapter_config.json", "adapter_model.safetensors", "lfine_prompt.json"]
    record = read_run(run)
    assert (record.task, record.status, record.steps, record.train_examples) == ("topics", "finished", 4, 16)
    assert record.data.rows == {"train": 42, "validation": 6, "test": 12}
    assert record.command == "lfine train topics.yaml --format json"
    assert list(record.data.files) == ["rows.csv"]


def test_the_log_has_a_line_for_each_update(first_train: tuple[Project, Ended]) -> None:
    text = (first_train[0].run_folders()[0] / "log.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    updates = [line for line in lines if "loss" in line]
    assert [line["step"] for line in updates] == [1, 2, 3, 4]
    assert all(list(line) == UPDATE for line in updates)
    assert [line["examples"] for line in updates] == [4, 4, 4, 4]
    assert any("validation_loss" in line for line in lines)
    assert any("checkpoint" in line for line in lines)


def test_text_says_where_the_run_is_and_what_comes_next(project: Project, tmp_path: Path) -> None:
    ended = lfine("train", project.task, "--runs-dir", tmp_path / "my runs", "--set", "trainer.train_steps=1")
    (run,) = (tmp_path / "my runs" / "topics").iterdir()
    first, second, third = ended.out.splitlines()
    assert re.match(r"topics: 1 update in \d+ s, last loss ", first)
    assert second == f"run: {run}"
    assert third == f"next: lfine evaluate {project.task} --runs-dir '{tmp_path / 'my runs'}'"
    assert read_run(run).steps == 1


def test_the_next_command_means_the_run_that_was_just_made(project: Project) -> None:
    ended = lfine("train", project.task, "--set", "trainer.train_steps=1", "--set", "name=rows_100")
    assert ended.out.splitlines()[2] == f"next: lfine evaluate {project.task} --set name=rows_100"


def test_runs_lie_where_the_variable_says_unless_the_option_says_otherwise(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LFINE_RUNS", str(tmp_path / "variable"))
    words = ("train", project.task, "--set", "trainer.train_steps=1", "--format", "json")
    assert Path(lfine(*words).json()["run_dir"]).parent == tmp_path / "variable" / "topics"
    assert Path(lfine(*words, "--runs-dir", "option").json()["run_dir"]).parent == tmp_path / "option" / "topics"
    again = lfine(*words)
    assert Path(again.json()["run_dir"]).parent == tmp_path / "variable" / "topics"
    assert len(list((tmp_path / "variable" / "topics").iterdir())) == 2


def test_the_same_task_gives_the_same_adapter(first_train: tuple[Project, Ended], project: Project) -> None:
    lfine("train", project.task, "--runs-dir", project.runs)
    assert adapter_of(project.run_folders()[0]) == adapter_of(first_train[0].run_folders()[0])


def test_some_of_several_failed(project: Project) -> None:
    words = ("train", project.folder / "absent.yaml", project.task, "--set", "trainer.train_steps=1")
    ended = lfine(*words, "--format", "json")
    assert ended.code == 4
    assert list(ended.json()) == ["runs", "problems"]
    assert [list(run) for run in ended.json()["runs"]] == [KEYS]
    assert [problem["code"] for problem in ended.json()["problems"]] == ["LF108"]
    assert "absent.yaml  LF108" in ended.err
    text = lfine(*words)
    first, blank, last = text.out.splitlines()
    assert (text.code, blank, last) == (4, "", "2 tasks: 1 trained, 1 failed")
    assert re.match(r"\[2/2\] topics: 1 updates in [\d.]+ s, last loss [\d.]+, validation loss [\d.]+; /", first)
    assert "[1/2] absent: failed, LF108\n" in text.err
    assert text.err.index("1 of 2 tasks failed:") < text.err.index("absent.yaml  LF108")


def test_several_tasks_load_the_base_model_once_and_train_as_if_alone(
    first_train: tuple[Project, Ended], project: Project
) -> None:
    other = project.folder / "other.yaml"
    other.write_text(project.task.read_text(encoding="utf-8").replace("steps: 4", "steps: 2"), encoding="utf-8")
    ended = lfine("train", other, project.task, "--runs-dir", project.runs)
    assert ended.code == 0
    assert ended.err.count("the base model is still in memory: it is not loaded again") == 1
    assert adapter_of(project.run_folders()[0]) == adapter_of(first_train[0].run_folders()[0])
    assert "base model is still" not in first_train[1].err


def test_without_a_terminal_a_curve_is_refused_kindly(project: Project) -> None:
    ended = lfine("train", project.task, "--curve", "--set", "trainer.train_steps=1")
    assert ended.code == 0
    assert "no live curve: stderr is no terminal; the run's report has one" in ended.err


def test_the_curve_on_a_terminal(project: Project) -> None:
    with Terminal(pytest.MonkeyPatch(), columns=110, rows=30) as terminal:
        code = main(["train", str(project.task), "--curve", "--format", "json"])
    lines = terminal.lines()
    assert code == 0
    assert [line for line in lines if "updates 1 to 4   ⠒ training" in line and "o validation" in line]
    assert "4/4" in lines[-2]


def test_all_of_several_failed(project: Project) -> None:
    words = ("train", project.folder / "a.yaml", project.folder / "b.yaml")
    ended = lfine(*words, "--format", "json")
    assert (ended.code, [each["code"] for each in ended.problems()]) == (1, ["LF108", "LF108", "LF116"])
    text = lfine(*words)
    assert (text.code, text.out) == (1, "")
    assert text.err.count("LF108 unreadable-file") == 2
    assert "no task was trained" in text.err


def test_control_c_saves_and_resume_gives_the_same_adapter(
    first_train: tuple[Project, Ended], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    with monkeypatch.context() as patch:
        in_update(patch, 3, press_control_c)
        stopped = lfine("train", "topics.yaml")
    (run,) = project.run_folders()
    assert (stopped.code, stopped.out) == (130, "")
    assert "interrupted; 3 of 4 updates are saved; to go on:\n  lfine train topics.yaml --resume\n" in stopped.err
    assert "Traceback" not in stopped.err
    assert (read_run(run).status, read_run(run).steps) == ("interrupted", 3)
    assert not (run / "adapter").exists()
    ended = lfine("train", "topics.yaml", "--resume", "--format", "json")
    assert (ended.code, ended.json()["run_dir"], ended.json()["steps"]) == (0, str(run), 4)
    assert adapter_of(run) == adapter_of(first_train[0].run_folders()[0])
    assert read_run(run).status == "finished"
    assert ended.json()["final_loss"] == first_train[1].json()["final_loss"]
    steps = [json.loads(line)["step"] for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert steps == sorted(steps)


def test_a_second_control_c_ends_at_once_and_the_last_checkpoint_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        in_update(patch, 3, raising(KeyboardInterrupt()))
        words = ("--runs-dir", "elsewhere", "--set", "prompt.system=Be brief.")
        stopped = lfine("train", project.task, *words, "--format", "json")
    found = stopped.problem()
    assert (stopped.code, found["code"]) == (130, "LF507")
    assert found["message"] == "interrupted; 2 of 4 updates are saved"
    assert found["cure"] == f"lfine train {project.task} --set 'prompt.system=Be brief.' --runs-dir elsewhere --resume"
    assert lfine("train", project.task, *words, "--resume").code == 0


def test_resume_with_another_rate_is_refused_and_names_the_key(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        in_update(patch, 2, press_control_c)
        lfine("train", project.task, "--runs-dir", project.runs)
    before = files_of(project.runs)
    ended = refused(
        "train", project.task, "--resume", "--runs-dir", project.runs, "--set", "trainer.learning_rate=1e-4"
    )
    found = ended.problem()
    assert (ended.code, found["code"]) == (5, "LF502")
    assert "learning_rate was 0.001, is 0.0001" in found["message"]
    assert files_of(project.runs) == before
    ended = lfine("train", project.task, "--resume", "--runs-dir", project.runs, "--set", "trainer.micro_batch_size=1")
    assert ended.code == 0  # memory decisions may change


def test_nothing_to_resume(trained: Project) -> None:
    ended = refused("train", trained.task, "--resume")
    assert (ended.code, ended.problem()["code"]) == (5, "LF501")
    assert "no unfinished run of topics: the newest" in ended.problem()["message"]


def press(number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def test_sigterm_is_as_control_c(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    with monkeypatch.context() as patch:
        in_update(patch, 3, press(signal.SIGTERM))
        stopped = lfine("train", "topics.yaml")
    assert stopped.code == 130
    assert "interrupted; 3 of 4 updates are saved; to go on:\n  lfine train topics.yaml --resume\n" in stopped.err
    with monkeypatch.context() as patch:  # before the first update: while the base model is loaded
        patch.setattr(loop, "set_up", lambda *_: press(signal.SIGTERM)())
        stopped = lfine("train", "topics.yaml", "--resume")
    assert stopped.code == 130
    assert "interrupted; 3 of 4 updates are saved" in stopped.err
    assert lfine("train", "topics.yaml", "--resume").code == 0


def test_killed_after_the_adapter_was_written(
    first_train: tuple[Project, Ended], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """run.json does not say finished yet: the adapter is written again, and is the same."""
    with monkeypatch.context() as patch:
        patch.setattr("lfine.training._save_prompt", raising(SystemExit(-9)))
        lfine("train", project.task, "--runs-dir", project.runs)
    (run,) = project.run_folders()
    assert (read_run(run).status, (run / "adapter").is_dir()) == ("started", True)
    (run / ".adapter-old-x").mkdir()
    ended = lfine("train", project.task, "--runs-dir", project.runs, "--resume")
    assert "going on from step-000004\n" in ended.err
    assert adapter_of(run) == adapter_of(first_train[0].run_folders()[0])
    assert (read_run(run).status, list(run.glob(".*"))) == ("finished", [])


def test_a_run_that_another_process_trains(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        in_update(patch, 2, press_control_c)
        lfine("train", project.task, "--runs-dir", project.runs)
    (run,) = project.run_folders()
    before = files_of(run)
    with held(run):
        ended = refused("train", project.task, "--runs-dir", project.runs, "--resume")
    assert (ended.code, ended.problem()["code"]) == (5, "LF510")
    assert files_of(run) == before


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite(project: Project, monkeypatch: pytest.MonkeyPatch, loss: float) -> None:
    in_update(monkeypatch, 2, lambda: loss)
    ended = refused("train", project.task, "--runs-dir", project.runs)
    found = ended.problem()
    (run,) = project.run_folders()
    assert (ended.code, found["code"]) == (5, "LF504")
    assert "the loss of update 2 is " in found["message"]
    assert found["message"].endswith("; step-000001 is still good")
    named = found["message"].rsplit("rows are ", 1)[1].split(";")[0].split(", ")
    assert len(named) == 4
    assert all(0 <= int(row) < 42 for row in named)
    assert "trainer.learning_rate" in found["cure"]
    assert read_run(run).status == "failed"
    assert not (run / "adapter").exists()


def test_memory_that_runs_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    in_update(monkeypatch, 1, raising(RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB\nmore")))
    ended = refused("train", project.task, "--runs-dir", project.runs)
    found = ended.problem()
    assert (ended.code, found["code"]) == (3, "LF404")
    assert found["message"].endswith("CUDA out of memory. Tried to allocate 2.00 GiB; no update was saved yet")
    assert "trainer.micro_batch_size" in found["cure"]
    assert read_run(project.run_folders()[0]).status == "failed"


def test_a_bug_in_the_loop_is_a_traceback(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    in_update(monkeypatch, 1, raising(RuntimeError("shapes do not fit")))
    ended = lfine("train", project.task)
    assert ended.code == 70
    assert "RuntimeError: shapes do not fit" in ended.err


# The bytes that a file may have, and the file that no longer fits: plan.json has 16 kB, a checkpoint of rank 32 64 kB
# of weights and 190 kB of optimizer state.
FULL = {2_000: "runs", 40_000: "step-000001", 100_000: "step-000001"}


@pytest.mark.parametrize("size", FULL)
def test_a_disk_that_fills_up(trained: Project, size: int) -> None:
    before = files_of(trained.runs)
    with small_disk(size):
        ended = refused("train", "topics.yaml", "--set", "adapter.r=32")
    found = ended.problem()
    assert (ended.code, found["code"], Path(found["file"]).name) == (3, "LF405", FULL[size])
    assert "could not be written" in found["message"]
    assert "make room" in found["cure"]
    after = files_of(trained.runs)
    assert {name: after[name] for name in before} == before
    assert not [name for name in after if "/." in name]
    assert len(trained.run_folders()) == (1 if size == 2_000 else 2)


def test_a_disk_that_is_full_when_the_log_is_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write, left = Journal._write, [7]  # update 1, validation 1, checkpoint 1, update 2, …

    def write_some(journal: Journal, line: dict[str, object]) -> None:
        left[0] -= 1
        write(journal, line) if left[0] else raising_full_disk()

    monkeypatch.setattr(Journal, "_write", write_some)
    ended = refused("train", project.task, "--runs-dir", project.runs)
    found = ended.problem()
    (run,) = project.run_folders()
    assert (ended.code, found["code"], found["file"]) == (3, "LF405", str(run))
    assert found["message"].endswith("no space left on device; 2 of 4 updates are saved")
    assert f"lfine train {project.task} --runs-dir {project.runs} --resume" in found["cure"]
    assert read_run(run).status == "failed"


def raising_full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_disk_that_is_full_when_the_adapter_is_written(
    first_train: tuple[Project, Ended], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lfine.finetune.models.adapters.write", raising_full_disk)
        ended = refused("train", project.task, "--runs-dir", project.runs)
    (run,) = project.run_folders()
    assert (ended.code, ended.problem()["code"]) == (3, "LF405")
    assert [path.name for path in run.iterdir() if "adapter" in path.name] == []
    assert lfine("train", project.task, "--runs-dir", project.runs, "--resume").code == 0
    assert adapter_of(run) == adapter_of(first_train[0].run_folders()[0])


def test_runs_that_cannot_lie_where_they_should(project: Project) -> None:
    ended = refused("train", project.task, "--runs-dir", project.rows)
    assert (ended.code, ended.problem()["code"]) == (3, "LF405")
    assert str(project.rows) in ended.problem()["file"]


def test_target_modules_that_the_model_lacks(project: Project) -> None:
    ended = refused("train", project.task, "--set", "adapter.target_modules=[wqkv]")
    assert (ended.code, ended.problem()["code"], ended.problem()["path"]) == (1, "LF250", "adapter.target_modules[0]")


def test_without_an_adapter_the_whole_model_is_saved_and_scored(project: Project) -> None:
    words = ("--runs-dir", project.runs, "--set", "adapter=null", "--set", "trainer.train_steps=1")
    assert lfine("train", project.task, *words).code == 0
    (run,) = project.run_folders()
    assert (run / "model" / "model.safetensors").is_file()
    assert not (run / "adapter").exists()
    ended = lfine("evaluate", project.task, "--runs-dir", project.runs, "--limit", "2", "--format", "json")
    assert (ended.code, ended.json()["n"]) == (0, 2)
    shutil.rmtree(run)
