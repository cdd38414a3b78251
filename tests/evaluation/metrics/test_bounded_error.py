"""Bounded error against scikit-learn's mean absolute error, and what is no number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error

from lfine.evaluation.metrics.bounded_error import bounded_error
from lfine.evaluation.metrics.registry import plain
from tests.evaluation.metrics.asking import asked, parity, per_row, unjudged

FIVE = replace(plain("bounded_error"), range=5.0)
CENTS = st.integers(-600, 600) | st.sampled_from((0, 500, -100, 123456))
FORMS = ("{}", " {}. ", "{:,}", "{:.3f}\n")
UNREAD = ("", "none", "4 of 5", "nan", "inf", "1e999", "4.0 4.0", "½", "-")
CASES = st.lists(
    st.tuples(CENTS, CENTS, st.sampled_from((*FORMS, *FORMS, "gold", "gold", None, *UNREAD))), min_size=1, max_size=3
)


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


@parity("bounded_error")
@given(CASES, st.integers(1, 40))
def test_equals_one_minus_the_mean_absolute_error(cases: list[tuple[int, int, str | None]], width: int) -> None:
    """Of answers kept within the range on either side of the gold number; what is no number lies at its end."""
    golds = [gold / 100 for gold, _, _ in cases]
    pairs, answers = [], []
    for gold, (_, cents, form) in zip(golds, cases, strict=True):
        number = gold if form == "gold" else cents / 100
        read = form == "gold" or form in FORMS
        pairs.append((str(gold), (form or "").format(number) if form in FORMS else str(gold) if read else form))
        answers.append(min(max(number, gold - width), gold + width) if read else gold + width)
    answered = asked(pairs, replace(FIVE, range=float(width)))
    found = per_row(bounded_error, answered)
    expected = 1 - mean_absolute_error(golds, answers) / width
    assert sum(found) / len(found) == pytest.approx(expected, abs=1e-12)
    assert all(0 <= each <= 1 for each in found)
    assert unjudged(bounded_error, answered) == sum(form in UNREAD for _, _, form in cases)


def test_what_is_no_number_is_counted() -> None:
    answered = asked([("1", "1"), ("1", "one"), ("1", "1e999"), ("1", None)], FIVE)
    assert unjudged(bounded_error, answered) == 2
    assert bounded_error.judges("2.5")
    assert not bounded_error.judges("about 2.5")
    assert bounded_error.needs == ("range",)
