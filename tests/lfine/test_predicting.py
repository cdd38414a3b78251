"""`lfine.predict` from Python, and windows of rows: each is asked once, whatever is asked together."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import lfine
from benchmarks.endpoint_server import Call, Server
from lfine import answerers
from lfine.endpoints import EndpointOptions
from lfine.finetune.generate.endpoint import Pace
from lfine.predicting import Predicted, PredictOptions, predict_task
from lfine.schemas.errors import TaskError, UsageError
from tests.lfine.projects import Project, write_csv

PACE = Pace(timeout=20, retries=0, patience=0.5, first_wait=0.01, longest_wait=0.02)


def last(call: Call) -> str:
    return f"answer {call.asked[-1]}"


def test_rows_from_python_in_their_order(project: Project) -> None:
    with Server(answer=last, delay=lambda call: 0.1 if call.asked.endswith("0") else 0.0) as server:
        endpoint = EndpointOptions(server.url, "gpt", pace=PACE)
        rows = [{"question": str(number)} for number in range(3)]
        found = lfine.predict(project.task, rows, endpoint=endpoint, runs_dir=str(project.runs))
    assert [(line["row_id"], line["prediction"]) for line in found] == [(n, f"answer {n}") for n in range(3)]


def test_a_local_model_from_python(finished: Project) -> None:
    rows = [{"question": "why was a fee taken"}, {"question": "my card was lost"}]
    both = lfine.predict(finished.task, rows, runs_dir=str(finished.runs))
    (second,) = lfine.predict(finished.task, rows[1:], runs_dir=str(finished.runs))
    assert both[1]["prediction"] == second["prediction"]
    assert lfine.predict(finished.task, [], runs_dir=str(finished.runs)) == []


def test_what_is_refused_from_python(project: Project) -> None:
    with pytest.raises(UsageError):
        lfine.predict(project.task, [], base=True, adapter="x")
    with Server() as server, pytest.raises(TaskError) as caught:
        lfine.predict(project.task, [{"text": "a"}], endpoint=EndpointOptions(server.url, "gpt", pace=PACE))
    assert caught.value.problems[0].code == "LF127"
    with pytest.raises(AttributeError):
        _ = lfine.nothing_of_the_kind


def test_more_rows_than_are_asked_together(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answerers, "REQUESTS", 2)
    rows = write_csv(tmp_path / "new.csv", [{"question": f"{number % 4}"} for number in range(11)])
    stream = io.StringIO()
    with Server(answer=last) as server:
        endpoint = EndpointOptions(server.url, "gpt", pace=Pace(concurrency=2, timeout=20))
        options = PredictOptions(str(rows), endpoint=endpoint, runs_dir=str(project.runs))
        found = predict_task(project.task, options, stream)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert sorted((line["row_id"], line["prediction"]) for line in lines) == [(n, f"answer {n % 4}") for n in range(11)]
    assert len(server.calls) == 4, "what has been asked in an earlier window is not asked again"
    assert found.use is not None
    assert (found.use.answers, found.use.kept_answers, found.use.requests) == (4, 0, 4)
    assert found == Predicted(rows=11, answered=11, use=found.use)


def test_examples_in_every_prompt_come_from_the_data(project: Project) -> None:
    with Server(answer=last) as server:
        endpoint = EndpointOptions(server.url, "gpt", pace=PACE, few_shot=2)
        lfine.predict(project.task, [{"question": "7"}], endpoint=endpoint, runs_dir=str(project.runs))
    (call,) = server.calls
    assert [turn["role"] for turn in call.body["messages"]] == ["user", "assistant"] * 2 + ["user"]
    assert call.asked.endswith("7")


def test_a_prompt_without_a_word_fails_alone(project: Project) -> None:
    project.edit(
        'prompt:\n  template: "Classify the question: {question}"', 'prompt: {template: "{question}", chat: none}'
    )
    empty, asked = lfine.predict(project.task, [{"question": ""}, {"question": "why a fee"}], base=True)
    assert (empty["prediction"], empty["finish_reason"]) == (None, "failed")
    assert asked["finish_reason"] in ("stop", "length")
