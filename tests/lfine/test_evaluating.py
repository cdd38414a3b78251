"""The Python side of `lfine evaluate`: names of evaluation folders and options that exclude each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.cli.evaluate import summary
from lfine.evaluating import EvaluateOptions, evaluate_task
from lfine.evaluation.files import read_predictions
from lfine.schemas.errors import TaskError, UsageError
from tests.lfine.projects import Project, rows_of, write_csv


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


def test_constrained_answers_through_the_whole_line(project: Project) -> None:
    options = EvaluateOptions(overrides=["generation.constrain=labels"], runs_dir=str(project.runs), base=True)
    evaluated = evaluate_task(project.task, options)
    answers = {each.prediction for each in read_predictions(evaluated.folder / "predictions.jsonl")}
    assert answers <= {"card", "transfer", "fee"}
    assert evaluated.scores.unscored == 0


def json_project(project: Project) -> None:
    rows = [{**row, "label": json.dumps({"topic": row["label"]})} for row in rows_of()]
    write_csv(project.rows, rows)
    schema = {"type": "object", "properties": {"topic": {"enum": ["card", "fee", "transfer"]}}, "required": ["topic"]}
    (project.folder / "topic.json").write_text(json.dumps(schema | {"additionalProperties": False}), encoding="utf-8")
    project.edit("output_feature: label", "output_feature: {name: label, type: json, schema: topic.json}")
    project.edit("baselines: [majority, tfidf]", "baselines: [majority]")


def test_json_answers_through_the_whole_line(project: Project) -> None:
    pytest.importorskip("llguidance", reason="the extra `structured` is not installed")
    json_project(project)
    overrides = ["generation.constrain=json_schema", "generation.max_new_tokens=60"]
    evaluated = evaluate_task(project.task, EvaluateOptions(overrides=overrides, runs_dir=str(project.runs), base=True))
    assert list(evaluated.scores.metrics) == ["json_match", "json_valid"]
    ended = [each for each in read_predictions(evaluated.folder / "predictions.jsonl") if each.finish_reason == "stop"]
    assert ended
    assert {json.loads(each.prediction or "")["topic"] for each in ended} <= {"card", "fee", "transfer"}
    assert evaluated.scores.metrics["json_valid"].value == len(ended) / 12


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ("generation.constrain=json_schema", "LF266"),
        ("evaluation.metrics=[{name: f1, average: binary, positive: weather}]", "LF211"),
        ("evaluation.metrics=[numeric_match]", "LF204"),
    ],
)
def test_what_does_not_fit_the_output_is_refused(project: Project, override: str, code: str) -> None:
    with pytest.raises(TaskError) as caught:
        evaluate_task(project.task, EvaluateOptions(overrides=[override], runs_dir=str(project.runs), base=True))
    assert code in {problem.code for problem in caught.value.problems}


def test_unread_answers_are_said_and_texts_of_labels_come_from_the_data(project: Project) -> None:
    """The labels card, fee and transfer stand for other texts here, and the answer is one of those."""
    rows = [{**row, "meant": '["plastic", "price", "money on its way"]'} for row in rows_of()]
    write_csv(project.folder / "rows.csv", rows)
    path = project.folder / "texts.jsonl"
    answers = ["price"] * 6 + ["no idea"] * 5 + [""]
    lines = [json.dumps({"row_id": n, "prediction": answer}) for n, answer in zip(range(48, 60), answers, strict=True)]
    path.write_text("\n".join(lines), encoding="utf-8")
    options = EvaluateOptions(
        overrides=["evaluation={sample_size: 12, metrics: [multiple_choice], choices: meant}"],
        runs_dir=str(project.runs),
        predictions=str(path),
    )
    evaluated = evaluate_task(project.task, options)
    kept = read_predictions(evaluated.folder / "predictions.jsonl")
    assert {each.choices for each in kept} == {("plastic", "price", "money on its way")}
    expected = [float(each.gold == "fee" and each.prediction == "price") for each in kept]
    assert list(evaluated.scores.per_example["multiple_choice"]) == expected
    assert sum(expected) > 0
    assert (evaluated.scores.unjudged, evaluated.scores.unscored) == ({"multiple_choice": 5}, 1)
    assert "  multiple_choice cannot read 5 of the answers (counted as wrong)" in summary(evaluated).split("\n")
