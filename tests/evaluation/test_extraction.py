"""Hand-worked cases of each way to take an answer out of a prediction. *Not here:* whether it is right."""

from __future__ import annotations

import typing

import pytest

from lfine.evaluation import extraction
from lfine.evaluation.extraction import check_extract, extract_answer
from lfine.schemas.errors import RunError
from lfine.schemas.task import Extract

LABELS = ("auto", "auto claims", "home", "c++", "C", "non-life")
LABEL = Extract("label", None, None)
NONE, FIRST_LINE, LAST_NUMBER = (
    Extract("none", None, None),
    Extract("first_line", None, None),
    Extract("last_number", None, None),
)


def by_pattern(pattern: str) -> Extract:
    return Extract("regex", pattern, None)


def by_field(field: str) -> Extract:
    return Extract("json_field", None, field)


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
    assert extract_answer(prediction, LABEL, LABELS) == answer


def test_longest_label_wins_over_an_overlapping_one() -> None:
    assert extract_answer("new york city hall", LABEL, ("new york", "york city hall")) == "york city hall"


def test_labels_that_differ_in_case_only_cannot_be_told_apart() -> None:
    assert extract_answer("us", LABEL, ("US", "us", "them")) is None
    assert extract_answer("them", LABEL, ("US", "us", "them")) == "them"


def test_labels_are_no_patterns() -> None:
    assert extract_answer("abc", LABEL, ("a.c", "b")) is None
    assert extract_answer("it is a.c", LABEL, ("a.c", "b")) == "a.c"


@pytest.mark.parametrize(
    ("prediction", "answer"),
    [("\n  yes \nno", "yes"), ("yes", "yes"), ("\r\n\r\n no\r\n", "no"), (" \n ", None), (None, None)],
)
def test_first_line_is_the_first_with_text(prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, FIRST_LINE, ()) == answer


@pytest.mark.parametrize(
    ("prediction", "answer"), [(" a\nb \n", "a\nb"), ("", None), ("\n", None), (None, None), ("x", "x")]
)
def test_none_strips_and_keeps_the_rest(prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, NONE, ("ignored",)) == answer


@pytest.mark.parametrize(
    ("pattern", "prediction", "answer"),
    [
        ("Answer: (.*)", "Answer: 3\nno,\nAnswer:  4 ", "4"),  # the last match, stripped
        (r"\d+ apples", "2 apples and 30 apples", "30 apples"),  # no group: the whole match
        ("(a)|b", "a b", None),  # the last match has no first group
        ("(x) (y)", "x y", "x"),  # the first of two groups
        ("Answer: (.*)", "answer: 3", None),
        ("Answer:(.*)", "Answer:   ", None),  # nothing in it
        ("(?s)<a>(.*?)</a>", "<a>1\n2</a>", "1\n2"),
        ("x*", "aab", None),
        ("(.*)", None, None),
    ],
)
def test_a_pattern_takes_the_first_group_of_its_last_match(
    pattern: str, prediction: str | None, answer: str | None
) -> None:
    assert extract_answer(prediction, by_pattern(pattern), ()) == answer


def test_a_pattern_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "PATTERN_SECONDS", 0.05)
    with pytest.raises(RunError) as caught:
        extract_answer("x" * 5000 + "y", by_pattern(r"(x+x+)+z"), ())
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF520", "evaluation.extract.pattern")
    assert "for an answer of 5,001 characters" in problem.message


@pytest.mark.parametrize(
    ("field", "prediction", "answer"),
    [
        ("answer", '{"answer": " yes "}', "yes"),
        ("a.b.1", '{"a": {"b": [1, 2.50]}}', "2.5"),
        ("a", '{"a": {"b": [1]}}', '{"b": [1]}'),
        ("a", '{"a": true}', "true"),
        ("a", '{"a": null}', None),
        ("a", '{"b": 1}', None),
        ("a.b", '{"a": "text"}', None),
        ("0", '["first"]', "first"),
        ("7", '["first"]', None),
        ("a", 'Sure:\n```json\n{"a": "é"}\n```', "é"),
        ("a", 'not [this] but {"a": 1} and {"a": 2}', "1"),  # [this] is no JSON; of two objects the first
        ("a", "no JSON", None),
        ("a", '{"a": 1', None),
        ("a", None, None),
    ],
)
def test_a_field_of_a_json_answer(field: str, prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, by_field(field), ()) == answer


@pytest.mark.parametrize(
    ("prediction", "answer"),
    [("3 * 4 = 12 apples.", "12"), ("$1,234.50", "1234.50"), ("none", None), (None, None), ("a -7", "-7")],
)
def test_the_last_number(prediction: str | None, answer: str | None) -> None:
    assert extract_answer(prediction, LAST_NUMBER, ()) == answer


def test_every_type_of_the_language_has_a_way() -> None:
    kinds = typing.get_args(typing.get_type_hints(Extract)["type"])
    for kind in kinds:
        extract = Extract(kind, "a" if kind == "regex" else None, "a" if kind == "json_field" else None)
        assert extract_answer(None, extract, ("a",)) is None
        assert check_extract(extract, "category") == []


@pytest.mark.parametrize(
    ("extract", "output_type", "code", "path"),
    [
        (Extract("regex", None, None), "text", "LF270", "evaluation.extract.pattern"),
        (Extract("json_field", None, None), "text", "LF271", "evaluation.extract.field"),
        (Extract("first_line", "a", None), "text", "LF272", "evaluation.extract.pattern"),
        (Extract("none", None, "a"), "text", "LF272", "evaluation.extract.field"),
        (Extract("regex", "(a", None), "text", "LF273", "evaluation.extract.pattern"),
        (Extract("label", None, None), "number", "LF274", "evaluation.extract"),
    ],
)
def test_what_is_wrong_with_an_extraction(extract: Extract, output_type: str, code: str, path: str) -> None:
    (problem,) = check_extract(extract, output_type)
    assert (problem.code, problem.path) == (code, path)
