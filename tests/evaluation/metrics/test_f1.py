"""Macro f1 where its definition matters; parity with scikit-learn stands in test_label_counts.py."""

from __future__ import annotations

import numpy as np
import pytest

from lfine.evaluation.metrics.f1 import f1
from lfine.evaluation.metrics.registry import Answered, Corpus


def macro_f1(golds: tuple[str, ...], answers: tuple[str | None, ...]) -> float:
    result = f1.compute(Answered(golds, answers, ("a", "b", "never")))
    assert isinstance(result, Corpus)
    return float(result.statistic(np.arange(len(golds))[None, :])[0])


def test_labels_without_a_gold_row_do_not_count() -> None:
    assert macro_f1(("a", "b"), ("a", "b")) == 1.0


def test_all_wrong_and_all_missing_are_zero() -> None:
    assert macro_f1(("a", "b"), ("b", "a")) == 0.0
    assert macro_f1(("a", "b"), (None, "?")) == 0.0


def test_one_label_answered_everywhere() -> None:
    # Label a: answered twice, once rightly; label b: never answered, 0.
    assert macro_f1(("a", "b"), ("a", "a")) == pytest.approx((2 * 1 / 3 + 0) / 2)
