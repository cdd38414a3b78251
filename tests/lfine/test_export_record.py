"""The verdict on an export, and its record on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfine.evaluation.records import Prediction, ScoringSettings
from lfine.export_record import Answered, Check, ExportRecord, judge, read_export, write_export
from lfine.finetune.export.drift import Drift, Limits, Said
from lfine.schemas.task import Extract, MetricChoice

ACCURACY = MetricChoice("accuracy", average=None, positive=None, beta=None, case=None, stemmer=None)
SETTINGS = ScoringSettings((ACCURACY,), "category", ("yes", "no"), Extract("none", None, None), 0.95, 1)
LIMITS = Limits(mean=0.1, tie=0.5)
SAME = Drift(rows=100, tokens=200, mean=0.01, largest=0.2, differing=(), unexplained=())


def judged(
    drift: Drift = SAME, *, before: int = 90, after: int = 90, tolerance: float = 0.02, rows: int = 100
) -> Check:
    """Judge yes-or-no answers, so many of which are right."""
    golds = ["yes"] * rows
    sides = [[Said("yes" if at < right else "no", ()) for at in range(rows)] for right in (before, after)]
    return judge(
        replace(drift, rows=rows),
        LIMITS,
        Answered([Prediction(row_id, gold, None) for row_id, gold in enumerate(golds)], *sides),
        SETTINGS,
        tolerance=tolerance,
    )


def test_nothing_has_moved() -> None:
    check = judged()
    assert check.refused == ()
    assert (check.scores, check.exported_scores) == ({"accuracy": 0.9}, {"accuracy": 0.9})


def test_ties_are_no_reason() -> None:
    assert judged(replace(SAME, differing=(3, 4))).refused == ()


def test_an_answer_that_no_tie_explains() -> None:
    (reason,) = judged(replace(SAME, differing=(3, 4), unexplained=(4,))).refused
    assert reason.startswith("1 of 100 answers part from the run's")
    assert "row ids: 4" in reason


@pytest.mark.parametrize(("mean", "refused"), [(LIMITS.mean, False), (LIMITS.mean + 0.001, True)])
def test_probabilities_that_moved(mean: float, refused: bool) -> None:
    assert bool(judged(replace(SAME, mean=mean)).refused) == refused


@pytest.mark.parametrize(
    ("after", "tolerance", "rows", "refused"),
    [
        (88, 0.02, 100, False),
        (87, 0.02, 100, True),
        (87, 0.03, 100, False),
        (89, 0.0, 100, False),  # one answer among the rows always may
        (88, 0.0, 100, True),
        (99, 0.0, 100, False),  # better is no reason
        (8, 0.02, 10, False),
        (7, 0.02, 10, True),
    ],
)
def test_a_score_that_fell(after: int, tolerance: float, rows: int, refused: bool) -> None:
    before = 9 if rows == 10 else 90
    check = judged(before=before, after=after, tolerance=tolerance, rows=rows)
    assert bool(check.refused) == refused
    if refused:
        assert check.refused[0].startswith(f"accuracy on these {rows} rows is {after / rows:.4f}")


def test_all_reasons_are_said() -> None:
    assert len(judged(replace(SAME, mean=1.0, unexplained=(1,)), after=10).refused) == 3


RECORD = ExportRecord(
    task="topics",
    kind="merged",
    base_model="tiny",
    dtype="bfloat16",
    merged_into="trained",
    quantization=None,
    plan_hash="0",
    evaluation_hash="1",
    check=judged(),
    largest_rank=8,
    not_servable=(),
    created="2026-11-28T00:00:00Z",
    versions={"lfine": "0.1.0"},
)


def test_the_record_comes_back(tmp_path: Path) -> None:
    write_export(tmp_path, RECORD)
    assert read_export(tmp_path) == RECORD


@pytest.mark.parametrize("value", [None, {}, {"format": 2}, [], {"format": 1, "task": 3}])
def test_what_is_no_record(value: Any, tmp_path: Path) -> None:
    if value is not None:
        (tmp_path / "export.json").write_text(json.dumps(value))
    assert read_export(tmp_path) is None
