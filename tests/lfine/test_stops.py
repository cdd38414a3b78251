"""machine_faults(): foreign exceptions become ours at one place, and only those that are the machine's doing."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from lfine.schemas.errors import MachineError, RunError
from lfine.schemas.problems import Problem
from lfine.stops import machine_faults, out_of_memory, termination_as_interruption


def raised(error: BaseException) -> MachineError:
    with pytest.raises(MachineError) as caught, machine_faults("make room", at=Path("runs"), memory_cure="use less"):
        raise error
    return caught.value


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOTDIR])
def test_a_file_that_cannot_be_written(number: int) -> None:
    (problem,) = raised(OSError(number, "No Room")).problems
    assert (problem.code, problem.file, problem.cure) == ("LF405", "runs", "make room")
    assert problem.message == "a file could not be written: no room"


def test_the_file_is_the_one_that_the_system_names() -> None:
    (problem,) = raised(OSError(errno.ENOSPC, "No space left on device", "/x/log.jsonl")).problems
    assert problem.file == "/x/log.jsonl"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried …"),
    ],
)
def test_memory(error: BaseException) -> None:
    (problem,) = raised(error).problems
    assert (problem.code, problem.cure) == ("LF404", "use less")
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("shapes"),
        OSError(errno.EBADF, "Bad file descriptor"),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        FileNotFoundError(errno.ENOENT, "No such file"),
        RunError(Problem("LF504", "the loss is nan")),
        KeyboardInterrupt(),
    ],
)
def test_everything_else_passes_as_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, machine_faults("", at=Path("runs")):
        raise error
    assert caught.value is error


def test_memory_is_told_from_other_errors() -> None:
    assert not out_of_memory(ValueError("the memory of an elephant"))


def test_sigterm_ends_a_stage_as_ctrl_c_does() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(KeyboardInterrupt), termination_as_interruption():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_another_handler_of_sigterm_stays() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with termination_as_interruption():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
