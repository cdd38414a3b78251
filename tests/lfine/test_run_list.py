"""What `lfine runs` finds: order, states, scores, and folders in every kind of disorder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfine import run_list
from lfine.resuming import held
from lfine.run_list import ListedRun, ListedScore, listed_runs
from lfine.runs import write_run
from tests.lfine.projects import Project
from tests.lfine.test_runs import RECORD

PLAN = {"format": 1, "task": "viggo", "source": {"base_model": {"id": "tiny"}}, "folder": "/", "decisions": ["…"]}


def made(runs: Path, task: str = "viggo", name: str = "20261122T091500Z", **more: Any) -> Path:
    folder = runs / task / name
    folder.mkdir(parents=True)
    write_run(folder, replace(RECORD, task=task, **more))
    (folder / "plan.json").write_text(json.dumps(PLAN, indent=1), encoding="utf-8")
    return folder


def scored(run: Path, model: str, value: float, **more: Any) -> Path:
    path = run / "evaluations" / model / "scores.json"
    path.parent.mkdir(parents=True)
    metrics = {"accuracy": {"value": value, "low": value - 0.1, "high": value + 0.1}, "f1": {"value": 0, "low": 0}}
    scores = {"task": "viggo", "n": 12, "limit": None, "metrics": metrics, "headline": "accuracy", **more}
    path.write_text(json.dumps({**scores, "per_example": {"accuracy": [1.0] * 50_000}}, indent=1), encoding="utf-8")
    return path


def only(runs: Path) -> ListedRun:
    (found,) = listed_runs(runs)
    return found


def test_a_finished_run(tmp_path: Path) -> None:
    run = made(tmp_path)
    scored(run, "tuned", 0.75)
    scored(run, "base", 0.25, limit=5, n=5)
    assert only(tmp_path) == ListedRun(
        task="viggo",
        folder=str(run),
        status="finished",
        created="2026-11-22T09:15:00Z",
        base_model="tiny",
        steps=7,
        seconds=60.5,
        headline="accuracy",
        tuned=ListedScore(0.75, 0.65, 0.85, 12, None),
        base=ListedScore(0.25, 0.15, 0.35, 5, 5),
    )


def test_what_training_and_scoring_write_is_read(finished: Project) -> None:
    found = only(finished.runs)
    (run,) = finished.run_folders()
    scores = json.loads((run / "evaluations/tuned/scores.json").read_text(encoding="utf-8"))
    assert (found.status, found.base_model, found.steps) == ("finished", str(finished.model), 4)
    assert found.headline == scores["headline"] == "accuracy"
    assert found.tuned is not None
    assert found.tuned.value == scores["metrics"]["accuracy"]["value"]
    assert (found.tuned.n, found.problem) == (12, None)


def test_no_more_is_read_than_the_beginning(finished: Project) -> None:
    """Both files of a real run hold what is listed before the key where reading stops."""
    (run,) = finished.run_folders()
    problems: list[str] = []
    plan = run_list._head(run / "plan.json", run_list.BEHIND_SOURCE, problems)
    scores = run_list._head(run / "evaluations/tuned/scores.json", run_list.BEHIND_METRICS, problems)
    assert problems == []
    assert "decisions" not in plan
    assert "row_ids" not in scores


def test_the_newest_first_and_by_task(tmp_path: Path) -> None:
    made(tmp_path, "viggo", "1", created="2026-01-01T00:00:00Z")
    made(tmp_path, "sst2", "2", created="2026-01-03T00:00:00Z")
    made(tmp_path, "viggo_short", "3", created="2026-01-02T00:00:00Z")
    (tmp_path / "sst2" / "evaluations").mkdir()  # of a remote model, without a run
    assert [run.task for run in listed_runs(tmp_path)] == ["sst2", "viggo_short", "viggo"]
    assert [run.task for run in listed_runs(tmp_path, ["Viggo"])] == ["viggo_short", "viggo"]
    assert [run.task for run in listed_runs(tmp_path, ["short", "sst"])] == ["sst2", "viggo_short"]
    assert listed_runs(tmp_path, ["nobody"]) == ()
    assert listed_runs(tmp_path / "absent") == ()


def test_a_run_that_goes_on_and_one_that_was_killed(tmp_path: Path) -> None:
    run = made(tmp_path, status="started", steps=0, seconds=0.0)
    log = '{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.0}\n{"step": 3, "lo'
    (run / "log.jsonl").write_text(log, encoding="utf-8")
    with held(run):
        assert (only(tmp_path).status, only(tmp_path).steps) == ("running", 2)
    assert (only(tmp_path).status, only(tmp_path).seconds) == ("stopped", None)
    (run / "log.jsonl").unlink()
    assert only(tmp_path).steps is None


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", '{"task": 3}', '{"status": 4}', '{"status": null}'])
def test_a_damaged_run(tmp_path: Path, text: str) -> None:
    run = made(tmp_path)
    made(tmp_path, "other", "20261122T091500Z")
    (run / "run.json").write_text(text, encoding="utf-8")
    listed = {each.task: each for each in listed_runs(tmp_path)}
    assert listed["viggo"].status == "damaged"
    assert listed["other"].status == "finished"


def test_a_run_that_has_written_its_plan_alone(tmp_path: Path) -> None:
    run = made(tmp_path)
    (run / "run.json").unlink()
    found = only(tmp_path)
    assert (found.status, found.base_model, found.created) == ("damaged", "tiny", None)
    assert found.problem == "run.json cannot be read: no such file or directory"


@pytest.mark.parametrize("text", ["{", "[]", '{"metrics": {}}', '{"metrics": 3, "headline": "accuracy"}'])
def test_damaged_scores_and_plans(tmp_path: Path, text: str) -> None:
    run = made(tmp_path)
    scored(run, "tuned", 0.5).write_text(text, encoding="utf-8")
    (run / "plan.json").write_text("{", encoding="utf-8")
    found = only(tmp_path)
    assert (found.status, found.tuned, found.base_model) == ("finished", None, None)
    assert found.problem is not None
    assert found.problem.startswith("plan.json cannot be read: ")
    assert "scores.json" in found.problem


def test_a_file_of_another_layout_is_read_whole(tmp_path: Path) -> None:
    run = made(tmp_path)
    (run / "plan.json").write_text(json.dumps({"padding": "x" * 2 * run_list.HEAD, **PLAN}), encoding="utf-8")
    assert only(tmp_path).base_model == "tiny"
