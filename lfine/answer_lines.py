"""What `lfine predict` writes: a line of JSON for each row, and how far a file of such lines has come.

    {"row_id": 7, "input": {"id": "a7"}, "prediction": "fee, I think", "answer": "fee", "finish_reason": "stop",
     "prompt_tokens": 31, "completion_tokens": 4, "key": "9f86d081884c7d65"}

`input` is there with --keep, `answer` where the task says what of a prediction counts (evaluation.extract),
`confidence` where it was asked for and the answer is a label. The key is
a hash of the prompt and of who answers: a line is an answer to a row of today exactly where its key is that row's.

*Not here:* who answers (lfine.predicting).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from lfine.answerers import FAILED
from lfine.evaluation.records import Prediction
from lfine.finetune.data.values import Row, text_of
from lfine.finetune.data.wording import counted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import write_text

Extractor = Callable[[str | None], str | None]


def line_of(made: Prediction, kept: Row, key: str, extract: Extractor | None) -> dict[str, object]:
    """Return the record of one row."""
    found: dict[str, object] = {"row_id": made.row_id}
    if kept:
        found["input"] = {name: None if value != value else value for name, value in kept.items()}  # JSON has no NaN
    found["prediction"] = made.prediction
    if extract is not None:
        found["answer"] = extract(made.prediction)
    if made.confidence is not None:
        found["confidence"] = made.confidence
    tokens = {"prompt_tokens": made.prompt_tokens, "completion_tokens": made.completion_tokens}
    return found | {"finish_reason": made.finish_reason} | tokens | {"key": key}


def text_of_line(record: Mapping[str, object]) -> str:
    """Return the line; dates and the like as a prompt would show them."""
    return json.dumps(record, ensure_ascii=False, default=text_of) + "\n"


class AnswerLines:
    """Where lines go: a stream, or a file that an earlier command has begun."""

    def __init__(self, path: Path | None, stream: TextIO) -> None:
        """`path` None: the stream alone."""
        self._path = path
        self._stream = stream
        self._file: TextIO | None = None
        self._known: dict[int, tuple[str, str]] = {}

    def __enter__(self) -> Self:
        if self._path is not None:
            self._known = {row_id: (str(record["key"]), line) for row_id, (record, line) in _read(self._path).items()}
            self._path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def has(self, row_id: int, key: str) -> bool:
        """Say whether a row is answered; TaskError LF129 where its line is the answer to another question."""
        if row_id not in self._known:
            return False
        if self._known[row_id][0] != key:
            message = f"{self._path} holds an answer to row {row_id} that is another model's, or to another question"
            raise TaskError(Problem("LF129", message, "name another file with --out, or remove this one"))
        return True

    def write(self, record: Mapping[str, object]) -> None:
        """Write a line; it is the system's when this returns."""
        file = self._stream if self._path is None else self._opened(self._path)
        file.write(text_of_line(record))
        file.flush()

    def _opened(self, path: Path) -> TextIO:
        if self._file is None:
            write_text(path, "".join(line for _, line in self._known.values()))  # without what has failed or was cut
            self._file = path.open("a", encoding="utf-8")
        return self._file


def answered(path: Path) -> dict[int, Mapping[str, object]]:
    """Return row id → record, of the rows that have an answer; TaskError LF129 for a file of something else."""
    return {row_id: record for row_id, (record, _) in _read(path).items()}


def _read(path: Path) -> dict[int, tuple[Mapping[str, object], str]]:
    """Return row id → record and line, of the rows that have an answer; nothing where there is no file yet."""
    found: dict[int, tuple[Mapping[str, object], str]] = {}
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1], 1):  # a crash may have cut the last one
        try:
            record = json.loads(line)
            row_id, _, reason = record["row_id"], record["key"], record["finish_reason"]
        except (ValueError, KeyError, TypeError):
            message = f"line {number} of {counted(len(lines) - 1, 'line')} is none that lfine predict wrote"
            problem = Problem("LF129", message, "name another file with --out", file=str(path), line=number)
            raise TaskError(problem) from None
        if reason != FAILED:
            found[row_id] = (record, f"{line}\n")
    return found
