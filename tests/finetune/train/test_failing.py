"""What a process says of its failure, and what another makes of it; real ones in test_several_processes.py."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from torch import distributed
from torch._C._distributed_c10d import FileStore

from lfine.finetune.train import failing
from lfine.finetune.train.failing import (
    LOST,
    Word,
    all_spoke,
    error_of,
    failing_together,
    let_it_end,
    settled,
    speak,
    word_of,
)
from lfine.finetune.train.processes import ElsewhereError, Processes
from lfine.schemas.errors import LfineError, MachineError, RunError, TaskError, UsageError
from lfine.schemas.problems import Excerpt, Problem

DONE: list[str] = []
"""What a process that fails did, in its order."""
FULL = Problem("LF404", "the GPU is full", "a smaller batch", file="a.yaml", line=3, excerpt=Excerpt("text", 2))


def test_one_process_fails_as_ever() -> None:
    error = RunError(FULL)
    with pytest.raises(RunError) as caught, failing_together(Processes(), "a.yaml"):
        raise error
    assert caught.value is error


def test_after_the_connections_are_closed_no_task_begins() -> None:
    assert not distributed.is_initialized()
    with pytest.raises(RunError) as caught, failing_together(Processes(0, 2), "b.yaml"):
        pytest.fail("it began")
    assert caught.value.problems[0].code == "LF515"


@pytest.mark.parametrize("kind", [TaskError, UsageError, MachineError, RunError])
def test_a_word_carries_kind_and_problems(kind: type[LfineError]) -> None:
    word = word_of(kind(FULL, FULL))
    sent = failing._word(json.loads(json.dumps(failing._record(word))))
    assert sent == word
    found = error_of(sent, "process 1 of 2")
    assert type(found) is kind
    assert isinstance(found, LfineError)
    problem = found.problems[1]
    assert (problem.code, problem.message, problem.cure) == (
        FULL.code,
        "the GPU is full (in process 1 of 2)",
        FULL.cure,
    )
    assert (problem.file, problem.line) == ("a.yaml", 3)


def test_what_is_no_problem_of_ours() -> None:
    assert isinstance(error_of(word_of(KeyboardInterrupt()), "x"), KeyboardInterrupt)
    bug = error_of(word_of(ValueError("odd")), "process 1 of 2")
    assert isinstance(bug, LfineError)
    assert (bug.exit_code, bug.problems[0].code) == (70, "LF508")
    assert bug.problems[0].message == "ValueError: odd (in process 1 of 2)"


@pytest.mark.parametrize(
    "error",
    [
        ElsewhereError("gone"),
        RuntimeError("[../gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:3"),
        RuntimeError("NCCL communicator was aborted on rank 0"),
    ],
)
def test_what_says_only_that_another_is_gone(error: Exception) -> None:
    assert word_of(error) == LOST
    assert word_of(RuntimeError("shapes cannot be multiplied")) != LOST


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """A store for two, nobody's patience, and nothing of the test's own process touched."""
    monkeypatch.setattr(failing, "PATIENCE", 1)
    monkeypatch.setattr(failing, "let_it_end", lambda: DONE.append("let it end"))
    monkeypatch.setattr(distributed, "destroy_process_group", lambda: DONE.append("close"))
    DONE.clear()
    store = FileStore(str(tmp_path / "store"), 2)
    store.set_timeout(timedelta(seconds=5))
    return store


def test_all_fail_alike_and_the_first_one_says_it(store: FileStore, capfd: pytest.CaptureFixture[str]) -> None:
    error = RunError(FULL)
    assert settled(Processes(0, 2, store=store), "a", error) is error
    DONE.clear()
    assert settled(Processes(1, 2, store=store), "a", error) is error
    assert DONE == ["let it end"]  # all spoke: the next task can be trained
    assert all_spoke(store, ["lfine/failed/a/0", "lfine/failed/a/1"])
    assert not all_spoke(store, ["lfine/failed/b/0"])
    assert capfd.readouterr() == ("", "")


def test_one_that_fails_alone_speaks_and_the_first_ends_with_its_problems(
    store: FileStore, capfd: pytest.CaptureFixture[str]
) -> None:
    error = MachineError(FULL)
    assert settled(Processes(1, 2, store=store), "a", error) is error
    assert DONE == ["let it end", "close"]
    assert "the GPU is full" in capfd.readouterr().err
    found = settled(Processes(0, 2, store=store), "a", ElsewhereError("closed"))
    assert isinstance(found, MachineError)
    assert found.problems[0].message == "the GPU is full (in process 1 of 2)"
    assert capfd.readouterr().err == ""


def test_where_nobody_left_word_one_is_lost(store: FileStore, capfd: pytest.CaptureFixture[str]) -> None:
    """The first process was killed: the other speaks. Then the first one finds the other lost too, and speaks."""
    found = settled(Processes(1, 2, store=store), "a", ElsewhereError("closed by peer"))
    assert isinstance(found, RunError)
    assert found.problems[0].code == "LF515"
    assert "closed by peer" in found.problems[0].message
    assert "LF515" in capfd.readouterr().err
    settled(Processes(0, 2, store=store), "b", ElsewhereError("closed by peer"))
    settled(Processes(1, 2, store=store), "b", ElsewhereError("closed by peer"))
    assert capfd.readouterr().err == ""


def test_what_is_spoken(capfd: pytest.CaptureFixture[str]) -> None:
    speak(KeyboardInterrupt())
    assert capfd.readouterr().err == ""
    speak(ValueError("odd"))
    assert "ValueError: odd" in capfd.readouterr().err
    assert Word(130) == word_of(KeyboardInterrupt())


def test_a_launcher_can_no_longer_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[tuple[object, object]] = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: set_to.append((number, handler)))
    let_it_end()
    assert set_to == [(signal.SIGTERM, signal.SIG_IGN)]
