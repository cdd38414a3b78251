"""`lfine runs`: the table, the document, and that a thousand runs are listed without any heavy library."""

from __future__ import annotations

from pathlib import Path

from tests.lfine.projects import Project, lfine
from tests.lfine.test_run_list import made, scored


def test_the_table(tmp_path: Path) -> None:
    run = made(tmp_path)
    scored(run, "tuned", 0.75)
    scored(run, "base", 0.25, limit=5, n=5)
    made(tmp_path, "sst2", "20261122T101500Z", status="failed", created="2026-11-22T10:15:00Z")
    ended = lfine("runs", "--runs-dir", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    heading, first, second = (line.split() for line in ended.out.splitlines())
    assert heading == [
        "task",
        "when",
        "(UTC)",
        "base",
        "model",
        "status",
        "updates",
        "minutes",
        "score",
        "base",
        "folder",
    ]
    assert first == [
        "sst2",
        "2026-11-22",
        "10:15:00",
        "tiny",
        "failed",
        "7",
        "1.0",
        str(run.parents[1] / "sst2/20261122T101500Z"),
    ]
    score = ["accuracy", "0.750", "0.650–0.850", "0.250", "0.150–0.350", "(5", "rows)"]
    assert second == ["viggo", "2026-11-22", "09:15:00", "tiny", "finished", "7", "1.0", *score, str(run)]


def test_the_document(finished: Project) -> None:
    document = lfine("runs", "topics", "--runs-dir", finished.runs, "--format", "json").json()
    assert list(document) == ["runs_dir", "runs"]
    (run,) = document["runs"]
    assert run["folder"] == str(finished.run_folders()[0])
    assert list(run["tuned"]) == ["value", "low", "high", "n", "limit"]


def test_nothing_trained(tmp_path: Path) -> None:
    ended = lfine("runs", "viggo", "--runs-dir", tmp_path)
    cure = "go to where `lfine train` was given, or name the folder with --runs-dir"
    assert (ended.code, ended.out) == (0, f"no runs of viggo in {tmp_path}; {cure}\n")
    assert lfine("runs", "--runs-dir", tmp_path, "--format", "json").json()["runs"] == []


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    run = made(tmp_path)
    (run / "run.json").write_text("{", encoding="utf-8")
    ended = lfine("runs", "--runs-dir", tmp_path)
    assert ended.code == 0
    assert "damaged" in ended.out
    assert ended.err.startswith(f"{run}: run.json cannot be read: ")
