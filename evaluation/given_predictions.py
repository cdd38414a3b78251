"""Somebody else's predictions, matched to our held-out rows before anything is scored.

    answers.jsonl   {"row_id": 7, "prediction": "claims", "model": "passed over"}
                    {"row_id": 9, "prediction": null, "label_log_probabilities": {"claims": -0.2, "home": -1.7}}
    answers.csv     row_id,prediction
                    7,claims

    sampled.jsonl   {"row_id": 7, "prediction": ["claims", "other"]}     several answers to one row, for pass@k

A file whose name ends in .csv is CSV, every other one JSONL. A blank prediction is a missing one. What a model computed
of a row, for metrics of probabilities, is taken from JSONL. A `gold`, where the file has one, must be that of the row:
row numbers alone fit every task. Other columns are passed over.
*Not here:* our own predictions.jsonl (lfine.evaluation.files) and the held-out sample (lfine.finetune.data).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfine.evaluation.files import parse_json
from lfine.evaluation.records import Prediction
from lfine.evaluation.text import normalise
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

SHOWN = 5
"""Problems of one kind that are listed; the others are counted."""

MOST_DIGITS = 18
"""More would not be a row number, and int() refuses thousands of digits."""

MOST_OTHER_GOLDS = 0.1
"""Share of gold answers that may be others than the data's: corrected since. More are those of another task."""

CURE = "give every row the row_id it has in predictions.jsonl, and one answer"


def _is_logarithm(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value <= 0


def _are_logarithms(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_is_logarithm, value.values()))


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


RECORDED: Mapping[str, Callable[[object], bool]] = {
    "label_log_probabilities": _are_logarithms,
    "gold_log_probability": _is_logarithm,
    "gold_tokens": _is_count,
    "confidence": _is_share,
}
"""Fields of a prediction that a model computed, and what they can be."""


@dataclass(frozen=True)
class GivenPredictions:
    """The held-out rows in their order, each with the answer that was given."""

    predictions: tuple[Prediction, ...]
    problems: tuple[Problem, ...]
    """Warnings: rows without an answer, rows with another gold answer than the data's."""


@dataclass(frozen=True)
class _Line:
    line: int
    """1-based, in the file."""
    row_id: object
    prediction: object
    recorded: Mapping[str, object] = field(default_factory=dict)
    """Values of RECORDED."""
    gold: object = None
    """The file's own gold answer, where it has one."""


@dataclass
class _Found:
    """What reading gathers."""

    answers: dict[int, tuple[str | None, ...]] = field(default_factory=dict)
    """One or more of each row; a blank one is None."""
    recorded: dict[int, Mapping[str, object]] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    """Line by row id."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """(line, message)"""
    golds: int = 0
    """Gold answers that the file has itself."""
    other_golds: list[tuple[int, int, str]] = field(default_factory=list)
    """Of these, others than the data's: (line, row id, gold)."""


