"""What ends a stage from outside: a full disk, no memory, a person. Foreign exceptions become ours here.

    with machine_faults("make room, then lfine train task.yaml --resume", at=run_folder):
        …                       # OSError: no space left on device  →  MachineError LF405 with this cure

*Not here:* exit codes and printing (lfine.cli.main).
"""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

UNWRITABLE = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""Errors of the system that say a file cannot be written where it was asked for."""
NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
"""What torch says on CUDA, on Linux and on Windows when an allocation fails."""


class Interrupted(KeyboardInterrupt):
    """A person stopped a stage: what is saved, and the command that goes on."""

    def __init__(self, saved: str, resume: str) -> None:
        super().__init__(saved)
        self.saved = saved
        self.resume = resume


@contextmanager
def machine_faults(cure: str, *, at: Path, memory_cure: str = "") -> Iterator[None]:
    """Turn an unwritable file (LF405) and failed allocations (LF404) into MachineError; all else passes."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise MachineError(unwritable(error, cure, at)) from error
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        first = (str(error).splitlines() or ["the allocation failed"])[0]
        message = f"the memory of this machine does not hold this: {first}"
        raise MachineError(Problem("LF404", message, memory_cure)) from error


@contextmanager
def termination_as_interruption() -> Iterator[None]:
    """Let SIGTERM end a stage as Ctrl-C does: what is saved is said, and nothing half written is left."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or before is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def unwritable(error: OSError, cure: str, at: Path | None = None) -> Problem:
    """Return the problem LF405 for a file that cannot be written; `at` where the error names none."""
    name = error.filename or (None if at is None else str(at))
    reason = (error.strerror or str(error)).lower()
    message = f"a file could not be written: {reason}"
    return Problem("LF405", message, cure, file=None if name is None else str(name))


def out_of_memory(error: BaseException) -> bool:
    """Tell whether an exception means that memory ran out."""
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in NO_MEMORY)
