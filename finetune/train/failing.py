"""What ends one process ends all of them, soon, for the same reason, said once.

    with failing_together(processes, "task.yaml"):
        …                  # process 1 raises RunError; process 0, which waits for its gradient, raises the same

Every process that fails leaves word in the store. Where all of them do so, they failed alike and the first one says
why. Where one is alone it speaks itself, and closes its connections so that the others wait no longer; the first one
then finds its word and ends with the same problems, for a script that reads its output.

*Not here:* printing (lfine.cli.main), what is kept of the run (lfine.training).
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from torch import distributed
from torch.distributed.distributed_c10d import Store

from lfine.finetune.train.processes import ElsewhereError, Processes
from lfine.schemas.errors import LfineError, MachineError, RunError, TaskError, UsageError
from lfine.schemas.problems import Problem

PATIENCE = 100
"""How often the store is asked for the others' word, a twentieth of a second apart.

Counted and not timed: processes that are put to sleep together wake up with their patience."""
INTERRUPTED = 130
KINDS: dict[int, type[LfineError]] = {kind.exit_code: kind for kind in (TaskError, UsageError, MachineError, RunError)}
BROKEN = ("gloo", "nccl", "process group", "connection closed")
"""Words of torch's own exceptions when a process is gone in the middle of a layer."""


@dataclass(frozen=True)
class Word:
    """What a process leaves for the others."""

    exit_code: int
    problems: tuple[Problem, ...] = ()


LOST = Word(0)
"""It found the others gone, and knows no more."""


@contextmanager
def failing_together(processes: Processes, task: str) -> Iterator[None]:
    """End every process when one fails; `task` is the same text in all of them.

    Raises what was raised here, or what another process raised; RunError LF515 where one is gone without a word.
    """
    if processes.alone:
        yield
        return
    if not distributed.is_initialized():
        raise RunError(Problem("LF515", "the processes parted when the task before this one failed", "train it alone"))
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        met = settled(processes, task, error)
        if met is error:
            raise
        raise met from error


def settled(processes: Processes, task: str, error: BaseException) -> BaseException:
    """Leave word, learn the others', and return what this process ends with."""
    let_it_end()
    own = word_of(error)
    found = exchanged(processes, task, own)
    known = {rank: word for rank, word in found.items() if rank != processes.rank and word != LOST}
    if own != LOST:
        met, said = error, known.get(0) == own
    elif known:
        rank, word = min(known.items())
        met, said = error_of(word, f"process {rank} of {processes.count}"), True  # by that process
    else:
        met, said = lost(processes, error), 0 in found
    if not processes.first and not said:
        speak(met)
    return met


def lost(processes: Processes, error: BaseException) -> RunError:
    """Return the error where a process is gone without a word."""
    message = f"one of the {processes.count} processes is gone or does not answer: {error}"
    cure = "look for its last words above; one without any was ended from outside, often for its memory"
    return RunError(Problem("LF515", message, f"{cure}; then go on with --resume"))


def let_it_end() -> None:
    """Ignore SIGTERM from here on: a launcher sends it when one process is gone, and the others have yet to speak."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def exchanged(processes: Processes, task: str, own: Word) -> dict[int, Word]:
    """Leave word in the store and return what all have left there; close the connections unless all have."""
    assert processes.store is not None  # noqa: S101 (launch.py gives every process one where there are several)
    keys = {rank: f"lfine/failed/{task}/{rank}" for rank in range(processes.count)}
    with suppress(RuntimeError):  # the store may live in the process that is gone
        processes.store.set(keys[processes.rank], json.dumps(_record(own)))
        if not all_spoke(processes.store, list(keys.values())):
            distributed.destroy_process_group()
            all_spoke(processes.store, list(keys.values()))
    found = {processes.rank: own}
    for rank, key in keys.items():
        with suppress(RuntimeError):
            if rank != processes.rank and processes.store.check([key]):
                found[rank] = _word(json.loads(processes.store.get(key)))
    return found


def all_spoke(store: Store, keys: list[str]) -> bool:
    """Wait a while for every key."""
    for _ in range(PATIENCE):
        if store.check(keys):
            return True
        time.sleep(0.05)
    return False


def word_of(error: BaseException) -> Word:
    """Return what the others are told of an exception."""
    if isinstance(error, LfineError):
        return Word(error.exit_code, tuple(replace(each, excerpt=None, fix=None) for each in error.problems))
    if isinstance(error, KeyboardInterrupt):
        return Word(INTERRUPTED)
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ElsewhereError) or (
        isinstance(error, RuntimeError) and any(word in text.lower() for word in BROKEN)
    ):
        return LOST
    return Word(LfineError.exit_code, (Problem("LF508", text, "report it with the traceback on stderr"),))


def error_of(word: Word, where: str) -> BaseException:
    """Return the exception that another process had, for this one to end with."""
    if word.exit_code == INTERRUPTED:
        return KeyboardInterrupt()
    problems = [replace(each, message=f"{each.message} (in {where})") for each in word.problems]
    return KINDS.get(word.exit_code, LfineError)(*problems)


def speak(error: BaseException) -> None:
    """Say on the real stderr what only this process knows."""
    if isinstance(error, LfineError):
        print(error, file=sys.__stderr__)
    elif not isinstance(error, KeyboardInterrupt):
        traceback.print_exception(error, file=sys.__stderr__)


def _record(word: Word) -> dict[str, Any]:
    return {"exit_code": word.exit_code, "problems": [each.record() for each in word.problems]}


def _word(record: dict[str, Any]) -> Word:
    return Word(record["exit_code"], tuple(Problem(**each) for each in record["problems"]))
