"""What is said of values that have another form in the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.rewritten import Rewritten, as_text, by_column, in_words, kind_of, tally


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "missing value"),
        ("", "empty text"),
        ("x", "text"),
        (True, "boolean"),
        (1, "whole number"),
        (1.5, "number"),
        (float("nan"), "NaN"),
        (dt.datetime(2024, 1, 1), "moment"),
        (dt.date(2024, 1, 1), "date"),
        ((1,), "list"),
        ({}, "object"),
        (b"", "bytes"),
    ],
)
def test_kinds(value: object, kind: str) -> None:
    assert kind_of(value) == kind


def test_nested_values_are_json_text() -> None:
    assert (as_text([1]), as_text(1)) == (("list", "JSON text"), ("whole number", "text"))


def test_values_by_column_ask_for_every_row_once() -> None:
    class Counted(tuple[dict[str, object], ...]):
        asked = 0

        def __iter__(self) -> Iterator[dict[str, object]]:
            Counted.asked += 1
            return super().__iter__()

    rows = Counted(({"a": 1, "b": "x"}, {"a": None, "b": ""}))
    assert by_column(Rows(("b", "a"), rows)) == {"b": ["x", ""], "a": [1, None]}
    assert Counted.asked == 1


def test_the_most_frequent_first() -> None:
    found = [("date", "text"), ("list", "JSON text"), ("list", "JSON text")]
    assert tally("x", found) == (Rewritten("x", "list", "JSON text", 2), Rewritten("x", "date", "text", 1))


def test_one_line_for_each_kind_and_form() -> None:
    said = [
        Rewritten("tags", "list", "JSON text", 12),
        Rewritten("n", "number", "text", 1),
        Rewritten("more", "list", "JSON text", 1),
    ]
    assert in_words(said) == (
        "lists are written as JSON text: 'tags' (12 rows), 'more' (1 row)",
        "numbers are written as text: 'n' (1 row)",
    )
    assert said[0].record() == {"column": "tags", "kind": "list", "form": "JSON text", "rows": 12}
