"""Folders of tasks: one line each, failures that end nothing, going on with what is left, the leaderboard at last."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from lfine import training
from lfine.answering import PARTIAL
from lfine.evaluation.reports.published import FIRST
from lfine.finetune.train.loop import train
from lfine.runs import read_run
from tests.lfine.projects import Project, lfine, write_project


@pytest.fixture
def tasks(tmp_path: Path, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tasks of two updates, a broken one and a fragment."""
    project = write_project(tmp_path / "tasks", tiny_model_folder)
    text = project.task.read_text(encoding="utf-8").replace("train_steps: 4", "train_steps: 2")
    project.task.unlink()
    for name in ("cards", "fees"):
        (project.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (project.folder / "broken.yaml").write_text(text.replace("label", "lable"), encoding="utf-8")
    (project.folder / "_shared.yaml").write_text("trainer: {}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return project.folder


def runs(task: str) -> list[Path]:
    return sorted(Path("runs", task).glob("2*"))


@pytest.mark.usefixtures("tasks")
def test_a_folder_is_trained_and_what_failed_stands_at_the_end() -> None:
    ended = lfine("train", "tasks")
    assert ended.code == 4
    cards, fees, blank, counted = ended.out.splitlines()
    assert re.match(r"\[2/3\] cards: 2 updates in [\d.]+ s, last loss [\d.]+, validation loss [\d.]+; /.*/runs/", cards)
    assert fees.startswith("[3/3] fees: 2 updates in ")
    assert (blank, counted) == ("", "3 tasks: 2 trained, 1 failed")
    said, _, end = ended.err.partition("1 of 3 tasks failed:")
    assert "[1/3] broken: failed, LF201\n" in said
    assert "LF201 unknown-column" not in said
    assert end.strip().startswith("broken (tasks/broken.yaml)")
    assert "LF201 unknown-column" in end
    assert said.count("the base model is still in memory") == 1


def test_resume_does_what_is_left(tasks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lfine("train", "tasks", "--skip", "broken,fees").code == 0
    (first,) = runs("cards")
    with monkeypatch.context() as patch:

        def stopped(*given: Any) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            return train(*given)

        patch.setattr(training, "train", stopped)
        ended = lfine("train", "tasks", "--skip", "broken", "--resume")
    assert ended.code == 130
    assert "to go on:\n  lfine train tasks --skip broken --resume\n" in ended.err
    (begun,) = runs("fees")
    assert read_run(begun).status == "interrupted"
    (tasks / "broken.yaml").write_text((tasks / "fees.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    ended = lfine("train", "tasks", "--resume", "--format", "json")
    assert ended.code == 0
    assert [each["task"] for each in ended.json()["runs"]] == ["broken", "cards", "fees"]
    assert [len(runs(task)) for task in ("broken", "cards", "fees")] == [1, 1, 1]
    assert "before" not in ended.json()["runs"][1]
    assert f"cards: the run {first.name} of this plan is finished, and left as it is" in ended.err
    assert "[2/3] cards: finished before, 2 updates in " in ended.err
    assert read_run(begun).status == "finished"
    assert lfine("train", "tasks", "--resume").out.splitlines()[-1] == "3 tasks: 0 trained, 3 done before"


@pytest.mark.usefixtures("tasks")
def test_another_plan_begins_a_new_run(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("train", "tasks", "--only", "cards", "--resume")
    with monkeypatch.context() as patch:
        patch.setattr(training, "train", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert lfine(*words).code == 130
    (unfinished,) = runs("cards")
    ended = lfine(*words, "--set", "trainer.learning_rate=0.01")
    assert ended.code == 0
    assert f"the unfinished run {unfinished.name} has another plan; a new one begins" in ended.err
    assert [read_run(run).status for run in runs("cards")] == ["interrupted", "finished"]


@pytest.mark.usefixtures("tasks")
def test_a_bug_in_one_task_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*given: Any) -> Any:
        if given[2].task == "cards":
            raise ZeroDivisionError("by no one")
        return train(*given)

    monkeypatch.setattr(training, "train", faulty)
    ended = lfine("train", "tasks", "--skip", "broken", "--format", "json")
    assert (ended.code, [each["task"] for each in ended.json()["runs"]]) == (4, ["fees"])
    (problem,) = ended.json()["problems"]
    assert (problem["code"], problem["message"]) == ("LF508", "ZeroDivisionError: by no one")
    assert "Traceback" in ended.err


@pytest.mark.usefixtures("tasks")
def test_one_task_of_a_folder_that_fails_says_so() -> None:
    ended = lfine("train", "tasks", "--only", "broken", "--format", "json")
    assert (ended.code, [each["code"] for each in ended.problems()]) == (1, ["LF201", "LF116"])


@pytest.fixture
def pair(trained: Project) -> Project:
    """The finished project in a folder of tasks, beside a task without a run."""
    text = trained.task.read_text(encoding="utf-8")
    (trained.folder / "tasks").mkdir()
    shutil.move(trained.task, trained.folder / "tasks" / "topics.yaml")
    (trained.folder / "tasks" / "untrained.yaml").write_text(text, encoding="utf-8")
    return trained


def test_a_folder_is_evaluated_with_a_leaderboard_at_the_end(pair: Project) -> None:
    ended = lfine("evaluate", "tasks", "--set", "dataset.path=rows.csv", "--limit", "6")
    assert ended.code == 4
    lines = ended.out.splitlines()
    assert re.match(r"\[1/2\] topics: tuned accuracy [\d.]+ \([\d.]+–[\d.]+\) on 6 rows in ", lines[0])
    assert lines[2].split()[:6] == ["task", "metric", "n", "tuned", "majority", "tfidf"]
    assert lines[3].split()[:3] == ["topics", "accuracy", "6"]
    assert lines[4] == f"leaderboard: {pair.runs / 'leaderboard.html'}"
    assert lines[-1] == "2 tasks: 1 evaluated, 1 failed"
    assert all((pair.runs / f"leaderboard.{end}").is_file() for end in ("html", "md", "csv"))
    assert "untrained (tasks/untrained.yaml)\nLF501" in ended.err


def test_what_was_scored_is_not_scored_again(pair: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("evaluate", "tasks", "--only", "topics", "--resume", "--format", "json")
    before = (pair.run_folders()[0] / "evaluations" / "tuned" / "scores.json").stat().st_mtime_ns
    monkeypatch.setattr("lfine.evaluating.keep", lambda *_, **__: pytest.fail("scored again"))
    ended = lfine(*words)
    assert ended.code == 0
    assert "[1/1] topics: scored before, tuned accuracy" in ended.err
    assert ended.json()["leaderboard"]["models"] == ["tuned", "majority", "tfidf"]
    assert (pair.run_folders()[0] / "evaluations" / "tuned" / "scores.json").stat().st_mtime_ns == before
    monkeypatch.undo()


@pytest.mark.parametrize("change", [("--limit", "5"), ("--set", "evaluation.confidence=0.9")])
def test_other_rows_or_another_evaluation_are_scored(
    pair: Project, change: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pair.folder)
    ended = lfine("evaluate", "tasks", "--only", "topics", "--resume", *change)
    assert ended.code == 0
    assert "scored before" not in ended.out
    assert not (pair.run_folders()[0] / "evaluations" / "tuned" / PARTIAL).exists()


def test_a_missing_baseline_is_scored(pair: Project) -> None:
    evaluations = pair.run_folders()[0] / "evaluations"
    shutil.rmtree(evaluations / "tfidf")
    assert lfine("evaluate", "tasks", "--only", "topics", "--resume").code == 0
    assert (evaluations / "tfidf" / "scores.json").is_file()


def test_the_leaderboard_is_made_again_from_the_runs(trained: Project, tmp_path: Path) -> None:
    table = tmp_path / "published.csv"
    table.write_text(f"{','.join(FIRST)},gpt_4\ntopics,rouge,0.5\n", encoding="utf-8")
    ended = lfine("report", trained.runs, "--published", table, "--out", tmp_path / "site", "--format", "json")
    document = ended.json()
    assert (ended.code, list(document), document["reports"]) == (0, ["reports", "leaderboard"], [])
    assert document["leaderboard"] == {
        name: str(tmp_path / "site" / f"leaderboard.{end}")
        for name, end in (("html", "html"), ("markdown", "md"), ("csv", "csv"))
    }
    page = Path(document["leaderboard"]["html"]).read_text(encoding="utf-8")
    assert "not measured here" in page
    table.write_text("no table", encoding="utf-8")
    refused = lfine("report", trained.runs, "--published", table, "--format", "json")
    assert (refused.code, refused.problem()["code"], refused.problem()["line"]) == (1, "LF575", 1)


def test_several_runs_have_their_reports_and_a_leaderboard(trained: Project) -> None:
    run = trained.run_folders()[0]
    other = trained.runs / "other" / run.name
    shutil.copytree(run, other)
    for path in other.glob("evaluations/*/scores.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**document, "task": "other"}), encoding="utf-8")
    ended = lfine("report", run, other)
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 7
    assert ended.out.splitlines()[-1] == f"leaderboard: {trained.runs / 'leaderboard.html'}"
    assert (trained.runs / "leaderboard.csv").read_text(encoding="utf-8").count("\nother,") == 3
