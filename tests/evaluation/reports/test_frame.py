"""The frame of every page: one head for all of them, and a policy that names the one script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from lfine.evaluation.leaderboard import Evaluation, leaderboard
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.board_page import BoardPage, board_page
from lfine.evaluation.reports.frame import environment
from lfine.evaluation.reports.page import render as report
from lfine.evaluation.reports.sources import read_report_files

Build = Callable[..., Scores]
ROOM = Path(__file__).parents[3] / "evaluation" / "reports"


def both(run_folder: Path, scored: Build) -> tuple[str, str]:
    """Return a report and a leaderboard."""
    pairs = [("auto", "auto")] * 3
    board = leaderboard([Evaluation(scored(pairs, model=model)) for model in ("tuned", "base")])
    return report(read_report_files(run_folder, run_folder / "evaluations/tuned")), board_page(BoardPage(board))


def head_of(page: str) -> str:
    """Return the head without title, styles and the script's hash."""
    head = page.partition("</head>")[0]
    return re.sub(r"sha256-[^']+|<title>.*?</title>|<style>.*?</style>", "", head, flags=re.DOTALL)


def test_report_and_leaderboard_have_one_head_and_one_switch(run_folder: Path, scored: Build) -> None:
    one, other = both(run_folder, scored)
    assert head_of(one) == head_of(other)
    assert one.startswith("<!doctype html>\n")
    for page in (one, other):
        assert page.count('id="theme"') == 1
        assert "prefers-color-scheme" in page.partition("</head>")[0]


@pytest.mark.parametrize("name", ["page.html", "board.html"])
def test_no_page_writes_a_head_of_its_own(name: str) -> None:
    assert "<head>" not in (ROOM / name).read_text(encoding="utf-8")


def test_the_policy_names_the_script_that_is_there(run_folder: Path, scored: Build) -> None:
    for page in both(run_folder, scored):
        (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        assert f"script-src 'sha256-{digest}'\"" in page


def test_a_name_that_is_not_given_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ absent }}").render()


def test_what_is_put_in_is_escaped() -> None:
    assert environment().from_string("{{ name }}").render(name="<b>") == "&lt;b&gt;"
