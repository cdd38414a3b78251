"""predictions.jsonl and scores.json: there and back, whole or not at all, and every damage named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.evaluation.files import read_predictions, read_scores, write_predictions, write_scores
from lfine.evaluation.records import Prediction, Scores
from lfine.schemas.errors import MachineError, RunError
from lfine.schemas.problems import Problem

PREDICTIONS = [
    Prediction(7, "claims", 'claims\u2028\n\u0085 "x"', "prompt ü", "stop", 141, 2),
    Prediction(0, "home", None),
    Prediction(3, "🏠", "half a pair: \ud83c", "", "length", 0, 0),
]


def problem_of(call: Callable[[Path], object], path: Path) -> Problem:
    with pytest.raises(RunError) as caught:
        call(path)
    (problem,) = caught.value.problems
    assert problem.code == "LF505"
    assert problem.file == str(path)
    return problem


def test_predictions_come_back_as_they_went(tmp_path: Path) -> None:
    path = tmp_path / "new" / "predictions.jsonl"
    write_predictions(path, PREDICTIONS)
    assert read_predictions(path) == PREDICTIONS
    first = path.read_text(encoding="utf-8").split("\n")[0]
    assert list(json.loads(first)) == [
        "row_id",
        "gold",
        "prediction",
        "prompt",
        "finish_reason",
        "prompt_tokens",
        "completion_tokens",
    ]
    assert "prompt ü" in first  # readable, not \u escapes


def test_scores_come_back_as_they_went(tmp_path: Path, scored: Callable[..., Scores]) -> None:
    path = tmp_path / "scores.json"
    for scores in (
        scored([("auto", "auto"), ("home", None)], metrics=("accuracy", "f1", "confusion")),
        scored([("a b", "a c"), ("ü", None)], metrics=("rouge", "bleu", "chrf")),
    ):
        write_scores(path, scores)
        assert read_scores(path) == scores
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == 1
    assert [each.name for each in tmp_path.iterdir()] == ["scores.json"]  # no temporary file stays


def test_unknown_keys_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text('{"row_id": 1, "gold": "a", "prediction": "b", "logprob": -0.5}\n\n', encoding="utf-8")
    assert read_predictions(path) == [Prediction(1, "a", "b")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"row_id": 1, "gold": "a"', "not JSON"),
        ('{"row_id": 1, "gold": "a"}', "prediction is missing"),
        ('{"row_id": "1", "gold": "a", "prediction": "b"}', "row_id"),
        ('{"row_id": true, "gold": "a", "prediction": "b"}', "row_id"),
        ("[1]", "not a mapping"),
        ("[" * 100_000, "not JSON"),
        ("9" * 5_000, "not JSON"),
    ],
)
def test_damaged_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(f'{{"row_id": 0, "gold": "a", "prediction": "b"}}\n{line}\n', encoding="utf-8")
    problem = problem_of(read_predictions, path)
    assert problem.line == 2
    assert "line 2 of predictions.jsonl" in problem.message
    assert said in problem.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"format": 1, "task": "claims"', "not JSON"),
        (b'{"format": 2}', "must have format 1, got 2"),
        (b'{"accuracy": 0.9}', "must have format 1, got None"),
        (b"[]", "must have format 1, got None"),
        (b'{"format": 1, "task": "claims"}', "is missing"),
        (b'{"format": 1, "task": "\xff"}', "not UTF-8 at byte 23"),
        (b"", "not JSON"),
    ],
)
def test_damaged_or_foreign_scores_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    assert said in problem_of(read_scores, path).message


def test_value_of_another_type_is_named(tmp_path: Path, scored: Callable[..., Scores]) -> None:
    path = tmp_path / "scores.json"
    write_scores(path, scored([("auto", "auto")]))
    path.write_text(path.read_text(encoding="utf-8").replace('"value": 1.0', '"value": "1.0"'), encoding="utf-8")
    assert "metrics.accuracy.value" in problem_of(read_scores, path).message


def test_absent_file_and_folder_in_its_place(tmp_path: Path) -> None:
    assert "cannot be read" in problem_of(read_scores, tmp_path / "scores.json").message
    assert "cannot be read" in problem_of(read_predictions, tmp_path).message


def test_failed_write_leaves_the_old_file(tmp_path: Path, scored: Callable[..., Scores]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("old", encoding="utf-8")
    with pytest.raises(MachineError) as caught:
        write_scores(blocked / "scores.json", scored([("auto", "auto")]))
    assert caught.value.problems[0].code == "LF405"
    assert blocked.read_text(encoding="utf-8") == "old"


def test_what_else_is_known_of_a_row_stands_in_its_line_only(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    known = Prediction(
        4,
        "a",
        "b",
        references=("c", "d"),
        choices=("red", "blue"),
        label_log_probabilities={"a": -0.25, "b": -1.5},
        gold_log_probability=-0.25,
        gold_tokens=1,
    )
    write_predictions(path, [PREDICTIONS[0], known])
    assert read_predictions(path) == [PREDICTIONS[0], known]
    bare, full = (json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line)
    assert set(full) - set(bare) == {
        "references",
        "choices",
        "label_log_probabilities",
        "gold_log_probability",
        "gold_tokens",
    }
