"""Text forms and content hashes."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.finetune.data.values import (
    answer_of,
    content_hash,
    decimal_commas,
    number_of,
    signed_number,
    text_of,
    whole_of,
)
from lfine.schemas.errors import TaskError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" as it is\n", " as it is\n"),
        (None, ""),
        (float("nan"), ""),
        (float("inf"), "inf"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-12, "-12"),
        (10**30, "1" + "0" * 30),
        (5.0, "5.0"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (["é", 1, None, True], '["é", 1, null, true]'),
        ({"b": 1, "a": {"c": []}}, '{"b": 1, "a": {"c": []}}'),
        ((1, 2), "[1, 2]"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (dt.datetime(2024, 2, 29, 13, 5, tzinfo=dt.UTC), "2024-02-29T13:05:00+00:00"),
        (dt.time(13, 5), "13:05:00"),
        (dt.timedelta(seconds=90), "0:01:30"),
        (decimal.Decimal("1.50"), "1.50"),
        (decimal.Decimal("1E+3"), "1000"),
        ([dt.date(2024, 2, 29)], '["2024-02-29"]'),
    ],
)
def test_text_form(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [b"\x89PNG", [b"x"], {"bytes": b"x"}, object()])
def test_bytes_and_strangers_are_refused(value: object) -> None:
    with pytest.raises(TaskError) as caught:
        text_of(value)
    assert caught.value.problems[0].code == "LF302"
    assert "has no text form" in caught.value.problems[0].message


def test_answers_lose_outer_white_space_only() -> None:
    assert answer_of("\n two  words \t") == "two  words"
    assert answer_of(None) == ""
    assert answer_of(0) == "0"


def test_hash_is_that_of_seed_and_lengths_and_texts() -> None:
    # written out once, so that a change of the form, which would move every held-out sample, is seen
    expected = hashlib.sha256(b"42|1|1|3|\xe6\x97\xa5|0|").digest()
    assert content_hash({"c": None, "b": "日", "a": 1}, ("c", "a", "b"), 42) == expected


def test_hash_does_not_know_types_or_column_order() -> None:
    typed: dict[str, object] = {"a": 1, "b": 5.0, "c": True, "d": None}
    texts: dict[str, object] = {"d": "", "c": "true", "b": "5.0", "a": "1"}
    assert content_hash(typed, ("a", "b", "c", "d"), 1) == content_hash(texts, ("d", "c", "b", "a"), 1)


def test_hash_knows_the_seed_and_only_the_named_columns() -> None:
    row: dict[str, object] = {"a": "x", "b": "y"}
    assert content_hash(row, ("a",), 1) != content_hash(row, ("a",), 2)
    assert content_hash(row, ("a",), 1) == content_hash({"a": "x", "b": "z"}, ("a",), 1)
    assert content_hash(row, ("a", "b"), 1) != content_hash({"a": "x", "b": "z"}, ("a", "b"), 1)


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 20))
def test_neighbouring_texts_cannot_run_together(left: str, right: str, cut: int) -> None:
    joined = left + right
    moved: dict[str, object] = {"a": joined[:cut], "b": joined[cut:]}
    same = moved["a"] == left
    equal = content_hash({"a": left, "b": right}, "ab", 0) == content_hash(moved, "ab", 0)
    assert equal is same


def test_digits_at_the_start_of_a_text_are_no_length() -> None:
    assert content_hash({"a": "1|x", "b": ""}, "ab", 0) != content_hash({"a": "", "b": "1|x"}, "ab", 0)
    assert content_hash({"a": "x"}, "a", 1) != content_hash({"a": "x"}, "a", 11)


@pytest.mark.parametrize(
    ("value", "number", "whole"),
    [
        (5, 5, 5),
        ("5", 5, 5),
        (" -5.0 ", -5.0, -5),
        (".5", 0.5, None),
        ("1e3", 1000.0, 1000),
        (decimal.Decimal("2.50"), 2.5, None),
        ("9" * 30, int("9" * 30), int("9" * 30)),
    ],
)
def test_numbers_and_texts_of_numbers(value: object, number: float, whole: int | None) -> None:
    assert (number_of(value), whole_of(value)) == (number, whole)


@pytest.mark.parametrize(
    "value",
    [None, "", True, "true", "1,000", "1_000", "five", "٥", "nan", "inf", float("nan"), float("inf"), "1e999", [5]],
)
def test_what_is_no_number(value: object) -> None:
    assert number_of(value) is None
    assert whole_of(value) is None


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["955,40", "1.433,05", "-7,5"], True),
        (["1,234", "0,5"], True),
        (["1,234", "7,000"], False),
        (["1,234.50"], False),
        (["955.40"], False),
        (["955,40", "about 7,5"], False),
        ([], False),
    ],
)
def test_decimal_commas(texts: list[str], found: bool) -> None:
    assert decimal_commas(texts) is found


@pytest.mark.parametrize(
    ("text", "comma", "point"),
    [
        ("1.234,50", 1234.5, None),
        ("1,234.50", None, 1234.5),
        (" -955,40 ", -955.4, None),
        ("1.234.567", 1234567, None),
        ("1.234", 1234, 1.234),
        ("1,234", 1.234, 1234),
        ("12", 12, 12),
        ("12,00", 12.0, None),
        ("1 234,5", 1234.5, None),
        ("1\u202f234\u00a0567,5", 1234567.5, None),
        ("1'234.50", None, 1234.5),
        ("1.23,5", None, None),
        ("1234.567,8", None, None),
        ("1,5,5", None, None),
        (",5", None, None),
        ("12 €", None, None),
        ("", None, None),
    ],
)
def test_numbers_with_a_decimal_sign(text: str, comma: float | None, point: float | None) -> None:
    for sign, expected in ((",", comma), (".", point)):
        found = signed_number(text, sign)  # type: ignore[arg-type] # the signs there are
        assert (found, type(found)) == (expected, type(expected))
