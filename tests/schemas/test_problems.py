"""Problems as people see them, to the letter: each `tests/golden/problems/NAME.yaml` gives `NAME.txt`.

    LFINE_WRITE_GOLDEN=1 pytest tests/schemas/test_problems.py   writes the texts anew; read the difference

*Not here:* whether the problems are the right ones (test_validation.py, test_syntax.py, test_sense.py).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfine.schemas.loading import check_task
from lfine.schemas.problems import Excerpt, Problem
from lfine.schemas.rendering import problems_text

GOLDEN = Path(__file__).parents[1] / "golden" / "problems"
NAMES = sorted(file.stem for file in GOLDEN.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_golden_texts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    loaded, problems = check_task(f"{name}.yaml")
    text = problems_text(problems) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("LFINE_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert loaded is None
    assert text == golden.read_text(encoding="utf-8")


def test_there_are_golden_texts() -> None:
    assert len(NAMES) >= 12
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(NAMES)


def test_the_example_of_the_design() -> None:
    problem = Problem(
        "LF102",
        'adapter.r must be an integer of at least 1, got "16" (text)',
        "remove the quotes",
        file="task_configs/sql.yaml",
        line=14,
        column=6,
        path="adapter.r",
        excerpt=Excerpt('  r: "16"', 4),
    )
    assert problem.text() == (
        "task_configs/sql.yaml:14:6  LF102 wrong-type\n"
        '   adapter.r must be an integer of at least 1, got "16" (text)\n'
        '       r: "16"\n'
        "          ^^^^\n"
        "   cure: remove the quotes\n"
        "   more: docs/reference/errors.md#lf102"
    )


def test_a_problem_without_a_place_or_a_cure() -> None:
    assert Problem("LF501", "there is no run").text() == (
        "LF501 no-run\n   there is no run\n   more: docs/reference/errors.md#lf501"
    )


def test_a_warning_says_so() -> None:
    assert (
        Problem("LF306", "few rows", "c", "warning", file="a.yaml")
        .text()
        .startswith("a.yaml  LF306 small-held-out (warning)\n")
    )


def test_a_tab_keeps_the_caret_below_its_character() -> None:
    problem = Problem("LF107", "m", file="a", line=1, column=3, excerpt=Excerpt("\t\tx: 1", 1))
    assert problem.text().splitlines()[2:4] == ["       x: 1", "       ^"]
