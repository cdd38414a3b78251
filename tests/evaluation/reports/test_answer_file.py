"""The CSV: what stands in it is what came, readable by any CSV reader, hostile texts included."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.evaluation.files import read_predictions
from lfine.evaluation.reports.answer_file import answers_csv, write_answers
from lfine.evaluation.reports.sources import read_report_files
from lfine.schemas.errors import MachineError, RunError

HOSTILE = '=1+1,"quoted"\n</script>;\ttab \ud83c'


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_answer_with_its_scores_and_the_base_model_s(run_folder: Path, tmp_path: Path) -> None:
    tuned = run_folder / "evaluations" / "tuned"
    path = write_answers(read_report_files(run_folder, tuned), tmp_path / "out" / "tuned.csv")
    rows = rows_of(path)
    assert len(rows) == 40
    first, won = rows[0], rows[6]
    assert (first["row_id"], first["gold"], first["prediction"]) == ("0", "auto", "auto claims")
    assert (first["state"], first["score accuracy"], first["change"]) == ("wrong", "0.0", "even")
    assert (won["state"], won["base"], won["score base"], won["change"]) == ("right", "auto claims", "0.0", "won")
    assert (won["gold label"], won["answered label"], won["reason"]) == ("auto", "auto", "")
    assert [row["prompt"] for row in rows] == [each.prompt for each in read_predictions(tuned / "predictions.jsonl")]


def test_hostile_texts_come_back_as_they_were(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    folder = add_evaluation(run_folder, "hostile", wrong=3, hostile=HOSTILE)
    path = write_answers(read_report_files(run_folder, folder), folder / "answers.csv")
    assert rows_of(path)[5]["prediction"] == "home" + HOSTILE.replace("\ud83c", "?")


def test_without_a_base_model_its_columns_are_absent(run_folder: Path) -> None:
    source = read_report_files(run_folder, run_folder / "evaluations" / "base")
    assert answers_csv(source).splitlines()[0].startswith("row_id,gold,prediction,state,score accuracy,gold label,")


def test_scores_without_answers(run_folder: Path) -> None:
    tuned = run_folder / "evaluations" / "tuned"
    (tuned / "predictions.jsonl").unlink()
    with pytest.raises(RunError, match="LF570"):
        answers_csv(read_report_files(run_folder, tuned))


def test_a_place_that_cannot_be_written(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(MachineError, match="LF405"):
        write_answers(
            read_report_files(run_folder, run_folder / "evaluations" / "tuned"), tmp_path / "file" / "tuned.csv"
        )