def read_given_predictions(path: Path, golds: Mapping[int, str], *, limit: int | None = None) -> GivenPredictions:
    """Match a file of predictions to `golds` (row id → gold answer, in the order of the sample).

    With `limit` only the first rows of the sample are scored; answers to its other rows are passed over.

    Raises:
        TaskError: LF310 for every line that cannot be used: not JSON, no or another row_id, a second answer to a row;
            LF561 where the file's gold answers are those of other rows.
    """
    found = _Found()
    try:
        text = path.read_text(encoding="utf-8-sig")
        for line in _csv_lines(text, found) if path.suffix.lower() == ".csv" else _json_lines(text, found):
            _take(line, golds, found)
    except OSError as error:
        raise TaskError(_problem(path, None, f"{path.name} cannot be read: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise TaskError(_problem(path, None, f"{path.name} is not UTF-8 at byte {error.start}")) from error
    if found.problems:
        raise TaskError(*_shown(path, found.problems))
    told = _other_rows(path, golds, found)
    if told is not None and told.severity == "error":
        raise TaskError(told)
    sample = list(golds.items())[:limit]
    missing = [
        row_id for row_id, _ in sample if not any(found.answers.get(row_id, ())) and not found.recorded.get(row_id)
    ]
    return GivenPredictions(
        predictions=tuple(_prediction(row_id, gold, found) for row_id, gold in sample),
        problems=(*_warn(path, missing, len(sample)), *([] if told is None else [told])),
    )


def _prediction(row_id: int, gold: str, found: _Found) -> Prediction:
    recorded: Mapping[str, Any] = found.recorded.get(row_id, {})
    answers = found.answers.get(row_id, (None,))
    return Prediction(row_id, gold, answers[0], samples=answers if len(answers) > 1 else None, **recorded)


def _json_lines(text: str, found: _Found) -> Iterator[_Line]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            value = parse_json(content)
        except ValueError as error:
            found.problems.append((line, f"not JSON: {error}"))
            continue
        absent = [key for key in ("row_id", "prediction") if not isinstance(value, dict) or key not in value]
        if absent:
            found.problems.append((line, f"no {' and no '.join(absent)}"))
        elif isinstance(value, dict):
            recorded = {key: value[key] for key in RECORDED if value.get(key) is not None}
            yield _Line(line, value["row_id"], value["prediction"], recorded, value.get("gold"))


def _csv_lines(text: str, found: _Found) -> Iterator[_Line]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        absent = [name for name in ("row_id", "prediction") if name not in header]
        if absent:
            found.problems.append((1, f"no column {' and no column '.join(absent)}, got {', '.join(header) or 'none'}"))
            return
        wanted = header.index("row_id"), header.index("prediction")
        gold = header.index("gold") if "gold" in header else None
        for row in reader:
            if row and len(row) != len(header):
                found.problems.append((reader.line_num, f"{len(row)} cells under {len(header)} columns"))
            elif row:
                yield _Line(reader.line_num, row[wanted[0]], row[wanted[1]], gold=None if gold is None else row[gold])
    except csv.Error as error:
        found.problems.append((reader.line_num, f"not CSV: {error}"))


def _take(line: _Line, golds: Mapping[int, str], found: _Found) -> None:
    """Keep one answer, or say why not."""
    row_id = _row_id(line.row_id)
    if row_id is None:
        found.problems.append((line.line, f"row_id must be a whole number, got {line.row_id!r}"))
    elif row_id not in golds:
        found.problems.append((line.line, f"row_id {row_id} is not a held-out row"))
    elif row_id in found.lines:
        message = f"row_id {row_id} stands twice, first in line {found.lines[row_id]}"
        found.problems.append((line.line, message))
    elif not _is_answer(line.prediction):
        what = "must be text, or a list of texts"
        found.problems.append((line.line, f"prediction of row_id {row_id} {what}, got {line.prediction!r:.60}"))
    elif odd := [key for key, value in line.recorded.items() if not RECORDED[key](value)]:
        found.problems.append((line.line, f"{odd[0]} of row_id {row_id} cannot be: {line.recorded[odd[0]]!r:.60}"))
    else:
        found.recorded[row_id] = line.recorded
        found.lines[row_id] = line.line
        if isinstance(line.gold, str) and line.gold.strip():
            found.golds += 1
            if not _same(line.gold, golds[row_id]):
                found.other_golds.append((line.line, row_id, line.gold))
        several = line.prediction if isinstance(line.prediction, list) else [line.prediction]
        found.answers[row_id] = tuple(str(each) if each is not None and str(each).strip() else None for each in several)


def _is_answer(prediction: object) -> bool:
    if isinstance(prediction, list):
        return bool(prediction) and all(isinstance(each, str) or each is None for each in prediction)
    return not isinstance(prediction, (dict, bool, float))


def _row_id(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = value.strip() if isinstance(value, str) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < MOST_DIGITS else None


def _same(theirs: str, ours: str) -> bool:
    """Say whether two gold answers are one: but for case, blanks and marks, or as JSON."""
    if normalise(theirs) == normalise(ours):
        return True
    try:
        return parse_json(theirs) == parse_json(ours)
    except ValueError:
        return False


def _other_rows(path: Path, golds: Mapping[int, str], found: _Found) -> Problem | None:
    """Return what the file's own gold answers say about whose rows these are: an error, a warning, or nothing."""
    if not found.other_golds:
        return None
    many, (line, row_id, gold) = len(found.other_golds), found.other_golds[0]
    message = (
        f"line {line} of {path.name}: its gold answer of row_id {row_id} is {gold!r:.60}, and that of the data is"
        f" {golds[row_id]!r:.60}; {many} of its {found.golds} gold answers are others than the data's"
    )
    if many > MOST_OTHER_GOLDS * found.golds:
        cure = (
            "name predictions of this task on these data; if the data were corrected since, leave the column gold out"
        )
        return Problem("LF561", message, cure, file=str(path), line=line)
    cure = "nothing, if the data were corrected since: the data's gold answers count"
    return Problem("LF561", message, cure, severity="warning", file=str(path), line=line)


def _shown(path: Path, problems: list[tuple[int, str]]) -> Iterable[Problem]:
    """Return the first problems with their lines, and one that counts the others."""
    ordered = sorted(problems)
    for line, message in ordered[:SHOWN]:
        yield _problem(path, line, f"line {line} of {path.name}: {message}")
    if len(ordered) > SHOWN:
        lines = ", ".join(str(line) for line, _ in ordered[SHOWN : 2 * SHOWN])
        rest = f"{len(ordered) - SHOWN} more lines of {path.name} cannot be used (lines {lines}"
        yield _problem(path, None, rest + (", …)" if len(ordered) > 2 * SHOWN else ")"))


def _warn(path: Path, missing: list[int], n: int) -> tuple[Problem, ...]:
    if not missing:
        return ()
    rows = ", ".join(map(str, missing[:SHOWN])) + (", …" if len(missing) > SHOWN else "")
    message = f"{len(missing)} of {n} held-out rows have no answer in {path.name} and count as wrong (row_id {rows})"
    return (Problem("LF310", message, "answer them too", severity="warning", file=str(path)),)


def _problem(path: Path, line: int | None, message: str) -> Problem:
    return Problem("LF310", message, CURE, file=str(path), line=line)
