"""Markdown for a pull request: its parts, and that texts from data stay text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.evaluation.reports.markdown import CHARACTERS, code, markdown, plain
from lfine.evaluation.reports.sources import read_report_files


def test_parts_in_their_order(run_folder: Path) -> None:
    text = markdown(read_report_files(run_folder, run_folder / "evaluations" / "tuned"))
    places = [
        text.index(piece)
        for piece in (
            "### claims: tuned\n",
            "The tuned model answers 90.0% right",
            "| model | accuracy ★ | f1 | rows | unscored | time |\n|---|---|---|---|---|---|\n| tuned | 90.0 (",
            "| base | **+65.0** | +45.8 to +78.0 |",
            "Against base, row by row: 26 won, 0 lost.",
            "Commonest mistakes:\n\n| rows | gold | answered |",
            "<details><summary>The worst answers (4 of 4)</summary>\n\n| row | gold | tuned | base | prompt |",
            "`lfine evaluate claims.yaml`, 2026-07-14T09:00:00+00:00, lfine 0.1.0, commit 0123456789ab; ",
        )
    ]
    assert places == sorted(places)
    assert text.endswith(".\n")
    assert "\n\n\n" not in text


def test_rows_that_were_lost_stand_before_all_others(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    add_evaluation(run_folder, "base", wrong=1)
    text = markdown(read_report_files(run_folder, run_folder / "evaluations" / "tuned"))
    assert "<summary>Rows that base had and tuned lost (3 of 3)</summary>" in text
    assert "| 1 | `home` | `auto claims` | `home` |" in text


def test_hostile_texts_end_neither_cell_nor_fold(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    hostile = " | x\n\n</details><img src=x> `y` @everyone"
    folder = add_evaluation(run_folder, "hostile", wrong=9, hostile=hostile)
    text = markdown(read_report_files(run_folder, folder))
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables if "everyone" in line}
    assert widths == {6}  # row, gold, hostile, base, prompt
    assert [line for line in text.splitlines() if line.startswith("</details>")] == ["</details>"]
    for line in tables:
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "<img" not in outside
        assert "@everyone" not in outside


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a", "`a`"),
        ("a `b` c", "``a `b` c``"),
        ("`b`", "`` `b` ``"),
        ("a|b\n c", "`a\\|b c`"),
        (" ", "*empty*"),
        (None, "*no answer*"),
    ],
)
def test_code(text: str | None, written: str) -> None:
    assert code(text) == written


def test_long_texts_are_cut() -> None:
    assert code("x" * 900) == "`" + "x" * CHARACTERS + "…`"


def test_plain_text_mentions_nobody() -> None:
    assert plain("@team #7 *a* <b> [c](d) | e_f") == "@\u200bteam \\#7 \\*a\\* \\<b\\> \\[c\\](d) \\| e\\_f"
