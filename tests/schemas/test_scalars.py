"""Unquoted words against the tables of the YAML 1.2 core schema, and the house's exception."""

from __future__ import annotations

import math

import pytest

from lfine.schemas.scalars import Scalar, scalar_of


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
def test_nothing(word: str) -> None:
    assert scalar_of(word) is None


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("-3", -3),
        ("0o14", 12),
        ("0x1F", 31),
        ("1e-4", 0.0001),
        ("1E3", 1000.0),
        ("+1.5e+3", 1500.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("0.05", 0.05),
        ("0e5", 0.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.Inf", math.inf),
    ],
)
def test_words_with_a_meaning(word: str, value: Scalar) -> None:
    assert scalar_of(word) == value
    assert type(scalar_of(word)) is type(value)


@pytest.mark.parametrize("word", [".nan", ".NaN", ".NAN"])
def test_not_a_number(word: str) -> None:
    value = scalar_of(word)
    assert isinstance(value, float)
    assert math.isnan(value)


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO", "y", "n", "tRue", "nULL", "none", "None"])
def test_labels_stay_text(word: str) -> None:
    assert scalar_of(word) == word


@pytest.mark.parametrize("word", ["012", "007.5", "-012", "00", "0123456789", "+01e3"])
def test_a_leading_zero_makes_text(word: str) -> None:
    assert scalar_of(word) == word


@pytest.mark.parametrize(
    "word", ["2024-01-31", "12:30:45", "1_000", "1,000", "0b11", "0o9", "0xg", "1e", "-", ".", "+"]
)
def test_neither_dates_nor_sexagesimals_nor_separators(word: str) -> None:
    assert scalar_of(word) == word


@pytest.mark.parametrize("word", ["16\n", "٣", "1 2", "nan", "inf", "-.nan"])
def test_near_misses_of_numbers_are_text(word: str) -> None:
    assert scalar_of(word) == word


def test_more_digits_than_any_key_takes_are_text() -> None:
    assert scalar_of("9" * 400) == int("9" * 400)
    assert scalar_of("9" * 401) == "9" * 401
    assert scalar_of("9" * 1_000_000) == "9" * 1_000_000
