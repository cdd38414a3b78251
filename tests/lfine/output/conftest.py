"""Problems of every shape that the writers must write: with and without place, with text that breaks formats."""

from __future__ import annotations

import pytest

from lfine.schemas.problems import Excerpt, Problem


@pytest.fixture
def placed() -> Problem:
    return Problem(
        "LF102",
        'adapter.r must be an integer of at least 1, got "16" (text)',
        "remove the quotes",
        file="tasks/sql.yaml",
        line=14,
        column=6,
        path="adapter.r",
        excerpt=Excerpt('  r: "16"', 4),
    )


@pytest.fixture
def nasty() -> Problem:
    """A message and a name that hold whatever a format gives a meaning to."""
    return Problem(
        "LF103",
        'unknown key `<a & "b">`, 100%0A wrong\r\nsecond: line ::error::\x00\x1b[31m ü 😀',
        "write ]]> & go",
        severity="warning",
        file="my tasks, 50%:é.yaml",
        line=1,
        column=1,
        path="a.b",
        excerpt=Excerpt("x", 1),
    )


@pytest.fixture
def whole_file() -> Problem:
    return Problem("LF108", "there is no such file", "name a file that exists", file="absent.yaml")


@pytest.fixture
def placeless() -> Problem:
    return Problem("LF508", "something else")


@pytest.fixture
def every(placed: Problem, nasty: Problem, whole_file: Problem, placeless: Problem) -> tuple[Problem, ...]:
    return placed, nasty, whole_file, placeless
