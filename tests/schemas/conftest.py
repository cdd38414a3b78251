"""Shared by the tests of floor 0: a task that is valid, and ways to check a changed one.

    check("base_model: 3\\n") == [Problem("LF101", …), …]

*Not here:* data files; this floor never opens one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.schemas.loading import check_task
from lfine.schemas.problems import Problem

Check = Callable[..., list[Problem]]

VALID = """\
base_model: smollm2-135m-instruct
dataset: {path: reviews.csv}
prompt:
  template: "Review: {review}"
output_feature: label
"""


@pytest.fixture
def valid() -> str:
    """The smallest task: five lines, so that what is added begins on line 6."""
    return VALID


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return the problems of a text written to `task.yaml`, with overrides after it."""
    monkeypatch.chdir(tmp_path)

    def problems(text: str | bytes, *overrides: str) -> list[Problem]:
        raw = text.encode() if isinstance(text, str) else text
        Path("task.yaml").write_bytes(raw)
        return check_task("task.yaml", overrides)[1]

    return problems


@pytest.fixture
def one(check: Check) -> Callable[..., Problem]:
    """Return the only problem of a text."""

    def problem(text: str | bytes, *overrides: str) -> Problem:
        problems = check(text, *overrides)
        assert len(problems) == 1, "\n\n".join(problem.text() for problem in problems)
        return problems[0]

    return problem
