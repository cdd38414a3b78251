"""Precision, recall and F1 of each label against counting by hand, and against the metrics with it as positive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.label_scores import label_scores
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.proportions import wilson
from lfine.evaluation.records import CodedAnswers, Scores
from tests.evaluation.metrics.asking import Pair, asked, often

LABELS = ("a", "b", "c")
SAMPLES = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, "x", None))), min_size=1, max_size=9)


def share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@given(st.lists(SAMPLES, min_size=25, max_size=25))
@often
def test_equals_counting_by_hand(samples: list[list[Pair]]) -> None:
    for pairs in samples:
        found = label_scores(encode(asked(pairs, labels=LABELS)), confidence=0.95)
        assert [each.label for each in found] == [label for label in LABELS if label in dict(pairs)]
        for each in found:
            rows = [answer for gold, answer in pairs if gold == each.label]
            answered = [gold for gold, answer in pairs if answer == each.label]
            precision, recall = (
                share(answered.count(each.label), len(answered)),
                share(rows.count(each.label), len(rows)),
            )
            harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            assert (each.rows, each.answered) == (len(rows), len(answered))
            values = (each.precision.value, each.recall.value, each.f1.value)
            assert values == pytest.approx((precision, recall, harmonic), abs=1e-12)


def test_scores_are_those_of_the_metric_for_that_label_and_intervals_nearly(scored: Callable[..., Scores]) -> None:
    pairs = [("auto", "auto"), ("auto", "home"), ("home", "home"), ("home", None), ("home", "home")] * 8
    choices = [replace(plain(name), average="binary", positive="home") for name in ("precision", "recall", "f1")]
    scores = scored(pairs, metrics=choices)
    assert scores.per_label is not None
    home = next(each for each in scores.per_label if each.label == "home")
    assert (home.rows, home.answered) == (24, 24)
    for ours, theirs in zip((home.precision, home.recall, home.f1), scores.metrics.values(), strict=True):
        assert ours.value == pytest.approx(theirs.value)
        # By formula and resampled; of 24 rows the bootstrap's ends move in steps of 0.04.
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.09)
    assert home.recall.low < home.recall.value < home.recall.high


def test_a_text_has_none(scored: Callable[..., Scores]) -> None:
    assert scored([("a", "a")], metrics=("rouge",)).per_label is None


def test_no_rows() -> None:
    assert label_scores(CodedAnswers(("a",), (), ()), confidence=0.9) == ()


def test_three_right_rows_are_not_proof() -> None:
    (found,) = label_scores(CodedAnswers(("a",), (0, 0, 0), (0, 0, 0)), confidence=0.95)
    assert (found.recall.value, found.recall.high, found.f1.value) == (1.0, 1.0, 1.0)
    assert found.recall.low == found.precision.low == wilson(3, 3, confidence=0.95)[0]
    assert 0.4 < found.recall.low < found.f1.low < 0.7


def test_a_label_that_is_never_answered_has_no_known_precision() -> None:
    (found,) = label_scores(CodedAnswers(("a",), (0, 0), (1, 1)), confidence=0.95)
    assert (found.precision.low, found.precision.value, found.precision.high) == (0.0, 0.0, 1.0)
    assert 0.5 < found.recall.high < 1


def test_f1_of_a_label_holds_its_truth_as_often_as_it_says() -> None:
    """Rows of a label that is right on 60% of the rows with it on either side; F1 is then 0.75."""
    drawn = np.random.default_rng(2).binomial(40, 0.6, size=4000)
    ends = {right: label_scores(_rows(right, 40), confidence=0.9)[0].f1 for right in set(drawn.tolist()) if right}
    held = [ends[right].low <= 0.75 <= ends[right].high for right in drawn.tolist() if right]
    assert sum(held) / len(held) == pytest.approx(0.9, abs=0.03)


def _rows(right: int, union: int) -> CodedAnswers:
    """Return rows of which `right` are right, half of the others gold only and half answered only."""
    wrong = [(0, 1) if place % 2 else (1, 0) for place in range(union - right)]
    golds, answers = zip(*[(0, 0)] * right, *wrong, strict=True)
    return CodedAnswers(("a", "b"), golds, answers)
