"""Bounded error against scikit-learn's mean absolute error, and what is no number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error

from lfine.evaluation.metrics.bounded_error import bounded_error
from lfine.evaluation.metrics.registry import plain
from tests.evaluation.metrics.asking import asked, often, per_row, unjudged

FIVE = replace(plain("bounded_error"), range=5.0)
NUMBERS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=25, max_size=25)


@pytest.mark.parametrize(
    ("gold", "answer", "score"),
    [
        ("4", "3.5", 0.9),
        ("0", "12", 0.0),
        ("4", "-3", 0.0),
        ("4", "4 of 5", 0.0),
        ("4", " 4.0. ", 1.0),
        ("4", None, 0.0),
    ],
)
def test_worked_examples(gold: str, answer: str | None, score: float) -> None:
    assert per_row(bounded_error, asked([(gold, answer)], FIVE)) == pytest.approx((score,))


@given(NUMBERS, st.integers(5, 40))
@often
def test_equals_one_minus_the_mean_absolute_error(numbers: list[tuple[int, int]], width: int) -> None:
    pairs = [(gold / 100, answer / 100) for gold, answer in numbers]
    answered = asked([(str(gold), str(answer)) for gold, answer in pairs], replace(FIVE, range=float(width)))
    found = per_row(bounded_error, answered)
    expected = 1 - mean_absolute_error(*zip(*pairs, strict=True)) / width
    assert sum(found) / len(found) == pytest.approx(expected, abs=1e-12)


def test_what_is_no_number_is_counted() -> None:
    answered = asked([("1", "1"), ("1", "one"), ("1", "1e999"), ("1", None)], FIVE)
    assert unjudged(bounded_error, answered) == 2
    assert bounded_error.judges("2.5")
    assert not bounded_error.judges("about 2.5")
    assert bounded_error.needs == ("range",)
