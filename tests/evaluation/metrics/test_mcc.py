"""The Matthews coefficient against scikit-learn, answers that are no label as a label of their own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn import config_context
from sklearn.metrics import matthews_corrcoef

from lfine.evaluation.metrics.mcc import mcc
from tests.evaluation.metrics.asking import Pair, asked, measured, parity, resampled, seeds
from tests.evaluation.metrics.test_label_counts import LABELS, SAMPLES, Sample, codes


@pytest.mark.parametrize(("answers", "expected"), [("aaba", 1 / 3**0.5), ("aaaa", 0.0), ("aabb", 1.0), ("bbaa", -1.0)])
def test_worked_examples(answers: str, expected: float) -> None:
    pairs: list[Pair] = list(zip("aabb", answers, strict=True))
    assert measured(mcc, asked(pairs, labels=("a", "b")))["mcc"] == pytest.approx([expected])


@parity("mcc")
@given(SAMPLES, seeds)
def test_equals_scikit_learn(sample: Sample, seed: int) -> None:
    drawn = resampled(len(sample), seed)
    golds, answers = map(np.asarray, codes(sample, LABELS))
    pairs: list[Pair] = [(gold, answer) for gold, (answer, _) in sample]
    found = measured(mcc, asked(pairs, labels=LABELS), drawn)["mcc"]
    with config_context(skip_parameter_validation=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a single label
        expected = [float(matthews_corrcoef(golds[rows], answers[rows])) for rows in drawn]
    assert found == pytest.approx(expected, abs=1e-12)
