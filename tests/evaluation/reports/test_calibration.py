"""Confidence, bins, calibration error and a bin's interval, each against a computation of its own."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from scipy.stats import binomtest

from lfine.evaluation.records import Prediction
from lfine.evaluation.reports.calibration import confidence_of, reliability


def asked(row: int, gold: str, probabilities: dict[str, float]) -> Prediction:
    logarithms = {label: math.log(share) if share else -math.inf for label, share in probabilities.items()}
    return Prediction(row, gold, None, label_log_probabilities=logarithms)


def test_confidence_is_a_share_of_all_labels() -> None:
    assert confidence_of(asked(0, "a", {"a": 0.3, "b": 0.1})) == pytest.approx(0.75)
    assert confidence_of(asked(0, "a", {"a": 1e-300, "b": 0.0})) == pytest.approx(1.0)
    assert confidence_of(Prediction(0, "a", "a")) is None
    assert confidence_of(asked(0, "a", {"a": 0.0})) is None


def test_bins_and_error_equal_numpy_s() -> None:
    drawn = random.Random(3)
    rows, confidences, hits = [], [], []
    for row in range(700):
        sure = drawn.uniform(0.5, 1)
        right = drawn.random() < sure**2
        rows.append(asked(row, "a" if right else "b", {"a": sure, "b": 1 - sure}))
        confidences.append(sure)
        hits.append(right)
    found = reliability(rows)
    assert found is not None
    places = np.ceil(np.array(confidences) * 10).astype(int)
    expected = 0.0
    for each in found.bins:
        inside = places == round(10 * each.high)
        assert each.rows == inside.sum()
        assert each.right == pytest.approx(np.array(hits)[inside].mean())
        assert each.confidence == pytest.approx(np.array(confidences)[inside].mean())
        expected += inside.mean() * abs(each.right - each.confidence)
    assert found.error == pytest.approx(expected)
    assert found.rows == 700
    assert found.right == pytest.approx(np.mean(hits))


def test_a_model_that_is_as_often_right_as_sure_has_no_error() -> None:
    rows = [asked(row, "a" if row % 4 else "b", {"a": 0.75, "b": 0.25}) for row in range(400)]
    found = reliability(rows)
    assert found is not None
    assert found.error == pytest.approx(0, abs=1e-9)
    assert [(each.low, each.high) for each in found.bins] == [(0.7, 0.8)]


def test_without_probabilities_there_is_no_figure() -> None:
    assert reliability([Prediction(0, "a", "a")]) is None
    assert reliability([asked(0, "a", {"a": 1.0})]) is None  # one label: nothing to be unsure between


@pytest.mark.parametrize(("right", "rows"), [(0, 5), (5, 5), (3, 10), (870, 1000)])
def test_the_interval_of_a_bin_equals_scipy_s(right: int, rows: int) -> None:
    expected = binomtest(right, rows).proportion_ci(0.95, method="wilson")
    found = reliability([asked(row, "a" if row < right else "b", {"a": 0.75, "b": 0.25}) for row in range(rows)])
    assert found is not None
    (only,) = found.bins
    assert (only.right_low, only.right_high) == pytest.approx((expected.low, expected.high))
