"""Numbers in words: recorded from inflect 7.6.0, and read back by adding up the words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.lora_land.number_words import SMALL, TENS, THOUSANDS, number_words
from tests.evaluation.metrics.asking import often

RECORDED = {
    0: "zero",
    1: "one",
    12: "twelve",
    -5: "minus five",
    21: "twenty-one",
    100: "one hundred",
    115: "one hundred and fifteen",
    1000: "one thousand",
    1001: "one thousand and one",
    1023: "one thousand and twenty-three",
    1100: "one thousand, one hundred",
    86598: "eighty-six thousand, five hundred and ninety-eight",
    1000000: "one million",
    1000001: "one million and one",
    1005000: "one million, five thousand",
    2000100: "two million, one hundred",
    -999999: "minus nine hundred and ninety-nine thousand, nine hundred and ninety-nine",
    10**35: "one hundred decillion",
}


@pytest.mark.parametrize(("number", "inflect"), RECORDED.items())
def test_equals_inflect_but_for_hyphens_and_commas(number: int, inflect: str) -> None:
    assert number_words(number) == inflect.replace("-", " ").replace(",", "")


def read_back(words: list[str]) -> int:
    total, group = 0, 0
    for word in words:
        if word in SMALL:
            group += SMALL.index(word)
        elif word in TENS:
            group += 10 * TENS.index(word)
        elif word == "hundred":
            group *= 100
        elif word in THOUSANDS:
            total += group * 1000 ** THOUSANDS.index(word)
            group = 0
        else:
            assert word == "and"
    return total + group


@given(st.integers(0, 35).flatmap(lambda power: st.integers(0, 10**power)))
@often
def test_words_read_back_are_the_number(number: int) -> None:
    assert read_back((number_words(number) or "").split()) == number
    assert number_words(-number) == ("minus " * (number > 0)) + (number_words(number) or "")


def test_beyond_the_words() -> None:
    assert number_words(10**36 - 1) is not None
    assert number_words(10**36) is None
    assert number_words(-(10**36)) is None
