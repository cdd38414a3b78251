"""A line of an answer, and a file of lines taken up again: only whole answers of the same question count."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import pytest

from lfine.answer_lines import AnswerLines, line_of, text_of_line
from lfine.evaluation.records import Prediction
from lfine.schemas.errors import TaskError

MADE = Prediction(7, "", "a fee", None, "stop", 31, 4)


def test_the_keys_of_a_line_and_their_order() -> None:
    assert line_of(MADE, {}, "9f", None) == {
        "row_id": 7,
        "prediction": "a fee",
        "finish_reason": "stop",
        "prompt_tokens": 31,
        "completion_tokens": 4,
        "key": "9f",
    }
    whole = line_of(MADE, {"id": 3}, "9f", lambda text: None if text is None else text[-3:])
    assert list(whole)[:4] == ["row_id", "input", "prediction", "answer"]
    assert (whole["input"], whole["answer"]) == ({"id": 3}, "fee")


def test_a_line_is_json_whatever_the_columns_hold() -> None:
    kept = {"day": dt.date(2026, 1, 2), "none": None, "nan": float("nan"), "list": ["é", 1]}
    found = json.loads(text_of_line(line_of(MADE, kept, "9f", None)), parse_constant=pytest.fail)
    assert found["input"] == {"day": "2026-01-02", "none": None, "nan": None, "list": ["é", 1]}


def test_a_stream_gets_every_line() -> None:
    stream = io.StringIO()
    with AnswerLines(None, stream) as lines:
        assert not lines.has(7, "9f")
        lines.write(line_of(MADE, {}, "9f", None))
    assert json.loads(stream.getvalue())["row_id"] == 7


def begun(path: Path, text: str) -> AnswerLines:
    path.write_text(text, encoding="utf-8")
    return AnswerLines(path, io.StringIO())


def test_whole_answers_are_kept_and_the_rest_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    whole = text_of_line(line_of(MADE, {}, "9f", None))
    failed = text_of_line({"row_id": 8, "finish_reason": "failed", "key": "8a"})
    with begun(path, whole + failed + whole[:30]) as lines:
        assert lines.has(7, "9f")
        assert not lines.has(8, "8a")
        assert path.read_text(encoding="utf-8") == whole + failed + whole[:30], "nothing is touched before it must be"
        lines.write({"row_id": 8})
    assert path.read_text(encoding="utf-8") == whole + '{"row_id": 8}\n'


def test_an_answer_to_another_question(tmp_path: Path) -> None:
    whole = text_of_line(line_of(MADE, {}, "9f", None))
    with begun(tmp_path / "a.jsonl", whole) as lines, pytest.raises(TaskError) as caught:
        lines.has(7, "00")
    assert caught.value.problems[0].code == "LF129"


@pytest.mark.parametrize("text", ["question\nwhere?\n", '{"row_id": 1}\n', "[]\n", "7\n"])
def test_a_file_that_predict_did_not_write(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    with pytest.raises(TaskError) as caught, begun(path, text):
        pass
    assert (caught.value.problems[0].code, caught.value.problems[0].line) == ("LF129", 1)
    assert path.read_text(encoding="utf-8") == text
