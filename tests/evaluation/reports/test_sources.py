"""Reading a run folder: order of the models, a torn log, damaged and foreign files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.evaluation.reports.sources import LogLine, read_report_files
from lfine.schemas.errors import RunError


def test_everything_is_read(run_folder: Path) -> None:
    files = read_report_files(run_folder, run_folder / "evaluations" / "tuned")
    assert files.subject.scores.model == "tuned"
    assert [other.scores.model for other in files.others] == ["base"]
    assert files.plan is not None
    assert files.plan.decisions[0].value == 16
    assert files.run is not None
    assert files.run.data is not None
    assert files.run.data.files["claims.csv"].rows == "4000"
    assert len(files.log) == 21
    assert files.log[10] == LogLine(step=10, validation_loss=0.4, seconds=1.0)


def test_order_of_the_others(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    for model in ("majority", "zeta", "tfidf", "alpha"):
        add_evaluation(run_folder, model, wrong=1)
    files = read_report_files(None, run_folder / "evaluations" / "tuned")
    assert [other.scores.model for other in files.others] == ["base", "alpha", "zeta", "tfidf", "majority"]
    assert (files.task_text, files.plan, files.run, files.log) == (None, None, None, ())


def test_torn_last_line_of_the_log_is_passed_over(run_folder: Path) -> None:
    with (run_folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"step": 21, "lo')
    assert len(read_report_files(run_folder, run_folder / "evaluations" / "tuned").log) == 21


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("log.jsonl", '{"step": 1}\n{"loss": 2}\n', "line 2 of log.jsonl is damaged: step is missing"),
        ("log.jsonl", "{\n", "line 1 of log.jsonl is damaged"),
        ("plan.json", '{"format": 3}', "plan.json must have format 1, got 3"),
        ("run.json", '{"format": 1, "steps": "many"}', "run.json: steps"),
    ],
)
def test_damaged_files_are_named(run_folder: Path, name: str, content: str, said: str) -> None:
    (run_folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        read_report_files(run_folder, run_folder / "evaluations" / "tuned")
    (problem,) = caught.value.problems
    assert problem.code == "LF505"
    assert said in problem.message


def test_predictions_of_other_rows_are_refused(run_folder: Path) -> None:
    tuned = run_folder / "evaluations" / "tuned" / "predictions.jsonl"
    tuned.write_text('{"row_id": 1, "gold": "auto", "prediction": "auto"}\n', encoding="utf-8")
    with pytest.raises(RunError, match=r"predictions\.jsonl and scores\.json are of different rows"):
        read_report_files(None, tuned.parent)
