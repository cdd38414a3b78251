"""Precision, recall and F1 of each label against counting by hand, and against the metrics with it as positive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation import intervals
from lfine.evaluation import label_scores as module
from lfine.evaluation.label_scores import label_scores
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.registry import plain
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
        found = label_scores(encode(asked(pairs, labels=LABELS)), confidence=0.95, seed=3, resamples=2)
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


def test_scores_and_intervals_are_those_of_the_metric_for_that_label(scored: Callable[..., Scores]) -> None:
    pairs = [("auto", "auto"), ("auto", "home"), ("home", "home"), ("home", None), ("home", "home")] * 8
    choices = [replace(plain(name), average="binary", positive="home") for name in ("precision", "recall", "f1")]
    scores = scored(pairs, metrics=choices)
    assert scores.per_label is not None
    home = next(each for each in scores.per_label if each.label == "home")
    assert (home.rows, home.answered) == (24, 24)
    assert [home.precision, home.recall, home.f1] == list(scores.metrics.values())
    assert home.recall.low < home.recall.value < home.recall.high


def test_a_text_has_none(scored: Callable[..., Scores]) -> None:
    assert scored([("a", "a")], metrics=("rouge",)).per_label is None


def test_no_rows() -> None:
    assert label_scores(CodedAnswers(("a",), (), ()), confidence=0.9, seed=0) == ()


def test_many_labels_get_fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[int] = []
    drawn = intervals.resampled_rows

    def resampled_rows(n: int, *, seed: int, resamples: int) -> object:
        asked_for.append(resamples)
        return drawn(n, seed=seed, resamples=resamples)

    monkeypatch.setattr(module, "resampled_rows", resampled_rows)
    monkeypatch.setattr(module, "MOST_COUNTS", 3 * 50 * 7)
    coded = CodedAnswers(tuple(map(str, range(50))), tuple(range(40)), tuple(range(40)))
    found = label_scores(coded, confidence=0.9, seed=0)
    assert asked_for == [7]
    assert (len(found), {each.f1.value for each in found}) == (40, {1.0})
