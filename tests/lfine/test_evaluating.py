"""The Python side of `lfine evaluate`: names of evaluation folders and options that exclude each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluating import EvaluateOptions, evaluate_task
from lfine.schemas.errors import UsageError
from tests.lfine.projects import Project


def given(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("".join(f'{{"row_id": {n}, "prediction": "fee"}}\n' for n in range(48, 60)), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4.jsonl", "gpt-4"),
        ("tuned.jsonl", "tuned-given"),
        ("base.csv.jsonl", "base.csv"),
        ("tfidf", "tfidf-given"),
    ],
)
def test_a_file_gives_its_name_to_the_model(project: Project, name: str, model: str) -> None:
    options = EvaluateOptions(runs_dir=str(project.runs), predictions=given(project.folder, name))
    evaluated = evaluate_task(project.task, options)
    assert evaluated.outcome.model == model
    assert evaluated.folder == project.runs / "topics" / "evaluations" / model
    assert evaluated.report.is_file()
    assert evaluated.outcome.plan_hash is None


def test_baselines_are_returned_too(project: Project) -> None:
    options = EvaluateOptions(runs_dir=str(project.runs), predictions=given(project.folder, "a.jsonl"), limit=6)
    evaluated = evaluate_task(project.task, options)
    assert [scores.model for scores in evaluated.beside] == ["majority", "tfidf"]
    assert {scores.rows_hash for scores in evaluated.beside} == {evaluated.scores.rows_hash}
    assert evaluated.outcome.n == 6


def test_without_baselines_there_are_none(project: Project) -> None:
    options = EvaluateOptions(
        overrides=["evaluation.baselines=[]"],
        runs_dir=str(project.runs),
        predictions=given(project.folder, "a.jsonl"),
    )
    assert evaluate_task(project.task, options).beside == ()


@pytest.mark.parametrize(
    "options",
    [
        EvaluateOptions(run="a", adapter="b"),
        EvaluateOptions(adapter="b", base=True),
        EvaluateOptions(predictions="p", base=True),
        EvaluateOptions(run="a", predictions="p"),
    ],
)
def test_one_model_at_a_time(project: Project, options: EvaluateOptions) -> None:
    with pytest.raises(UsageError):
        evaluate_task(project.task, options)
