"""predictions.jsonl and scores.json on disk: written whole or not at all, read with every line checked.

    predictions.jsonl   {"row_id": 7, "prompt": "…", "gold": "claims", "prediction": "claims", …}   one line a row
    scores.json         {"format": 1, "task": "claims", "model": "tuned", "n": 1000, …}             one line a key

*Not here:* predictions that somebody else wrote (lfine.evaluation.given_predictions).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from lfine.evaluation.records import Prediction, Scores
from lfine.schemas.errors import MachineError, RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import Record, ShapeError, from_json, to_json, write_text

FORMAT = 1
"""Of scores.json; a reader refuses every other one."""

ALWAYS = ("row_id", "prompt", "gold", "prediction", "finish_reason", "prompt_tokens", "completion_tokens")
"""Keys that stand in every line of predictions.jsonl."""

CURE = "run the stage that wrote it again"


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write predictions.jsonl; MachineError LF405 when the disk will not take it."""
    lines = (_json_text(_line(prediction)) + "\n" for prediction in predictions)
    write_whole(path, "".join(lines))


def _line(prediction: Prediction) -> dict[str, object]:
    """Return a line's values: the seven that every line has, and what else is known of the row."""
    return {key: value for key, value in to_json(prediction).items() if value is not None or key in ALWAYS}


def read_predictions(path: Path) -> list[Prediction]:
    """Read predictions.jsonl; RunError LF505 with the line of the first damage."""
    return [_record(Prediction, value, path, line) for line, value in json_lines(path)]


def write_scores(path: Path, scores: Scores) -> None:
    """Write scores.json; MachineError LF405 when the disk will not take it."""
    values = {"format": FORMAT, **to_json(scores)}
    lines = (f"  {_json_text(key)}: {_json_text(value)}" for key, value in values.items())
    write_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_scores(path: Path) -> Scores:
    """Read scores.json; RunError LF505 when it is absent, damaged or of another format."""
    return read_record(path, Scores)


def read_record(path: Path, record: type[Record]) -> Record:
    """Read one JSON file with `"format": 1` as a record; RunError LF505."""
    text = read_text(path)
    try:
        value = parse_json(text)
    except ValueError as error:
        raise damaged(path, f"{path.name} is not JSON: {error}", getattr(error, "lineno", None)) from error
    found = value.get("format") if isinstance(value, dict) else None
    if found != FORMAT:
        raise damaged(path, f"{path.name} must have format {FORMAT}, got {found!r}", None)
    return _record(record, value, path, None)


def json_lines(path: Path) -> Iterator[tuple[int, object]]:
    """Yield (1-based line, value) of a JSONL file; blank lines are passed over; RunError LF505."""
    # Not str.splitlines: it would break a line at U+2028 inside an answer.
    for line, text in enumerate(read_text(path).split("\n"), start=1):
        if text.strip():
            try:
                yield line, parse_json(text)
            except ValueError as error:
                raise damaged(path, f"line {line} of {path.name} is not JSON: {error}", line) from error


def parse_json(text: str) -> object:
    """Parse JSON; ValueError for everything that is none, nesting too deep and numbers too long among it."""
    try:
        parsed: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parsed


def read_text(path: Path) -> str:
    """Read UTF-8; RunError LF505 when the file is absent or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise damaged(path, f"{path.name} is not UTF-8 at byte {error.start}", None) from error
    except OSError as error:
        raise damaged(path, f"{path.name} cannot be read: {error.strerror}", None) from error


def write_whole(path: Path, text: str) -> None:
    """Write beside `path` and rename: a reader sees the old file or the new one, never half of one."""
    try:
        write_text(path, text)
    except OSError as error:
        message = f"{path.name} could not be written: {error.strerror}"
        raise MachineError(Problem("LF405", message, "make room or give write permission", file=str(path))) from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it; MachineError LF405 where that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {path} could not be made: {error.strerror}"
        raise MachineError(Problem("LF405", message, "name a folder that can be written", file=str(path))) from error


def damaged(path: Path, message: str, line: int | None) -> RunError:
    return RunError(Problem("LF505", message, CURE, file=str(path), line=line))


def _record(record: type[Record], value: object, path: Path, line: int | None) -> Record:
    try:
        return from_json(record, value)
    except ShapeError as error:
        place = path.name if line is None else f"line {line} of {path.name}"
        raise damaged(path, f"{place}: {error}", line) from error


def _json_text(value: object) -> str:
    """Return JSON in readable UTF-8; in ASCII where half a surrogate pair in an answer leaves no other way."""
    # allow_nan=False: a score that is not a number is a bug here, not something for the reader to find.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() or text.encode("utf-8", "ignore").decode("utf-8") == text else json.dumps(value)
