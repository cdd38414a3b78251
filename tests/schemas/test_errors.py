"""Exceptions carry their problems and their exit code."""

from __future__ import annotations

import pytest

from lfine.schemas.errors import LfineError, MachineError, RunError, TaskError, UsageError
from lfine.schemas.problems import Problem

ONE = Problem("LF101", "the key `a` is missing", "add `a: 1`")
TWO = Problem("LF301", "there is no file", "name a file")


@pytest.mark.parametrize(
    ("kind", "code"), [(LfineError, 70), (TaskError, 1), (UsageError, 2), (MachineError, 3), (RunError, 5)]
)
def test_exit_codes(kind: type[LfineError], code: int) -> None:
    assert kind.exit_code == code
    assert issubclass(kind, LfineError)


def test_all_problems_are_carried_and_shown() -> None:
    error = TaskError(ONE, TWO)
    assert tuple(error.problems) == (ONE, TWO)
    assert str(error) == ONE.text() + "\n\n" + TWO.text()
