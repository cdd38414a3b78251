"""Scores that a study published, read from a table, to stand beside a leaderboard and never in it.

    task,metric,fine_tuned,gpt_4,gpt_3_5_turbo,mistral_7b_instruct,mistral_7b
    glue_cola,accuracy,0.87,0.87,0.84,0.39,0

The metric is the study's own scorer. An empty cell is a score that was not published.
*Not here:* scores of lfine (lfine.evaluation.files).
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from lfine.evaluation.files import read_text
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.problems import Problem

FIRST = ("task", "metric")
"""The columns that a table begins with; each other one is a model."""


@dataclass(frozen=True)
class PublishedRow:
    task: str
    metric: str
    """The study's scorer."""
    values: tuple[float | None, ...]
    """By model, in the order of Published.models."""


@dataclass(frozen=True)
class Published:
    source: str
    """The file's name."""
    models: tuple[str, ...]
    rows: dict[str, PublishedRow]
    """By task."""


def read_published(path: Path) -> Published:
    """Read the table; TaskError LF575 with every line that is none."""
    try:
        lines = list(csv.reader(read_text(path).splitlines()))
    except RunError as error:
        raise TaskError(*(_problem(path, each.message, None) for each in error.problems)) from error
    except csv.Error as error:
        raise TaskError(_problem(path, f"{path.name} is no CSV: {error}", None)) from error
    heads = tuple(lines[0]) if lines else ()
    if heads[:2] != FIRST or len(heads) < 3 or len(set(heads)) < len(heads):
        message = f"the first line must be task,metric and then a name for each model, got {','.join(heads)!r}"
        raise TaskError(_problem(path, message, 1))
    problems: list[Problem] = []
    rows: dict[str, PublishedRow] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if not cells:
            continue
        try:
            row = _row(cells, len(heads))
            if row.task in rows:
                raise ValueError(f"the task {row.task!r} stands twice")
            rows[row.task] = row
        except ValueError as error:
            problems.append(_problem(path, str(error), number))
    if problems:
        raise TaskError(*problems)
    return Published(path.name, heads[2:], rows)


def _row(cells: list[str], width: int) -> PublishedRow:
    if len(cells) != width:
        raise ValueError(f"the line has {len(cells)} cells, and the first one {width}")
    return PublishedRow(cells[0].strip(), cells[1].strip(), tuple(_value(cell) for cell in cells[2:]))


def _value(cell: str) -> float | None:
    if not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"a score must be a number, got {cell!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"a score must be a number, got {cell!r}")
    return value


def _problem(path: Path, message: str, line: int | None) -> Problem:
    return Problem("LF575", message, "write it as task_configs/lora_land/published.csv is", file=str(path), line=line)
