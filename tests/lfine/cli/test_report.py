"""`lfine report`: written again from files alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lfine.projects import Project, lfine, refused


def test_reports_of_a_run_are_made_again_from_its_files(trained: Project) -> None:
    run = trained.run_folders()[0]
    report = run / "evaluations" / "tuned" / "report.html"
    before = report.read_bytes()
    report.unlink()
    ended = lfine("report", run, "--format", "json")
    assert (ended.code, list(ended.json())) == (0, ["reports"])
    assert sorted(Path(path).parent.name for path in ended.json()["reports"]) == ["majority", "tfidf", "tuned"]
    assert report.read_bytes() == before


def test_one_evaluation_folder_anywhere(trained: Project, tmp_path: Path) -> None:
    shutil.copytree(trained.run_folders()[0] / "evaluations" / "tuned", tmp_path / "alone")
    (tmp_path / "alone" / "report.html").unlink()
    ended = lfine("report", tmp_path / "alone")
    assert (ended.code, ended.out) == (0, f"{tmp_path / 'alone' / 'report.html'}\n")
    assert "topics" in (tmp_path / "alone" / "report.html").read_text(encoding="utf-8")


def test_no_evaluation_there(trained: Project) -> None:
    shutil.rmtree(trained.run_folders()[0] / "evaluations")
    ended = refused("report", trained.run_folders()[0])
    assert (ended.code, ended.problem()["code"]) == (5, "LF501")
    assert "lfine evaluate" in ended.problem()["cure"]


def test_damaged_files(trained: Project) -> None:
    folder = trained.run_folders()[0] / "evaluations" / "tuned"
    with (folder / "predictions.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"row_id": ')
    ended = refused("report", folder)
    assert (ended.code, ended.problem()["code"], ended.problem()["line"]) == (5, "LF505", 13)
