"""The script that runs inside the cage: it confines its own process, then runs one program, or queries until the end.

    stdin   {"kind": "program", "programs": ["…"], "seal": "4f…", "memory": …, "filter": "…", "readable": ["/usr/lib"]}
    stdout  {"passed": true, "seal": "4f…"}   or   {"passed": false, "reason": "AssertionError in: assert f(2) == 4"}

    stdin   {"kind": "queries", …}   then for each query   {"database": "file:…", "query": "SELECT …", "most": 5}
    stdout  {}                       then for each query   {"rows": [[1, "a"]]}   or   {"error": "no such column: b"}

Standard library only, and nothing of lfine: it is started by its path in a Python without site-packages. Confinement
that fails where it was asked for is answered by {"broken": …}, and nothing is run.
*Not here:* the filter's instructions (.syscalls), limits of waiting (.children), judging results (lfine.evaluation).
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
import types

# Each program waits for these imports (30 ms with typing, contextlib, sqlite3 and traceback among them, 20 ms without).
TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

    Job = dict[str, Any]
    Send = Callable[[dict[str, Any]], None]

NAME = "<program>"
REASON_LENGTH = 200

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 38, 22
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Landlock's system calls, the same on every architecture."""
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3

MOST_BYTES = 8_000_000
"""Of text and blobs in one result."""
FUNCTION = 31
ALLOWED_ACTIONS = (20, 21, FUNCTION, 33)
"""SQLITE_READ, SQLITE_SELECT, SQLITE_FUNCTION, SQLITE_RECURSIVE: everything else a statement could do is denied."""
DENIED_FUNCTIONS = frozenset(("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"))
SQL_LIMITS = {0: 10_000_000, 1: 100_000, 3: 200, 4: 50, 5: 10_000_000, 6: 64, 7: 0, 8: 1_000, 11: 0}
"""By SQLITE_LIMIT_…: LENGTH, SQL_LENGTH, EXPR_DEPTH, COMPOUND_SELECT, VDBE_OP, FUNCTION_ARG, ATTACHED,
LIKE_PATTERN_LENGTH, WORKER_THREADS."""
OPERATIONS = 1_000
"""Of SQLite's virtual machine between two looks at the clock."""


def main() -> None:
    """Read the job, leave the three standard streams to nobody, confine, run."""
    lines = os.fdopen(os.dup(0), "rb")
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    job = json.loads(lines.readline())
    send = _sender(answers)
    try:
        confine(job)
    except (OSError, ValueError) as error:
        send({"broken": str(error)})
        os._exit(1)
    if job["kind"] == "program":
        run_program(job, send)
    else:
        send({})
        serve(lines, send, job["seconds"])
    os._exit(0)  # no exit handlers: they would be the program's


def _sender(descriptor: int, write: Callable[[int, bytes], int] = os.write) -> Send:
    def send(record: dict[str, Any]) -> None:
        rest = json.dumps(record).encode("ascii") + b"\n"
        while rest:
            rest = rest[write(descriptor, rest) :]

    return send


def confine(job: Job) -> None:
    """Take from this process what it does not need; OSError names the step that failed."""
    _limit(job)
    if sys.platform != "linux":
        return
    _call("the signal at the parent's end", _prctl(PR_SET_PDEATHSIG, 9))
    if job["filter"] is None and job["readable"] is None:
        return
    _call("the promise of no new privileges", _prctl(PR_SET_NO_NEW_PRIVS, 1))
    if job["readable"] is not None:
        _close_files(job["readable"])
    if job["filter"] is not None:
        _close_calls(bytes.fromhex(job["filter"]))


def _limit(job: Job) -> None:
    try:
        import resource
    except ImportError:
        return  # Windows: without --unsafe nothing is run there
    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 64)]
    if job["cpu_seconds"] is not None:
        limits.append((resource.RLIMIT_CPU, job["cpu_seconds"]))
    if sys.platform == "linux":  # elsewhere the address space of a small process is unbounded already
        limits.append((resource.RLIMIT_AS, job["memory"]))
    if job["filter"] is None and job["kind"] == "program":
        limits.append((resource.RLIMIT_NPROC, 0))  # holds for everyone but root; with the filter it is not needed
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value + 1 if kind == resource.RLIMIT_CPU else value))


def _prctl(option: int, value: int, pointer: Any = 0) -> int:
    return int(_LIBRARY.prctl(option, ctypes.c_ulong(value), pointer, ctypes.c_ulong(0), ctypes.c_ulong(0)))


_LIBRARY = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else types.SimpleNamespace()


