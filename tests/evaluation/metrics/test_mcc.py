"""The Matthews coefficient against scikit-learn, answers that are no label as a label of their own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.metrics import matthews_corrcoef

from lfine.evaluation.metrics.mcc import mcc
from tests.evaluation.metrics.asking import Pair, asked, measured, often, resampled, seeds

LABELS = ("a", "b", "c")
SAMPLES = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, "a", "b", "x", None))), min_size=1, max_size=9
)


@pytest.mark.parametrize(("answers", "expected"), [("aaba", 1 / 3**0.5), ("aaaa", 0.0), ("aabb", 1.0), ("bbaa", -1.0)])
def test_worked_examples(answers: str, expected: float) -> None:
    pairs: list[Pair] = list(zip("aabb", answers, strict=True))
    assert measured(mcc, asked(pairs, labels=LABELS))["mcc"] == pytest.approx([expected])


@given(SAMPLES, seeds)
@often
def test_equals_scikit_learn(pairs: list[Pair], seed: int) -> None:
    drawn = resampled(len(pairs), seed)
    golds = np.asarray([LABELS.index(gold) for gold, _ in pairs])
    answers = np.asarray([LABELS.index(answer) if answer in LABELS else len(LABELS) for _, answer in pairs])
    found = measured(mcc, asked(pairs, labels=LABELS), drawn)["mcc"]
    with config_context(skip_parameter_validation=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a single label
        expected = [float(matthews_corrcoef(golds[rows], answers[rows])) for rows in drawn]
    assert found == pytest.approx(expected, abs=1e-12)
