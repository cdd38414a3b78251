"""The soak test's eyes: where a kill fell, when a moment is reached, and that every kind of difference is seen."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.soak import DRAWN, FURTHER, Moment, attempt, draw, in_child, log_number, seen, stage_of
from benchmarks.soak_place import STEPS, Place, differences, done, finished, run_of, saved
from lfine.runs import read_run, write_run
from tests.lfine.test_runs import RECORD


def line(step: int) -> dict[str, object]:
    return {"step": step, "loss": 1 / step, "learning_rate": 0.1, "step_seconds": 0.1, "examples": 4, "tokens": 9}


def made(folder: Path) -> Path:
    """A finished run of three updates, as far as the comparison looks at it."""
    (folder / "adapter").mkdir(parents=True)
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"weights")
    validation = {"step": 2, "kind": "validation", "validation_loss": 0.5, "metrics": {}, "best": True, "seconds": 1}
    lines = [line(1), line(2), validation, line(3)]
    (folder / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    write_run(folder, RECORD)
    return folder


def add_line(run: Path) -> None:
    with (run / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line(3)) + "\n")


def rewrite(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        text = (run / name).read_text(encoding="utf-8")
        assert old in text
        (run / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


CHANGES: dict[str, Callable[[Path], object]] = {
    "adapter/adapter_model.safetensors differs": rewrite("adapter/adapter_model.safetensors", "w", "W"),
    "adapter/more differs": lambda run: (run / "adapter" / "more").touch(),
    "the updates 1 2 3 3": add_line,
    "log.jsonl: other values": rewrite("log.jsonl", '0.5, "learning', '0.5000000001, "learning'),
    "log.jsonl: other evaluations": rewrite("log.jsonl", "true", "false"),
    "run.json: ": lambda run: write_run(run, replace(read_run(run), final_loss=0.2500001)),
    "left over: checkpoints/.writing-x": lambda run: (run / "checkpoints" / ".writing-x").mkdir(parents=True),
}


@pytest.mark.parametrize("words", CHANGES)
def test_every_difference_is_seen(words: str, tmp_path: Path) -> None:
    reference, run = made(tmp_path / "reference"), made(tmp_path / "run")
    assert differences(run, reference) == []
    CHANGES[words](run)
    (found,) = differences(run, reference)
    assert words in found


def test_times_are_no_difference(tmp_path: Path) -> None:
    reference, run = made(tmp_path / "reference"), made(tmp_path / "run")
    rewrite("log.jsonl", '"step_seconds": 0.1', '"step_seconds": 0.2')(run)
    write_run(run, replace(RECORD, seconds=1.0, finished="2026-11-22T10:16:00Z"))
    assert differences(run, reference) == []


def test_what_is_done_and_saved(tmp_path: Path) -> None:
    assert run_of(tmp_path) is None
    assert not finished(None)
    run = made(tmp_path / "topics" / "20260101T000000Z")
    assert run_of(tmp_path) == run
    assert (done(run), saved(run), finished(run)) == (3, 0, True)
    with (run / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 4, "loss"')
    assert done(run) == 3


def test_where_a_kill_fell(tmp_path: Path) -> None:
    run = made(tmp_path / "run")
    before = log_number(run)
    assert stage_of(None, 0) == stage_of(run, before) == "starting"
    assert stage_of(run, 0) == "done"
    for name, stage in ((".adapter-x", "adapter"), ("checkpoints/.removing-x", "removing")):
        (run / name).mkdir(parents=True)
        assert stage_of(run, 0) == stage
    (run / "adapter").rename(run / "checkpoints" / ".writing-x")
    assert stage_of(run, 0) == "writing"


def test_when_a_moment_is_reached(tmp_path: Path) -> None:
    run = made(tmp_path / "run")
    assert seen(None, Moment("starting", 0, 0.0), 0)
    assert seen(run, Moment("updates", 3, 0.0), 0)
    assert not seen(run, Moment("updates", 4, 0.0), 0)
    assert not seen(run, Moment("updates", 3, 0.0), log_number(run)), "the log is that of an earlier process"
    assert not seen(run, Moment("writing", 2, 0.0), 0)
    (run / "checkpoints" / ".writing-x").mkdir(parents=True)
    assert seen(run, Moment("writing", 2, 0.0), 0)
    (run / "checkpoints" / "step-000003").mkdir()
    assert seen(run, Moment("removing", 3, 0.0), 0)
    assert not seen(run, Moment("removing", 4, 0.0), 0)


def test_moments_are_of_every_kind_and_the_same_for_a_seed() -> None:
    def drawn(seed: int) -> list[Moment]:
        chance = random.Random(seed)
        return [draw(chance, 9, 2.0) for _ in range(200)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert {moment.stage for moment in drawn(1)} == set(DRAWN)
    assert {moment.after for moment in drawn(1) if moment.stage == "updates"} == set(range(10, 10 + FURTHER))
    assert {moment.after for moment in drawn(1) if moment.stage == "adapter"} == {STEPS}


@pytest.mark.parametrize(("moment", "code"), [(Moment("starting", 0, 0.0), -9), (None, 3)])
def test_a_process_is_killed_at_its_moment_or_ends_by_itself(moment: Moment | None, code: int, tmp_path: Path) -> None:
    """Without a moment the process is waited for."""

    def start(_: Place, words: list[str]) -> int:
        assert "--resume" not in words
        wait = "import time; time.sleep(600)" if moment else "raise SystemExit(3)"
        return os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", wait], os.environ)

    assert attempt(Place(tmp_path), tmp_path / "runs", start, moment, time.monotonic() + 600) == code


def test_an_error_in_a_child_stays_there() -> None:
    def fails() -> int:
        raise ValueError("on purpose")

    assert [os.waitstatus_to_exitcode(os.waitpid(in_child(work), 0)[1]) for work in (fails, lambda: 5)] == [70, 5]
