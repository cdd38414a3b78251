"""Programs that a model wrote, each run once in a cage of its own: did it come to its end?

    run_programs([Program(("def f(x):\\n    return x\\nassert f(1) == 2",))], cage=Cage(…), limits=Limits())
        →  [Ran(passed=False, reason="AssertionError in: assert f(1) == 2")]

`find_cage()` tries the cage of this machine from inside before anything else is run in it, and refuses one with a hole.
*Not here:* how a process confines itself (.inside), what a program is made of
(lfine.evaluation.metrics.code_execution).
"""

from __future__ import annotations

import os
import platform
import secrets
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lfine.evaluation.cage.children import Child, NoAnswerError
from lfine.evaluation.cage.syscalls import filter_program
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

INSIDE = Path(__file__).with_name("inside.py")
# Not -I: it would pass over PYTHONHASHSEED, and a program that walks through a set would pass on some days only.
PYTHON = (sys.executable, "-P", "-s", "-S", "-B", "-X", "utf8", str(INSIDE))
ENVIRONMENT = {"PYTHONHASHSEED": "0"}
ANSWER_BYTES = 1 << 16

_Given = TypeVar("_Given")
_Got = TypeVar("_Got")


@dataclass(frozen=True)
class Cage:
    """What confines a process on this machine."""

    calls: bool
    """System calls are filtered: no network, no new process, no file written."""
    files: bool
    """Landlock: nothing is read but Python's own library."""


OPEN = Cage(calls=False, files=False)


@dataclass(frozen=True)
class Limits:
    """Of one program."""

    cpu_seconds: int = 5
    """Of the processor; the verdict does not depend on how busy the machine is."""
    seconds: float = 30.0
    """Of the clock, for a program that waits."""
    memory: int = 1 << 30
    """Bytes of address space."""


@dataclass(frozen=True)
class Program:
    texts: tuple[str, ...]
    """Ways to read the same answer as Python; the first that compiles is run."""


@dataclass(frozen=True)
class Ran:
    passed: bool
    reason: str | None = None
    """Why not."""


def run_programs(programs: Sequence[Program], *, cage: Cage, limits: Limits) -> list[Ran]:
    """Run each in a new process, as many at once as there are processors; equal programs once."""
    different = list(dict.fromkeys(programs))
    found = dict(zip(different, in_parallel(lambda each: run_program(each, cage, limits), different), strict=True))
    return [found[program] for program in programs]


def run_program(program: Program, cage: Cage, limits: Limits) -> Ran:
    """Run one program. Raises MachineError (LF440) when the process cannot confine itself."""
    seal = secrets.token_hex(16)
    child = Child(PYTHON, environment=ENVIRONMENT, longest=ANSWER_BYTES)
    job = confinement(cage, child.pid, limits.memory) | {
        "kind": "program",
        "cpu_seconds": limits.cpu_seconds,
        "programs": list(program.texts),
        "seal": seal,
    }
    try:
        answer = child.ask(job, seconds=limits.seconds)
    except NoAnswerError as ended:
        if ended.reason == "ended with exit code 0":
            return Ran(passed=False, reason="it ended before the tests were through")
        return Ran(passed=False, reason=ended.reason)
    finally:
        child.close()
    if "broken" in answer:
        raise MachineError(no_cage(str(answer["broken"])))
    if answer.get("passed") is True and answer.get("seal") == seal:
        return Ran(passed=True)
    return Ran(passed=False, reason=str(answer.get("reason", "it answered in the place of its tests")))


def confinement(cage: Cage, pid: int, memory: int, *, readable: Iterable[Path] = ()) -> dict[str, object]:
    """Return what `inside.confine` is to do to process `pid`."""
    instructions = filter_program(platform.machine(), pid=pid) if cage.calls else None
    return {
        "filter": None if instructions is None else instructions.hex(),
        "readable": [*library_folders(), *map(str, readable)] if cage.files else None,
        "memory": memory,
        "cpu_seconds": None,
    }


def library_folders() -> list[str]:
    """Return the places that Python reads when a program imports something of the standard library."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | {sysconfig.get_config_var("LIBDIR")}
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo", "/dev/null"]
    return [*sorted(path for path in own if path), *system, "/dev/urandom"]


def best_cage() -> Cage:
    """Return what this kind of machine should be able to do, not yet tried."""
    linux = sys.platform == "linux"
    return Cage(calls=linux and filter_program(platform.machine(), pid=0) is not None, files=linux)


def find_cage(*, unsafe: bool) -> Cage:
    """Return a cage that holds, tried from inside; with `unsafe` what there is of one.

    Raises MachineError (LF440) where it does not hold and `unsafe` was not given.
    """
    wanted = best_cage()
    hole = find_hole(wanted)
    if hole is None:
        return wanted
    if not unsafe:
        raise MachineError(no_cage(hole))
    weaker = (Cage(calls=True, files=False), Cage(calls=False, files=True))
    return next((cage for cage in weaker if _starts(cage)), OPEN)


def find_hole(cage: Cage) -> str | None:
    """Try what the cage is to prevent, from inside; return the first thing that it lets through."""
    if not (cage.calls and cage.files):
        return f"{platform.system()} on {platform.machine()} has no filter of system calls that lfine knows"
    with tempfile.NamedTemporaryFile(prefix="lfine-secret-") as secret:
        try:
            ran = run_program(Program((ATTEMPTS.format(secret=secret.name),)), cage, Limits())
        except MachineError as error:
            return error.problems[0].message
    return None if ran.passed else ran.reason


ATTEMPTS = """
import os, socket

def prevented(what, attempt):
    try:
        attempt()
    except OSError:
        return
    raise RuntimeError("from inside the cage a program could " + what)

prevented("open a socket", lambda: socket.socket())
prevented("start a process", lambda: os._exit(0) if os.fork() == 0 else None)
prevented("write a file", lambda: open("file", "w"))
prevented("read another's file", lambda: open({secret!r}))
prevented("read another process", lambda: open("/proc/%d/environ" % os.getppid()))
prevented("signal another process", lambda: os.kill(os.getppid(), 0))
"""
"""A program that passes where the cage holds."""


def _starts(cage: Cage) -> bool:
    try:
        return run_program(Program(("",)), cage, Limits()).passed
    except MachineError:
        return False


def no_cage(hole: str) -> Problem:
    message = f"generated code cannot be run here in a cage that holds: {hole}"
    cure = "use Linux 5.13 or newer on x86-64 or aarch64; or, on a machine that you can lose, add --unsafe"
    return Problem("LF440", message, cure)


def in_parallel(work: Callable[[_Given], _Got], items: Sequence[_Given]) -> list[_Got]:
    """Do the work for each item in as many threads as there are processors; Ctrl-C waits for the running ones only."""
    pool = ThreadPoolExecutor(max_workers=processors())
    try:
        return list(pool.map(work, items))
    finally:
        pool.shutdown(cancel_futures=True)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
