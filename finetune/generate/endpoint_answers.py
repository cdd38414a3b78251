"""Answers that were paid for, on disk the moment they arrive: one file of JSON lines, only ever added to.

    {"key": "9f86d081…", "text": "fee", "finish_reason": "stop", "prompt_tokens": 31, "completion_tokens": 2,
     "cached_tokens": 0, "seconds": 0.82}

A line is handed to the system before the next answer is looked at, so a crash or `kill -9` loses none that was read;
`sync` forces lines to the disk, once a second (endpoint.py), so a power cut loses little more. A line cut short by a
crash is passed over. Several processes may add to one file. No key and no prompt stands in it.

*Not here:* what an answer is scored as (lfine.endpoints).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from lfine.schemas.records import ShapeError, from_json, to_json


@dataclass(frozen=True)
class Answer:
    """A line of the file."""

    key: str
    """Of the request (endpoint_requests.key_of)."""
    text: str | None
    """As in Prediction.prediction."""
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    """Of prompt_tokens, those that the endpoint charges as kept ones."""
    seconds: float
    """From sending the request that was answered to its last byte; waiting and failed tries left out."""


class AnswerFile:
    """The file of one model of one endpoint; made when first added to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None
        self._unsynced = False

    def read(self, keys: Collection[str]) -> dict[str, Answer]:
        """Return the answers to these requests, the newest of each."""
        found: dict[str, Answer] = {}
        if not self.path.is_file():
            return found
        wanted = {json.dumps(key) for key in keys}
        with self.path.open("rb") as file:
            for line in file:
                # Only lines that are asked for are parsed: a file may hold many evaluations.
                key = line[len(_HEAD) : len(_HEAD) + _KEY].decode("ascii", "replace")
                answer = _parsed(line) if line.startswith(_HEAD) and key in wanted else None
                if answer is not None:
                    found[answer.key] = answer
        return found

    def add(self, answer: Answer) -> None:
        """Append a line; it is the system's when this returns. Raises OSError."""
        file = self.open() if self._file is None else self._file
        rest = json.dumps(to_json(answer)).encode("ascii") + b"\n"
        while rest:  # one call unless the disk is full: lines of other processes do not get between
            rest = rest[file.write(rest) :]
        self._unsynced = True

    def sync(self) -> None:
        """Force what was added to the disk; takes as long as the disk does. Raises OSError."""
        if self._file is not None and self._unsynced:
            self._unsynced = False
            os.fsync(self._file.fileno())

    def open(self) -> FileIO:
        """Make the file where there is none, so that a disk that takes nothing is known before anything is paid for."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = FileIO(self.path, "a+")
        size = self._file.seek(0, os.SEEK_END)
        if size:
            self._file.seek(size - 1)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")  # after a line that a crash cut short
        return self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sync()
        if self._file is not None:
            self._file.close()
            self._file = None


_HEAD = b'{"key": '
_KEY = 66
"""Letters of a key, its quotes included."""


def _parsed(line: bytes) -> Answer | None:
    try:
        return from_json(Answer, json.loads(line))
    except (ValueError, ShapeError, RecursionError):
        return None
