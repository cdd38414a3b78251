"""Any answer can be written and read back, and no spoilt file gets past the reader or ends in a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lfine.evaluation.files import read_predictions, read_scores, write_predictions, write_scores
from lfine.evaluation.given_predictions import read_given_predictions
from lfine.evaluation.records import Prediction, Scores
from lfine.schemas.errors import LfineError, RunError

anything = st.text(st.characters(), max_size=30)  # half surrogate pairs and control characters among them

predictions = st.builds(
    Prediction,
    row_id=st.integers(0, 2**40),
    gold=anything,
    prediction=st.none() | anything,
    prompt=st.none() | anything,
    finish_reason=st.sampled_from([None, "stop", "length"]),
    prompt_tokens=st.none() | st.integers(0, 10_000),
    completion_tokens=st.none() | st.integers(0, 10_000),
)


def refusal(call: Callable[[], object]) -> str | None:
    """Return the code of the first problem raised; every other exception passes through and fails the test."""
    try:
        call()
    except LfineError as error:
        return error.problems[0].code
    return None


in_one_folder = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_one_folder
@given(rows=st.lists(predictions, max_size=4))
def test_predictions_of_any_text_come_back(tmp_path: Path, rows: list[Prediction]) -> None:
    write_predictions(tmp_path / "predictions.jsonl", rows)
    assert read_predictions(tmp_path / "predictions.jsonl") == rows


@in_one_folder
@given(content=st.binary(max_size=60) | anything.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_make_the_readers_fail_otherwise(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(content)
    assert refusal(lambda: read_given_predictions(path, {0: "a"})) in {None, "LF310"}
    path = tmp_path / "answers.jsonl"
    path.write_bytes(content)
    assert refusal(lambda: read_given_predictions(path, {0: "a"})) in {None, "LF310"}
    assert refusal(lambda: read_predictions(path)) in {None, "LF505"}


def test_scores_cut_short_anywhere_are_refused(tmp_path: Path, scored: Callable[..., Scores]) -> None:
    path = tmp_path / "scores.json"
    write_scores(path, scored([("auto", "auto"), ("home", None)], metrics=("accuracy", "f1")))
    whole = path.read_bytes().rstrip()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(RunError):
            read_scores(path)


def test_scores_without_any_one_key_are_refused(tmp_path: Path, scored: Callable[..., Scores]) -> None:
    path = tmp_path / "scores.json"
    write_scores(path, scored([("auto", "auto")]))
    whole = json.loads(path.read_text(encoding="utf-8"))
    defaults: dict[str, object] = {
        "coded": None,
        "overlap": None,
        "per_label": None,
        "facts": {},
        "unjudged": {},
        "unextracted": 0,
        "endpoint": None,
        "reasons": {},
        "code": {},
        "base_model": None,
    }
    for key in whole:
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}), encoding="utf-8")
        if key in defaults:
            assert getattr(read_scores(path), key) == defaults[key]
        else:
            with pytest.raises(RunError, match=key):
                read_scores(path)


def test_scores_with_any_one_value_of_another_type_are_refused(tmp_path: Path, scored: Callable[..., Scores]) -> None:
    path = tmp_path / "scores.json"
    write_scores(path, scored([("auto", "auto")]))
    whole = json.loads(path.read_text(encoding="utf-8"))
    for key in whole:
        path.write_text(json.dumps({**whole, key: [{"not": "this"}]}), encoding="utf-8")
        with pytest.raises(RunError, match=key):
            read_scores(path)


def test_the_file_has_one_line_for_each_key_in_the_order_of_the_record(
    tmp_path: Path, scored: Callable[..., Scores]
) -> None:
    path = tmp_path / "scores.json"
    write_scores(path, scored([("auto", "auto")]))
    lines = path.read_text(encoding="utf-8").split("\n")
    assert (lines[0], lines[-2], lines[-1]) == ("{", "}", "")
    assert [line.split('"')[1] for line in lines[1:-2]] == ["format", *Scores.__dataclass_fields__]
