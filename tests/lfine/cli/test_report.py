"""`lfine report`: written again from files alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lfine.cli.report import named, spoken_of
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


def test_answers_and_figures_beside_one_another(trained: Project, tmp_path: Path) -> None:
    run = trained.run_folders()[0]
    ended = lfine("report", run, "--csv", tmp_path / "csv", "--figures", tmp_path / "fig", "--format", "json")
    assert (ended.code, list(ended.json())) == (0, ["reports", "csv", "figures"])
    assert sorted(path.name for path in (tmp_path / "csv").iterdir()) == ["majority.csv", "tfidf.csv", "tuned.csv"]
    assert {path.parent.name for path in map(Path, ended.json()["figures"])} == {"majority", "tfidf", "tuned"}
    assert (tmp_path / "fig" / "tuned" / "loss.svg").is_file()


def test_models_of_the_same_name_get_files_of_their_own() -> None:
    first, second = Path("/r/task/one/evaluations/tuned"), Path("/r/task/two/evaluations/tuned")
    assert named([first]) == [(first, "tuned")]
    assert [name for _, name in named([first, second])] == ["task-one-tuned", "task-two-tuned"]


def test_markdown_speaks_of_the_tuned_model(trained: Project) -> None:
    run = trained.run_folders()[0]
    ended = lfine("report", run, "--format", "markdown")
    assert ended.code == 0
    assert ended.out.startswith("### topics: tuned\n\nThe tuned model answers")
    assert ended.out.count("###") == 1
    assert lfine("report", run / "evaluations" / "tfidf", "--format", "markdown").out.startswith("### topics: tfidf\n")
    alone = [Path("/r/evaluations/majority"), Path("/r/evaluations/tfidf")]
    assert spoken_of(alone) == alone  # no tuned model stands beside them


def test_figures_without_matplotlib(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lfine.extras.FIGURES", ("no_such_library",))
    ended = refused("report", trained.run_folders()[0], "--figures", "figures")
    assert (ended.code, ended.problem()["code"]) == (3, "LF401")
    assert ended.problem()["cure"] == "pip install 'lfine[report]'"


def test_answers_that_are_gone(trained: Project, tmp_path: Path) -> None:
    folder = trained.run_folders()[0] / "evaluations" / "tuned"
    (folder / "predictions.jsonl").unlink()
    ended = refused("report", folder, "--csv", tmp_path)
    assert (ended.code, ended.problem()["code"]) == (5, "LF570")
    assert list(tmp_path.glob("*.csv")) == []


def test_no_evaluation_there(trained: Project) -> None:
    shutil.rmtree(trained.run_folders()[0] / "evaluations")
    ended = refused("report", trained.run_folders()[0])
    assert (ended.code, ended.problem()["code"]) == (1, "LF501")
    assert "lfine evaluate" in ended.problem()["cure"]


def test_damaged_files(trained: Project) -> None:
    folder = trained.run_folders()[0] / "evaluations" / "tuned"
    with (folder / "predictions.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"row_id": ')
    ended = refused("report", folder)
    assert (ended.code, ended.problem()["code"], ended.problem()["line"]) == (5, "LF505", 13)
