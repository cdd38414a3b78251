"""One process that answers lines of JSON by lines of JSON, with an end to waiting for it.

    child = Child([sys.executable, "child.py"], folder=Path("/tmp/empty"))
    child.ask({"n": 2}, seconds=5)   →  {"square": 4}     or raises NoAnswerError("no answer within 5 s", slow=True)

The process is killed, with everything that it started, as soon as it does not answer, answers something else, or is
closed.
*Not here:* what is asked (.programs, .queries, lfine.evaluation.custom_child).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LONGEST = 64 << 20
"""Bytes of an answer; what is longer is none."""

SLICES = 20
"""Into which waiting is cut."""


class NoAnswerError(Exception):
    """The process gave no answer; it is not there any more."""

    def __init__(self, reason: str, *, slow: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.slow = slow
        """It was stopped because it took too long."""


class Child:
    """A process in an empty folder of its own, or in `folder`, with no environment but `environment`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        longest: int = LONGEST,
        stderr: int | None = subprocess.DEVNULL,
    ) -> None:
        self._longest = longest
        self._own = tempfile.TemporaryDirectory(prefix="lfine-", ignore_cleanup_errors=True) if folder is None else None
        self._exchanging: threading.Thread | None = None
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder if self._own is None else self._own.name,
            env=dict(environment or {}) | _needed(),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, record: Mapping[str, object], *, seconds: float) -> dict[str, Any]:
        """Send one record and return the answer; NoAnswerError when none comes, and then the process is gone."""
        answers: list[bytes] = []
        # A thread, because pipes cannot be waited for with a limit on every system.
        exchange = threading.Thread(target=self._exchange, args=(json.dumps(record).encode(), answers), daemon=True)
        self._exchanging = exchange
        exchange.start()
        for _ in range(SLICES):  # so that a machine that was stopped for minutes costs the child one slice of its time
            exchange.join(seconds / SLICES)
            if not exchange.is_alive():
                break
        if not answers:
            self.close()
            raise NoAnswerError(f"no answer within {seconds:g} s", slow=True)
        try:
            found = json.loads(answers[0])
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NoAnswerError(self._how_it_ended(answers[0]))
        return found

    def _exchange(self, line: bytes, answers: list[bytes]) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ValueError("a child without pipes")
        with contextlib.suppress(OSError, ValueError):  # it has ended, or was killed while we wait: the answer says so
            stdin.write(line + b"\n")
            stdin.flush()
        found = b""
        with contextlib.suppress(OSError, ValueError):
            found = stdout.readline(self._longest)
        answers.append(found)

    def _how_it_ended(self, found: bytes) -> str:
        if found:
            self.close()
            return "an answer that is too long" if len(found) >= self._longest else "an answer that is no record"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)  # its pipe is closed: it is ending, unless it closed the pipe itself
        self.close()
        code = self._process.returncode
        if code < 0:
            return ENDINGS.get(-code, f"ended by signal {-code}")
        return f"ended with exit code {code}"

    def close(self) -> None:
        """Kill the process and what it started; not an error when it is gone already."""
        if self._process.returncode is None:
            with contextlib.suppress(OSError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._exchanging is not None:
            self._exchanging.join(1)
        if self._exchanging is None or not self._exchanging.is_alive():  # else somebody else holds the pipe open
            self._close_pipes()
        if self._own is not None:
            self._own.cleanup()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()


ENDINGS = {
    getattr(signal, name): text
    for name, text in (
        ("SIGXCPU", "more processor time than it is given"),
        ("SIGSEGV", "ended by SIGSEGV: it used up the stack, or damaged its memory"),
        ("SIGKILL", "ended by SIGKILL"),
        ("SIGABRT", "ended by SIGABRT"),
        ("SIGSYS", "ended by SIGSYS: a system call of another architecture"),
    )
    if hasattr(signal, name)
}


def _needed() -> dict[str, str]:
    """Return the variables without which Python does not start on Windows."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