def _call(step: str, result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{step}: {os.strerror(error)}")
    return result


class _SeccompProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _close_calls(instructions: bytes) -> None:
    """Install the filter of system calls (seccomp(2), mode 2)."""
    held = ctypes.create_string_buffer(instructions, len(instructions))
    program = _SeccompProgram(len(instructions) // 8, ctypes.addressof(held))
    _call("the filter of system calls", _prctl(PR_SET_SECCOMP, 2, ctypes.byref(program)))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scope", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _close_files(readable: list[str]) -> None:
    """Leave of the file system what lies in these places, for reading (landlock(7))."""
    version = _call("Landlock", _LIBRARY.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    rights = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    wanted = _Ruleset(rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _call("Landlock", _LIBRARY.syscall(CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), 0))
    for place in readable:
        if os.path.exists(place):  # noqa: PTH110 - no pathlib: it is slow to import
            opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
            allowed = READ_FILE | READ_FOLDER if os.path.isdir(place) else READ_FILE  # noqa: PTH112
            rule = _Beneath(allowed, opened)
            _call(f"Landlock for {place}", _LIBRARY.syscall(ADD_RULE, rules, 1, ctypes.byref(rule), 0))
            os.close(opened)
    _call("Landlock", _LIBRARY.syscall(RESTRICT_SELF, rules, 0))
    os.close(rules)


def run_program(job: Job, send: Send) -> None:
    """Run the first of `programs` that is Python, and say whether it came to its end."""
    code, reasons = None, []
    for source in job["programs"]:
        try:
            code = compile(source, NAME, "exec", dont_inherit=True)
            break
        except BaseException as error:  # noqa: BLE001 - SyntaxError, RecursionError, MemoryError, ValueError, …
            reasons.append(_reason(error, source))
    if code is None:
        send({"passed": False, "reason": reasons[0]})
        return
    module = types.ModuleType("program")
    sys.modules["program"] = module  # where dataclasses and pickles look for their module
    try:
        exec(code, module.__dict__)  # noqa: S102 - the purpose of the cage
    except BaseException as error:  # noqa: BLE001 - SystemExit among them
        send({"passed": False, "reason": _reason(error, source)})
        return
    send({"passed": True, "seal": job["seal"]})


def _reason(error: BaseException, source: str) -> str:
    """Return the error in one line, with the line of the program where it came from when it says nothing itself."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - the error is the program's own
        text = ""
    text = " ".join(text[: 4 * REASON_LENGTH].split())
    name = type(error).__name__
    if text:
        return f"{name}: {text}"[:REASON_LENGTH]
    import traceback

    numbers = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == NAME]
    lines = source.split("\n")
    last = next((number for number in reversed(numbers) if number and number <= len(lines)), None)
    return name if last is None else f"{name} in: {' '.join(lines[last - 1].split())}"[:REASON_LENGTH]


def serve(lines: BinaryIO, send: Send, seconds: float) -> None:
    """Answer queries until there are no more."""
    for line in lines:
        asked = json.loads(line)
        send(answer(asked["database"], asked["query"], seconds, asked["most"]))


def answer(database: str, query: str, seconds: float, most: int) -> dict[str, Any]:
    """Return the rows of one query, or the error of one that has none; a row beyond `most` is the last one kept."""
    import sqlite3

    connection = None
    try:
        connection = _opened(database, seconds)
        cursor = connection.execute(query)
        if cursor.description is None:
            return {"error": "it is no query: there is no result"}
        return {"rows": list(_rows(cursor, most))}
    except (sqlite3.Error, sqlite3.Warning, MemoryError, ValueError, OverflowError, RecursionError) as error:
        text = str(error)
        if text == "interrupted":
            text = f"more than {seconds:g} s of processor time"
        return {"error": text[:REASON_LENGTH] or type(error).__name__}
    finally:
        if connection is not None:
            connection.close()


def _opened(database: str, seconds: float) -> sqlite3.Connection:
    import sqlite3

    connection = sqlite3.connect(database, uri=True, isolation_level=None)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    for limit, value in SQL_LIMITS.items():
        connection.setlimit(limit, value)
    until = time.process_time() + seconds  # not wall clock: a busy machine must not change a verdict
    connection.set_progress_handler(lambda: int(time.process_time() > until), OPERATIONS)
    connection.set_authorizer(_authorize)
    return connection


def _authorize(action: int, _first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    """Return SQLITE_OK or SQLITE_DENY; of a function `second` is the name."""
    denied = action not in ALLOWED_ACTIONS or (action == FUNCTION and (second or "").lower() in DENIED_FUNCTIONS)
    return int(denied)


def _rows(cursor: sqlite3.Cursor, most: int) -> Iterator[list[Any]]:
    size = 0
    for number, row in enumerate(cursor):
        yield [{"blob": cell.hex()} if isinstance(cell, bytes) else cell for cell in row]
        size += sum(len(cell) for cell in row if isinstance(cell, (str, bytes)))
        if size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes in the result")
        if number == most:
            return


if __name__ == "__main__":
    main()
