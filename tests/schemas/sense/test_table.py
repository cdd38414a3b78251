"""The table of checks: each has a bad file that it alone flags, to the letter, and a good one that is clean.

    tests/golden/checks/LF225-same-file-twice/{bad.yaml,bad.txt,good.yaml}
    LFINE_WRITE_GOLDEN=1 pytest tests/schemas/sense   writes bad.txt anew; read the difference

*Not here:* checks that need data or metrics (tests/finetune/compile/test_golden_checks.py), borders (test_topics.py).
"""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

import pytest

from lfine.schemas.codes import CODES
from lfine.schemas.loading import check_task
from lfine.schemas.rendering import problems_text
from lfine.schemas.sense import CHECKS
from lfine.schemas.sense.checks import Check
from lfine.schemas.sense.view import View
from lfine.schemas.yaml_text import compose

GOLDEN = Path(__file__).parents[2] / "golden" / "checks"
FOLDERS = sorted(folder.name for folder in GOLDEN.iterdir())
OF_FILE = {check.code for check in CHECKS if check.find is not None}
ELSEWHERE = {(check.code, check.level) for check in CHECKS if check.find is None}
NEEDS_MORE = {"LF236-shares-ignored-column", "LF237-split-seed-ignored-column"}
"""Pairs of a code of the file that only the header of the data shows."""


def of_file(folder: str) -> bool:
    return folder[:5] in OF_FILE and folder not in NEEDS_MORE


PAIRS = [folder for folder in FOLDERS if of_file(folder)]


def flags(check: Check, path: Path) -> bool:
    """Tell whether this one check finds something in a file."""
    document = compose(path.read_text(encoding="utf-8"), path.name).document
    assert document is not None
    assert check.find is not None
    return any(True for _ in check.find(View(document)))


@pytest.mark.parametrize("folder", PAIRS)
def test_the_bad_file_is_flagged_to_the_letter(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / folder)
    _, problems = check_task("bad.yaml")
    text, golden = problems_text(problems) + "\n", GOLDEN / folder / "bad.txt"
    if os.environ.get("LFINE_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert folder[:5] in {problem.code for problem in problems}
    assert {problem.severity for problem in problems if problem.code != folder[:5]} <= {"warning"}
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", PAIRS)
def test_the_mended_file_is_clean(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / folder)
    loaded, problems = check_task("good.yaml")
    assert problems == [], problems_text(problems)
    assert loaded is not None


@pytest.mark.parametrize("check", [check for check in CHECKS if check.find], ids=lambda check: check.find.__name__)
def test_every_check_of_the_file_has_a_pair(check: Check) -> None:
    own = [GOLDEN / folder for folder in PAIRS if folder.startswith(f"{check.code}-{check.name}")]
    flagged = [folder for folder in own if flags(check, folder / "bad.yaml")]
    assert flagged
    assert not [folder for folder in own if flags(check, folder / "good.yaml")]


def test_every_check_that_is_done_elsewhere_has_a_pair_too() -> None:
    there = {folder[:5] for folder in FOLDERS}
    assert {code for code, _ in ELSEWHERE} - there == set()


def test_every_pair_belongs_to_a_check_and_is_whole() -> None:
    names = {f"{check.code}-{check.name}" for check in CHECKS}
    for folder in FOLDERS:
        assert any(folder == name or folder.startswith(f"{name}-") for name in names), folder
        assert {"bad.yaml", "bad.txt", "good.yaml"} <= {path.name for path in (GOLDEN / folder).iterdir()}, folder


def test_there_are_at_least_forty_checks_each_with_its_words() -> None:
    assert len({check.code for check in CHECKS}) >= 40
    for check in CHECKS:
        code = CODES[check.code]
        assert all((code.what, code.why, code.example, code.instead)), check.code
        assert check.name == code.name


def test_the_table_is_in_order_and_says_where_each_is_done() -> None:
    assert [check.code for check in CHECKS] == sorted(check.code for check in CHECKS)
    for check in CHECKS:
        assert importlib.util.find_spec(check.module) is not None, check.module
        assert (check.find is None) == bool(check.done_in)
        assert check.find is None or check.level == "file"


def test_a_function_checks_one_thing() -> None:
    functions = [check.find for check in CHECKS if check.find is not None]
    assert len(functions) == len(set(functions))


def test_codes_of_sense_are_all_in_the_table() -> None:
    """LF215, LF291 and LF293 are about a model's or an adapter's folder; the others of the hundred are in the table."""
    listed = {check.code for check in CHECKS}
    sense = {code for code in CODES if re.match("LF2", code)}
    assert sense - listed <= {"LF215", "LF291", "LF293"}
