"""Numeric match: hand-worked cases, and against fractions of which the numbers in the texts were written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.numeric_match import numeric_match
from lfine.evaluation.metrics.registry import Answered, PerExample
from tests.evaluation.metrics.asking import asked, parity, per_row, unjudged


def scores(golds: list[str], answers: list[str | None]) -> list[float]:
    result = numeric_match.compute(Answered(tuple(golds), tuple(answers), ()))
    assert isinstance(result, PerExample)
    return list(result.scores["numeric_match"])


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("72", "72", 1.0),
        ("He bakes 3 * 24 = <<3*24=72>>72 cakes.\n#### 72", "It is 24 + 48 = 72.0.", 1.0),
        ("1,200", "$1200", 1.0),
        ("0.5", ".5", 1.0),
        ("100", "1e2", 1.0),
        ("-3", "- 3", 0.0),  # a hyphen apart is no sign
        ("-3", "−3", 1.0),  # the typographic minus
        ("0.33", "0.333", 0.0),
        ("72", "seventy-two", 0.0),
        ("72", None, 0.0),
        ("72", "72 or 73", 0.0),  # the last one counts
        ("7", "10-3 = 7", 1.0),
    ],
)
def test_hand_worked_cases(gold: str, answer: str | None, expected: float) -> None:
    assert scores([gold], [answer]) == [expected]


SIZES = (0, 1, 2, 12, 999, 1000, 1200, 86598, 1234567, 2**60, 2**60 + 1)
DIGITS = ("", "0", "5", "50", "25", "333")
BEFORE = ("", "It is ", "3 * 400 = ", "#### ", "in 1999: 12, so ", "= $", "€", "(", "x=", "é ", "a\n")
AFTER = ("", ".", " apples.", "\n", " €", ")", "%", ", or so", "!", "…")
NUMBERS = st.builds(
    lambda minus, size, digits, parted: (
        f"{minus}{size:,}" * parted + f"{minus}{size}" * (not parted) + (f".{digits}" if digits else ""),
        (-1 if minus else 1) * (size + Fraction(int(digits or 0), 10 ** len(digits))),
    ),
    st.sampled_from(("", "", "-", "−")),
    st.sampled_from(SIZES),
    st.sampled_from(DIGITS),
    st.booleans(),
)
"""How a number is written, and what it is."""
Written = tuple[str, Fraction | None]
TEXTS: st.SearchStrategy[Written] = st.builds(
    lambda before, number, after: (f"{before}{number[0]}{after}", number[1]),
    st.sampled_from(BEFORE),
    NUMBERS,
    st.sampled_from(AFTER),
)
WITHOUT: list[Written] = [(text, None) for text in ("", "seventy-two", "$", "-", "…", "½", "٣")]


@parity("numeric_match")
@given(TEXTS, st.one_of(TEXTS, TEXTS, st.sampled_from(WITHOUT), st.none()), st.sampled_from(("", "again ", None)))
def test_equals_the_fractions(gold: Written, other: Written | None, copied: str | None) -> None:
    """Half of the answers are another number, and the others the gold answer in other words."""
    answer = other if copied is None else (copied + gold[0], gold[1])
    answered = asked([(gold[0], None if answer is None else answer[0])])
    expected = answer is not None and answer[1] == gold[1]
    assert per_row(numeric_match, answered) == (float(expected),), answered.rows
    assert unjudged(numeric_match, answered) == (answer is not None and answer[1] is None)
    assert numeric_match.judges(gold[0])


def test_which_golds_it_can_judge() -> None:
    assert numeric_match.judges("#### 5")
    assert not numeric_match.judges("five")
