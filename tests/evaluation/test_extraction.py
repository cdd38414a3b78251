"""Hand-worked cases of each way to take an answer out of a prediction. *Not here:* whether it is right."""

from __future__ import annotations

import pytest

from lfine.evaluation.extraction import EXTRACTIONS, extract_answer

LABELS = ("auto", "auto claims", "home", "c++", "C", "non-life")


@pytest.mark.parametrize(
    ("prediction", "answer"),
    [
        ("auto", "auto"),
        ("  AUTO. ", "auto"),
        ("auto claims", "auto claims"),
        ("I would say: Auto\n claims!", "auto claims"),
        ("auto claims, not auto", None),  # two labels
        ("home or auto", None),
        ("home, home, HOME", "home"),  # the same one three times
        ("automatic homes", None),  # no whole word
        ("it is c++.", "c++"),
        ("c", "C"),
        ("non-life", "non-life"),
        ("", None),
        ("   \n", None),
        (None, None),
        ("none of them", None),
    ],
)
def test_label_is_the_one_that_is_named(prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, "label", LABELS) == answer


def test_longest_label_wins_over_an_overlapping_one() -> None:
    assert extract_answer("new york city hall", "label", ("new york", "york city hall")) == "york city hall"


def test_labels_that_differ_in_case_only_cannot_be_told_apart() -> None:
    assert extract_answer("us", "label", ("US", "us", "them")) is None
    assert extract_answer("them", "label", ("US", "us", "them")) == "them"


def test_labels_are_no_patterns() -> None:
    assert extract_answer("abc", "label", ("a.c", "b")) is None
    assert extract_answer("it is a.c", "label", ("a.c", "b")) == "a.c"


@pytest.mark.parametrize(
    ("prediction", "answer"),
    [("\n  yes \nno", "yes"), ("yes", "yes"), ("\r\n\r\n no\r\n", "no"), (" \n ", None), (None, None)],
)
def test_first_line_is_the_first_with_text(prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, "first_line", ()) == answer


@pytest.mark.parametrize(
    ("prediction", "answer"), [(" a\nb \n", "a\nb"), ("", None), ("\n", None), (None, None), ("x", "x")]
)
def test_none_strips_and_keeps_the_rest(prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, "none", ("ignored",)) == answer


def test_unknown_extraction_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"none, first_line, label.*'json'"):
        extract_answer("a", "json", ())
    assert EXTRACTIONS == ("none", "first_line", "label")
