"""Label figures against scikit-learn, mistakes, length groups, smoothed losses."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sklearn.metrics import precision_recall_fscore_support

from lfine.evaluation.records import Confusion, Prediction
from lfine.evaluation.reports.sources import LogLine
from lfine.evaluation.reports.tables import (
    LabelErrors,
    Mistake,
    commonest_mistakes,
    label_errors,
    label_rows,
    length_rows,
    loss_curves,
    rate_curve,
)

SETTINGS: dict[str, Any] = {"confidence": 0.95, "seed": 7}
MATRIX = Confusion(("a", "b", "never"), ((40, 2, 0, 1), (5, 30, 0, 0), (0, 0, 0, 0)))


def test_label_rows_equal_scikit_learn() -> None:
    golds = [0] * 43 + [1] * 35
    answers = [0] * 40 + [1] * 2 + [3] + [0] * 5 + [1] * 30
    expected = precision_recall_fscore_support(golds, answers, labels=[0, 1, 2], zero_division=0)
    rows = {row.label: row for row in label_rows(MATRIX)}
    for place, label in enumerate(MATRIX.labels):
        row = rows[label]
        assert (row.precision, row.recall, row.f1) == pytest.approx([each[place] for each in expected[:3]])
        assert row.gold == expected[3][place]
    assert [row.label for row in label_rows(MATRIX)] == ["never", "b", "a"]
    assert rows["a"].answered == 45


def test_commonest_mistakes() -> None:
    assert commonest_mistakes(MATRIX, 2) == [Mistake("b", "a", 5), Mistake("a", "b", 2)]
    assert commonest_mistakes(MATRIX, 9)[-1] == Mistake("a", "(no label)", 1)


def test_length_rows_are_quarters() -> None:
    rows = [Prediction(place, "g", "a", prompt_tokens=10 * place) for place in range(8)]
    found = length_rows(rows, [1, 1, 1, 0, 0, 1, 0, 0], **SETTINGS)
    assert [(row.shortest, row.longest, row.rows, row.score) for row in found] == [
        (0, 10, 2, 1.0),
        (20, 30, 2, 0.5),
        (40, 50, 2, 0.5),
        (60, 70, 2, 0.0),
    ]
    assert length_rows([Prediction(0, "g", "a")] * 8, [1.0] * 8, **SETTINGS) == []
    assert length_rows(rows[:3], [1.0] * 3, **SETTINGS) == []


def test_length_rows_have_intervals_around_their_means() -> None:
    rows = [Prediction(place, "g", "a", prompt_tokens=place) for place in range(200)]
    for row in length_rows(rows, [float(place % 4 > 0) for place in range(200)], **SETTINGS):
        assert row.low < row.score < row.high
        assert row.score == pytest.approx(0.75, abs=0.02)
        assert row.rows == 50


def test_label_errors_leave_out_labels_without_one() -> None:
    assert label_errors(MATRIX) == [LabelErrors("b", 35, 5), LabelErrors("a", 43, 3)]
    assert label_errors(Confusion(("a",), ((4, 0),))) == []


def test_rate_curve_keeps_the_last_line_of_a_step() -> None:
    log = [LogLine(1, 3.0, 1e-3), LogLine(2, 2.0, 5e-4), LogLine(2, 2.0, 2e-4), LogLine(3, None, None, 0.5)]
    assert [curve.places for curve in rate_curve(log)] == [((1.0, 1e-3), (2.0, 2e-4))]
    assert rate_curve([LogLine(1, 3.0)]) == []


def test_loss_curves_keep_the_last_line_of_a_step_and_no_infinite_loss() -> None:
    log = [LogLine(1, 3.0), LogLine(2, 9.0), LogLine(2, 2.0), LogLine(3, math.inf), LogLine(4, 1.0), LogLine(4)]
    raw, smooth = loss_curves(log)
    assert raw.places == ((1.0, 3.0), (2.0, 2.0), (4.0, 1.0))
    assert smooth.places == ((1.0, 3.0), (2.0, 2.0), (4.0, 1.0))
    assert loss_curves([LogLine(1, math.nan)]) == []


def test_smoothing_does_not_lag_behind_a_straight_line() -> None:
    log = [LogLine(step, 100.0 - step, validation_loss=50.0 if step == 50 else None) for step in range(100)]
    raw, smooth, validation = loss_curves(log)
    assert [y for _, y in smooth.places] == pytest.approx([y for _, y in raw.places])
    assert validation.places == ((50.0, 50.0),)


def test_smoothing_evens_out_noise() -> None:
    log = [LogLine(step, 1.0 + 0.5 * (-1) ** step) for step in range(200)]
    _, smooth = loss_curves(log)
    assert max(abs(y - 1.0) for _, y in smooth.places[20:180]) < 0.06
