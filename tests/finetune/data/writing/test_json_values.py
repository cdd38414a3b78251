"""What strict JSON has no form for."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.values import text_of
from lfine.finetune.data.writing.json_values import json_texts, json_value
from lfine.finetune.data.writing.rewritten import Rewritten


@pytest.mark.parametrize("value", ["é\n", 4, 0.1, True, None, ["a", {"b": None}], {"a": [1.5, "x"]}, 10**40, []])
def test_what_json_holds_stays(value: object) -> None:
    assert json_value(value) == (value, None)


@pytest.mark.parametrize(
    ("value", "written", "kind", "form"),
    [
        (dt.date(2024, 2, 29), "2024-02-29", "date", "text"),
        (dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC), "2024-02-29T12:00:00+00:00", "moment", "text"),
        (dt.time(3, 4), "03:04:00", "time", "text"),
        (decimal.Decimal("1.10"), "1.10", "decimal number", "text"),
        (float("inf"), "inf", "number", "text"),
        ([1.0, math.inf], "[1.0, Infinity]", "list with a number that is none", "JSON text"),
    ],
)
def test_what_it_does_not_hold_is_said(value: object, written: object, kind: str, form: str) -> None:
    assert json_value(value) == (written, (kind, form))
    assert text_of(written) == text_of(value)


def test_a_number_that_is_none_is_null() -> None:
    assert json_value(float("nan")) == (None, ("NaN", "nothing"))


def test_dates_within_a_list_are_their_texts() -> None:
    assert json_value([dt.date(2024, 2, 29)]) == (["2024-02-29"], None)


def test_rows_are_counted_by_column() -> None:
    day = dt.date(2024, 2, 29)
    rows = Rows(("q", "d"), ({"q": "x", "d": day}, {"q": day, "d": day}))
    texts, said = json_texts(rows)
    assert [json.loads(text) for text in texts] == [
        {"q": "x", "d": "2024-02-29"},
        {"q": "2024-02-29", "d": "2024-02-29"},
    ]
    assert said == (Rewritten("q", "date", "text", 1), Rewritten("d", "date", "text", 2))
