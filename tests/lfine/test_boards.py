"""From run folders to a leaderboard: which evaluations stand in it, what they took, what is written where."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.boards import beside, board_of, common_folder, places_in, write_board
from lfine.evaluation.files import write_predictions, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import EndpointUse, Prediction, Provenance, ScoreIdentity, ScoringSettings
from lfine.evaluation.scoring import score
from lfine.runs import FAILED, FINISHED, RunRecord, write_run
from lfine.schemas.task import Extract
from tests.lfine.test_runs import RECORD

SETTINGS = ScoringSettings((plain("accuracy"),), "category", ("a", "b"), Extract("none", None, None), 0.95, 7)
MADE = Provenance("0.1.0", "3.11", {}, None, None, "2026-07-14T09:00:00+00:00", "lfine evaluate", {})
Evaluate = Callable[..., Path]


def use(usd: float) -> EndpointUse:
    return EndpointUse("host", "gpt", "chat", (), 9, 8, 0, 800, 0, 16, usd, usd, None, (), ())


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """Write an evaluation of eight rows, `right` of them right, into a run of a task or beside its runs."""

    def write(
        task: str, model: str, right: int, *, run: str | None = "1", base: str | None = None, usd: float | None = None
    ) -> Path:
        place = tmp_path / "runs" / task
        place = place if run is None else place / f"2026010{run}T000000Z"
        folder = place / "evaluations" / model
        rows = [
            Prediction(row, "a", "a" if row < right else "b", prompt_tokens=10, completion_tokens=2) for row in range(8)
        ]
        identity = ScoreIdentity(task, model, "test", None, "plan", "evaluation", MADE, 3.0, base_model=base)
        if usd is not None:
            identity = replace(identity, endpoint=use(usd))
        write_predictions(folder / "predictions.jsonl", rows)
        write_scores(folder / "scores.json", score(rows, settings=SETTINGS, identity=identity))
        if run is not None and not (place / "run.json").is_file():
            write_run(place, record(task))
        return folder

    return write


def record(task: str, status: str = FINISHED) -> RunRecord:
    return replace(RECORD, task=task, status=status, train_examples=1600, steps=200, seconds=60.0)


def test_the_newest_finished_run_that_was_scored_stands_for_its_task(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate("a", "tuned", 4)
    newest = evaluate("a", "tuned", 5, run="2").parent
    unfinished = evaluate("a", "tuned", 6, run="3").parent.parent
    write_run(unfinished, record("a", FAILED))
    unscored = tmp_path / "runs" / "a" / "20260104T000000Z"
    unscored.mkdir()
    write_run(unscored, record("a"))
    other = evaluate("b", "tuned", 5).parent
    assert places_in(tmp_path / "runs") == (newest, other)
    assert places_in(tmp_path / "runs" / "b") == (other,)
    assert places_in(newest.parent) == ()
    assert places_in(tmp_path / "nowhere") == ()


def test_models_without_a_run_stand_before_the_run_which_counts(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate("a", "tuned", 6)
    evaluate("a", "base", 1)
    evaluate("a", "gpt", 7, run=None, usd=0.5)
    evaluate("a", "base", 8, run=None)
    evaluate("alone", "base", 2, run=None)
    places = places_in(tmp_path / "runs")
    board = board_of(places, tmp_path).leaderboard
    assert [row.task for row in board.rows] == ["a", "alone"]
    assert board.models == ("tuned", "base", "gpt")
    value = board.rows[0].value("base")
    assert value is not None
    assert value.value == 1 / 8
    assert list(beside(places[1])) == list(places[:2])


def test_costs_come_from_the_predictions_and_of_a_remote_model_from_its_counts(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    evaluate("a", "tuned", 6)
    evaluate("a", "gpt", 7, usd=0.5)
    board = board_of(places_in(tmp_path / "runs"), tmp_path)
    costs = {model: each.cost for model, each in board.leaderboard.rows[0].evaluations.items()}
    tuned, gpt = costs["tuned"], costs["gpt"]
    assert tuned is not None
    assert gpt is not None
    assert (tuned.prompt_tokens, tuned.completion_tokens, tuned.usd) == (80, 16, None)
    assert (gpt.prompt_tokens, gpt.completion_tokens, gpt.usd) == (800, 16, 0.5)
    assert tuned.seconds >= 3.0
    (trained,) = board.trained
    assert (trained.task, trained.examples, trained.updates, trained.seconds) == ("a", 1600, 200, 60.0)


def test_several_base_models_are_told_apart(evaluate: Evaluate, tmp_path: Path) -> None:
    for model, right in (("tuned", 6), ("base", 2), ("majority", 1)):
        evaluate("a", model, right, base=None if model == "majority" else "org/small")
    evaluate("a", "base", 5, run=None, base="org/instruct")
    evaluate("a", "gpt", 7, run=None)
    board = board_of(places_in(tmp_path / "runs"), tmp_path).leaderboard
    assert board.models == ("tuned (small)", "majority", "base (instruct)", "base (small)", "gpt")
    assert board.rows[0].tuned == "tuned (small)"


def test_three_files_are_written_and_reports_named_as_seen_from_them(evaluate: Evaluate, tmp_path: Path) -> None:
    folder = evaluate("a", "tuned", 6)
    (folder / "report.html").write_text("report", encoding="utf-8")
    evaluate("a", "base", 2)
    out = tmp_path / "site"
    written = write_board(board_of(places_in(tmp_path / "runs"), out), out)
    link = "../runs/a/20260101T000000Z/evaluations/tuned/report.html"
    assert f'<a href="{link}">a</a>' in written.html.read_text(encoding="utf-8")
    assert written.markdown.read_text(encoding="utf-8").startswith("| task | metric | n | tuned | base |")
    rows = list(csv.DictReader(written.csv.read_text(encoding="utf-8").splitlines()))
    assert [row["model"] for row in rows] == ["tuned", "base"]
    assert written.record()["html"] == str(out / "leaderboard.html")


def test_the_common_folder(tmp_path: Path) -> None:
    assert common_folder([tmp_path / "a" / "b", tmp_path / "a" / "c"]) == tmp_path / "a"
