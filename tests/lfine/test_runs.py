"""Run folders: names, order, which is the latest, and run.json there and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from lfine import runs
from lfine.runs import DataRecord, RunRecord, latest_run, new_run, now, read_run, runs_folder, runs_of, write_run
from lfine.schemas.errors import RunError, TaskError

RECORD = RunRecord(
    task="viggo",
    status="finished",
    created="2026-11-22T09:15:00Z",
    plan_hash="0123456789abcdef",
    command="lfine train viggo.yaml",
    data=DataRecord(files={"a.csv": {"sha256": "ab", "rows": "3"}}, rows={"train": 2, "test": 1}, cut=0, left_out=0),
    versions={"torch": "2.13"},
    finished="2026-11-22T09:16:00Z",
    steps=7,
    train_examples=28,
    seconds=60.5,
    final_loss=0.25,
    best_validation_loss=None,
)


def made(folder: Path, status: str) -> Path:
    folder.mkdir(parents=True)
    write_run(folder, replace(RECORD, status=status))
    return folder


def test_there_and_back(tmp_path: Path) -> None:
    write_run(tmp_path, RECORD)
    assert read_run(tmp_path) == RECORD


def test_where_runs_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert runs_folder() == Path.cwd() / "runs"
    monkeypatch.setenv("LFINE_RUNS", str(tmp_path / "variable"))
    assert runs_folder() == tmp_path / "variable"
    assert runs_folder("option") == Path.cwd() / "option"
    monkeypatch.setenv("LFINE_RUNS", "~/mine")
    assert runs_folder() == Path.home() / "mine"


def test_runs_of_one_second_are_numbered_and_sorted_as_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Stopped:
            return cls(2026, 11, 22, 9, 15, tzinfo=tz)

    monkeypatch.setattr(runs, "datetime", Stopped)
    found = [new_run(tmp_path, "viggo") for _ in range(11)]
    assert now() == "2026-11-22T09:15:00Z"
    assert [path.name for path in found[:3]] == ["20261122T091500Z", "20261122T091500Z-2", "20261122T091500Z-3"]
    for path in found:
        write_run(path, RECORD)
    assert runs_of(tmp_path, "viggo") == found[::-1]


def test_the_latest_of_a_status(tmp_path: Path) -> None:
    first = made(tmp_path / "viggo" / "20260101T000000Z", "finished")
    second = made(tmp_path / "viggo" / "20260102T000000Z", "interrupted")
    made(tmp_path / "other" / "20260103T000000Z", "finished")
    (tmp_path / "viggo" / "20260104T000000Z").mkdir()  # no run.json: not a run
    assert latest_run(tmp_path, "viggo") == first
    assert latest_run(tmp_path, "viggo", ("interrupted",)) == second
    assert latest_run(tmp_path, "viggo", ("failed",)) is None
    assert latest_run(tmp_path, "nobody") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', "\x00", '{"task": 3}'])
def test_a_damaged_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        read_run(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("LF505", str(tmp_path / "run.json"))


@pytest.mark.parametrize("place", ["absent", "a file"])
def test_no_run_folder(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("", encoding="utf-8")
    with pytest.raises(TaskError) as caught:
        read_run(tmp_path / place)
    assert caught.value.problems[0].code == "LF501"


def test_a_record_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path, RECORD)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lfine.schemas.records.os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_run(tmp_path, replace(RECORD, status="failed"))
    assert read_run(tmp_path) == RECORD
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_drive_that_is_not_there_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Path, *_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", str(self))

    monkeypatch.setattr(Path, "mkdir", gone)
    with pytest.raises(NotADirectoryError, match="no folder can be made there"):
        new_run(tmp_path / "z", "topics")
