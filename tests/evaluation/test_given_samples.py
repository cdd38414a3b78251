"""Predictions files with several answers to a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.evaluation.files import read_predictions, write_predictions
from lfine.evaluation.given_predictions import read_given_predictions
from lfine.evaluation.records import Prediction
from lfine.schemas.errors import TaskError


def read(folder: Path, prediction: object) -> Prediction:
    path = folder / "answers.jsonl"
    path.write_text(json.dumps({"row_id": 7, "prediction": prediction}), encoding="utf-8")
    (found,) = read_given_predictions(path, {7: "gold"}).predictions
    return found


def test_a_list_is_several_answers(tmp_path: Path) -> None:
    found = read(tmp_path, ["a ", " ", None, "a"])
    assert (found.prediction, found.samples) == ("a ", ("a ", None, None, "a"))


@pytest.mark.parametrize(("given", "answer"), [("a", "a"), (["a"], "a"), ([None], None), (None, None), ([" "], None)])
def test_one_answer_is_no_list(tmp_path: Path, given: object, answer: str | None) -> None:
    found = read(tmp_path, given)
    assert (found.prediction, found.samples) == (answer, None)


def test_a_row_of_which_only_a_later_answer_is_there_has_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"row_id": 7, "prediction": [null, "a"]}', encoding="utf-8")
    assert read_given_predictions(path, {7: "gold"}).problems == ()


@pytest.mark.parametrize("given", [[], [1], ["a", 1], ["a", ["b"]], {"a": 1}, True, 0.5])
def test_what_is_no_answer_is_refused(tmp_path: Path, given: object) -> None:
    with pytest.raises(TaskError) as caught:
        read(tmp_path, given)
    assert "must be text, or a list of texts" in caught.value.problems[0].message


def test_several_answers_are_written_and_read(tmp_path: Path) -> None:
    rows = [Prediction(1, "g", "a", samples=("a", None)), Prediction(2, "g", "b")]
    write_predictions(tmp_path / "predictions.jsonl", rows)
    assert read_predictions(tmp_path / "predictions.jsonl") == rows
