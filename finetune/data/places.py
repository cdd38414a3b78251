"""Where a data problem points into the task file: a callback, so that this room needs no loaded file.

    read_table(dataset, folder, place=loaded.problem)   # problems carry the line of `dataset.path`
    read_table(dataset, folder)                         # the same problems without a line

*Not here:* finding lines (lfine.schemas.loading).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lfine.schemas.problems import Problem

Place = Callable[[str, str, str, str], Problem]
"""(code, path, message, cure) → Problem, with file, line and column where they are known."""


def unplaced(code: str, path: str, message: str, cure: str) -> Problem:
    """Return the problem without file or line: for data that no task file names."""
    return Problem(code, message, cure, path=path)


def as_warning(problem: Problem) -> Problem:
    return replace(problem, severity="warning")
