"""Numbers inside texts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.numerals import last_number, only_number, value_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a 12, b 13.", "13"),
        ("1,234,567.89 dollars", "1234567.89"),
        ("1,23", "23"),  # no thousands: two numbers
        ("12,345,6", "6"),
        ("10-3", "3"),
        ("(5)-3", "3"),
        ("x = -3", "-3"),
        ("3.", "3"),
        ("version 1.2.3", "3"),
        ("2e3 metres", "2e3"),
        ("2e metres", "2"),
        ("-.5", "-.5"),
        ("", None),
        ("no", None),
        ("٣", None),  # digits of other scripts are left alone
    ],
)
def test_the_last_number(text: str, number: str | None) -> None:
    assert last_number(text) == number


@given(st.integers(-(10**12), 10**12), st.sampled_from(["", "it is ", "3 + 4 = ", "$"]))
def test_a_whole_number_is_found_with_and_without_commas(number: int, before: str) -> None:
    assert value_of(f"{before}{number} of them") == value_of(f"{before}{number:,}.") == Decimal(number)


@given(st.text(max_size=60))
def test_whatever_is_found_is_a_number(text: str) -> None:
    found = last_number(text)
    assert found is None or Decimal(found).is_finite()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 4.50.", 4.5),
        ("-3", -3.0),
        ("1,200", 1200.0),
        ("1e3", 1000.0),
        ("4.5 of 5", None),
        ("$5", None),
        ("five", None),
        ("", None),
        ("1e999", None),  # no float
        ("nan", None),
    ],
)
def test_a_text_that_is_a_number_and_nothing_else(text: str, number: float | None) -> None:
    assert only_number(text) == number
