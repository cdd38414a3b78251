"""The leaderboard as text, Markdown and CSV: the same figures, the best in bold, nothing rounded in the CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace

import pytest

from lfine.evaluation.leaderboard import Cost, Evaluation, Leaderboard, leaderboard
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.board_text import CSV_HEADS, board_csv, board_markdown, board_text

Build = Callable[..., Scores]


@pytest.fixture
def board(scored: Build) -> Leaderboard:
    found = []
    for task, model, right in (("a|b", "tuned", 30), ("a|b", "base", 10), ("c", "tuned", 20)):
        pairs = [("auto", "auto" if row < right else "home") for row in range(40)]
        found.append(Evaluation(replace(scored(pairs, model=model), task=task), cost=Cost(1.5, 80, 4, 0.25)))
    other = replace(scored([("auto", "auto")], model="base"), task="c")
    return leaderboard([*found, Evaluation(other)])


def test_columns_line_up_and_what_is_missing_is_a_dash(board: Leaderboard) -> None:
    lines = board_text(board).splitlines()
    assert " ".join(lines[0].split()) == "task metric n tuned base lift over the best other p (Holm)"
    assert lines[1].index("75.0 (") == lines[0].index("tuned") == lines[2].index("50.0 (")
    assert lines[2].split()[-3:] == ["–", "–", "–"]
    assert "+50.0 (" in lines[1]
    assert lines[3] == "c: base is left out: scored on 1 other rows of test than tuned (40)"


def test_markdown_marks_the_best_and_keeps_its_columns(board: Leaderboard) -> None:
    lines = board_markdown(board).splitlines()
    assert lines[2].startswith("| a\\|b | accuracy | 40 | **75.0 (")
    assert {line.replace("\\|", "").count("|") for line in lines[:4]} == {8}
    assert lines[-1].startswith("- c: base is left out")


def test_the_average_has_a_line_where_there_are_two_tasks(scored: Build) -> None:
    found = [Evaluation(replace(scored([("auto", "auto")] * 4), task=task)) for task in ("a", "b")]
    assert board_text(leaderboard(found)).splitlines()[-1].split()[:4] == ["average", "of", "2", "100.0"]
    assert "average" not in board_text(leaderboard(found[:1]))


def test_the_csv_has_a_line_for_each_model_of_each_task(board: Leaderboard) -> None:
    rows = list(csv.DictReader(board_csv(board).splitlines()))
    assert [(row["task"], row["model"]) for row in rows] == [("a|b", "tuned"), ("a|b", "base"), ("c", "tuned")]
    assert tuple(rows[0]) == CSV_HEADS
    lift = board.rows[0].lifts["base"]
    assert [float(rows[1][name]) for name in ("value", "tuned_gain", "p_holm")] == [0.25, lift.gain, lift.adjusted]
    assert (rows[0]["tuned_gain"], rows[0]["prompt_tokens"], rows[0]["usd"]) == ("", "80", "0.25")
