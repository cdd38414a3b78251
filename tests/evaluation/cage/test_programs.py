"""Programs in the cage of this machine: honest ones pass, and hostile ones harm nothing, end, and leave their reason.

All programs are run at once, in parallel; each test looks at one of them. Where the kernel has no cage they skip.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lfine.evaluation.cage import programs
from lfine.evaluation.cage.programs import (
    OPEN,
    Cage,
    Limits,
    Program,
    Ran,
    best_cage,
    find_cage,
    find_hole,
    run_program,
    run_programs,
)
from lfine.schemas.errors import MachineError

LIMITS = Limits(cpu_seconds=1, seconds=40)
SWALLOW = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
ANSWERS = """
import os
for place in range(3, 60):
    try:
        os.write(place, %s)
    except OSError:
        pass
"""
"""Writes to whatever is open."""

HONEST = {
    "nothing": "",
    "standard library": (
        "import bisect, collections, copy, dataclasses, datetime, decimal, fractions, functools, hashlib, heapq\n"
        "import itertools, json, math, operator, random, re, statistics, string, typing, unicodedata\n"
        "assert hashlib.md5(b'').hexdigest()[:4] == 'd41d'\n"
        "@dataclasses.dataclass\nclass Point:\n    x: 'int'\nassert Point(1) == Point(1)\n"
    ),
    "threads": "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()\n",
    "a gigabyte of output": "import os\nfor _ in range(1000):\n    os.write(1, b'x' * 1_000_000)\n",
    "input": "import sys\nassert sys.stdin.read() == ''\n",
    "not the main program": "assert __name__ == 'program'\n",
    "same hash every day": "assert hash('a') == HASH\n",
}
HOSTILE = {
    "fails": ("def f(x):\n    return x\n\nassert f(2) == 4\n", r"AssertionError in: assert f\(2\) == 4$"),
    "fails with a word": ("raise ValueError('no\\nsuch ' + 'x' * 500)", "ValueError: no such xxx"),
    "is no Python": ("def f(:\n", "SyntaxError"),
    "is nested too deeply": ("x = " + "(" * 5000 + ")" * 5000, "SyntaxError|MemoryError|RecursionError"),
    "starts processes": ("import os\nwhile True:\n    os.fork()\n", "PermissionError"),
    "starts processes and goes on": (SWALLOW, "more processor time"),
    "starts a program": ("import subprocess\nsubprocess.run(['true'])\n", "PermissionError"),
    "becomes a program": ("import os\nos.execv('/bin/true', ['true'])\n", "PermissionError"),
    "fills the disk": (
        "with open('file', 'wb') as file:\n    while True:\n        file.write(bytes(1 << 20))\n",
        "PermissionError",
    ),
    "opens a socket": ("import socket\nsocket.create_connection(('127.0.0.1', PORT))\n", "PermissionError"),
    "calls the kernel": (
        "import ctypes\nif ctypes.CDLL(None).socket(2, 1, 0) < 0:\n    raise OSError('no socket')\n",
        "OSError: no socket",
    ),
    "never ends": ("while True:\n    pass\n", "more processor time"),
    "signals its parent": ("import os\nos.kill(os.getppid(), 9)\n", "PermissionError"),
    "signals everybody": ("import os\nos.kill(-1, 9)\n", "PermissionError"),
    "reads a key": ("print(open(SECRET).read())\n", "PermissionError"),
    "lists a folder": ("import os\nos.listdir(os.path.dirname(SECRET))\n", "PermissionError"),
    "reads its parent": ("import os\nopen(f'/proc/{os.getppid()}/environ').read()\n", "PermissionError"),
    "deletes": ("import os\nos.remove(SECRET)\n", "PermissionError"),
    "deletes a tree": ("import os, shutil\nshutil.rmtree(os.path.dirname(SECRET))\n", "PermissionError"),
    "changes a file": ("open(SECRET, 'a').write('x')\n", "PermissionError"),
    "takes memory": ("x = []\nwhile True:\n    x.append(bytes(1 << 26))\n", "MemoryError"),
    "lifts its limits": (
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (99, 99))\n",
        "PermissionError|ValueError|OSError",
    ),
    "uses up the stack": ("def f():\n    return f()\nf()\n", "RecursionError"),
    "leaves early": ("import os\nos._exit(0)\n", "it ended before the tests were through"),
    "says goodbye": ("import sys\nsys.exit(0)\n", "SystemExit: 0"),
    "kills itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "ended by SIGKILL"),
    "answers for its tests": (
        ANSWERS % """b'{"passed": true}\\n'""",
        "it answered in the place of its tests",
    ),
    "babbles": (
        ANSWERS % "b'x' * 1_000_000",
        "too long|no record",
    ),
    "is an error without a text": (
        "class Odd(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise Odd\n",
        "Odd in: raise Odd",
    ),
}


def need_cage() -> None:
    """Skip where the kernel has no Landlock or its calls are not listed, asked here by other means than lfine's.

    Where it has, a cage with a hole is a fault, and the test fails.
    """
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip(f"no cage is known for {sys.platform} on {platform.machine()}")
    if ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) < 1:  # landlock_create_ruleset: its version
        pytest.skip("this kernel has no Landlock")
    assert find_hole(best_cage()) is None


class Place(NamedTuple):
    """What lies outside of the cage."""

    secret: Path
    server: socket.socket
    found: dict[str, Ran]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Every program, run once, with a file and a server within reach."""
    need_cage()
    secret = tmp_path_factory.mktemp("home") / ".ssh" / "id_ed25519"
    secret.parent.mkdir()
    secret.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        head = f"SECRET = {str(secret)!r}\nPORT = {server.getsockname()[1]}\nHASH = {_hash_of_a()}\n"
        texts = {**HONEST, **{name: text for name, (text, _) in HOSTILE.items()}}
        ran = run_programs([Program((head + text,)) for text in texts.values()], cage=best_cage(), limits=LIMITS)
        yield Place(secret, server, dict(zip(texts, ran, strict=True)))


