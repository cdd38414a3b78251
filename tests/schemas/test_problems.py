"""Problems as people see them, to the letter: each `tests/golden/problems/NAME.yaml` gives `NAME.txt`.

    LFINE_WRITE_GOLDEN=1 pytest tests/schemas/test_problems.py   writes the texts anew; read the difference

*Not here:* whether the problems are the right ones (test_validation.py, test_syntax.py, test_sense.py).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lfine.schemas.loading import check_task
from lfine.schemas.problems import Edit, Excerpt, Fix, Problem
from lfine.schemas.rendering import problems_text

GOLDEN = Path(__file__).parents[1] / "golden" / "problems"
NAMES = sorted(file.stem for file in GOLDEN.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_golden_texts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    loaded, problems = check_task(f"{name}.yaml")
    text = problems_text(problems).replace(str(GOLDEN), "HERE") + "\n"  # a missing file is told with its folder
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
        "   more: lfine explain LF102"
    )


def test_a_problem_without_a_place_or_a_cure() -> None:
    assert Problem("LF501", "there is no run").text() == (
        "LF501 no-run\n   there is no run\n   more: lfine explain LF501"
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


@pytest.mark.parametrize(("column", "width"), [(1, 3), (500, 5), (998, 3), (10, 900)])
def test_of_a_long_line_the_part_around_the_caret_is_shown(column: int, width: int) -> None:
    line = "".join(chr(ord("a") + number % 26) for number in range(1000))
    problem = Problem("LF102", "m", file="a", line=1, column=column, excerpt=Excerpt(line, width))
    shown, caret = (text.removeprefix("     ") for text in problem.text().splitlines()[2:4])
    assert 200 <= len(shown) <= 202
    assert len(caret) <= len(shown)
    under = shown[len(caret) - caret.count("^") : len(caret)]
    assert under == line[column - 1 : column - 1 + len(under)]
    assert len(under) == min(width, 200 - 9 if width == 900 else width)


def test_a_fix_is_not_part_of_what_a_problem_is() -> None:
    plain = Problem("LF102", "m", file="a", line=1, column=4)
    mended = Problem("LF102", "m", file="a", line=1, column=4, fix=Fix((Edit(1, 4, 1, 8, "16"),), '"16"', "16"))
    assert plain == mended
    assert (plain.text(), plain.record()) == (mended.text(), mended.record())