def _hash_of_a() -> str:
    done = subprocess.run(
        [sys.executable, "-c", "print(hash('a'))"],
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", HONEST)
def test_honest_programs_pass(place: Place, name: str) -> None:
    assert place.found[name] == Ran(passed=True)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs_end_with_their_reason(place: Place, name: str) -> None:
    ran = place.found[name]
    assert not ran.passed
    assert ran.reason is not None
    assert re.search(HOSTILE[name][1], ran.reason), ran.reason
    assert len(ran.reason) <= 200
    assert "\n" not in ran.reason


def test_nothing_outside_is_harmed(place: Place) -> None:
    assert place.secret.read_text() == "secret"
    place.server.settimeout(0.05)
    with pytest.raises(TimeoutError):  # nobody has come
        place.server.accept()


def test_one_that_waits_is_stopped() -> None:
    ran = run_program(Program(("import time\ntime.sleep(600)\n",)), OPEN, Limits(seconds=0.5))
    assert ran == Ran(passed=False, reason="no answer within 0.5 s")


def test_the_first_text_that_is_python_is_run() -> None:
    ways = Program(("def f(", "assert True", "assert False"))
    assert run_program(ways, OPEN, Limits()) == Ran(passed=True)
    ran = run_program(Program(("def f(", "class")), OPEN, Limits())
    assert "'(' was never closed" in (ran.reason or "")


def test_equal_programs_are_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Program] = []

    def run(program: Program, cage: Cage, limits: Limits) -> Ran:
        del cage, limits
        counted.append(program)
        return Ran(passed=program.texts == ("a",))

    monkeypatch.setattr(programs, "run_program", run)
    several = [Program((text,)) for text in ("a", "b", "a")]
    assert [each.passed for each in run_programs(several, cage=OPEN, limits=Limits())] == [True, False, True]
    assert len(counted) == 2


def test_a_cage_with_a_hole_is_found_out() -> None:
    """The attempts of find_hole succeed where nothing prevents them: they can fail."""
    ran = run_program(Program((programs.ATTEMPTS.format(secret=os.devnull),)), OPEN, Limits())
    assert ran.reason == "RuntimeError: from inside the cage a program could open a socket"


@pytest.mark.parametrize("lacking", ["calls", "files"])
def test_half_a_cage_is_refused_and_said(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    half = Cage(calls=lacking != "calls", files=lacking != "files")
    monkeypatch.setattr(programs, "best_cage", lambda: half)
    with pytest.raises(MachineError) as caught:
        find_cage(unsafe=False)
    (problem,) = caught.value.problems
    assert problem.code == "LF440"
    assert "--unsafe" in problem.cure


def test_files_alone_leave_the_network_open() -> None:
    need_cage()
    hole = find_hole_of(Cage(calls=False, files=True))
    assert hole == "RuntimeError: from inside the cage a program could open a socket"
    assert (
        find_hole_of(Cage(calls=True, files=False))
        == "RuntimeError: from inside the cage a program could read another's file"
    )


def find_hole_of(cage: Cage) -> str | None:
    """Ask as find_hole does, of half a cage, whose platform would be refused before."""
    with (Path.cwd() / __file__).open() as known:
        return run_program(Program((programs.ATTEMPTS.format(secret=known.name),)), cage, Limits()).reason


def test_unsafe_takes_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_hole", lambda _: "a hole")
    monkeypatch.setattr(programs, "_starts", lambda cage: cage.files)
    assert find_cage(unsafe=True) == Cage(calls=False, files=True)
    monkeypatch.setattr(programs, "_starts", lambda _: False)
    assert find_cage(unsafe=True) == OPEN


def test_confinement_that_fails_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that the kernel does not take (one instruction that returns nothing)."""
    monkeypatch.setattr(programs, "filter_program", lambda _machine, *, pid: b"\0" * 8 if pid else b"")
    with pytest.raises(MachineError) as caught:
        run_program(Program(("",)), Cage(calls=True, files=False), Limits())
    assert "the filter of system calls" in caught.value.problems[0].message
