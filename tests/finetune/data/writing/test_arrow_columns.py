"""The type of a column, and when there is none."""

from __future__ import annotations

import datetime as dt
import decimal

import pytest

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.arrow_columns import arrow_table
from lfine.finetune.data.writing.rewritten import Rewritten


def column(*values: object) -> tuple[str, list[object], tuple[Rewritten, ...]]:
    table, said = arrow_table(Rows(("x",), tuple({"x": value} for value in values)))
    return str(table.schema.field("x").type), table.column("x").to_pylist(), said


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("a", None, ""), "string"),
        ((1, None, 2), "int64"),
        ((1.5, None), "double"),
        ((True, False), "bool"),
        ((dt.date(2024, 2, 29),), "date32[day]"),
        ((dt.datetime(2024, 2, 29, 1, tzinfo=dt.UTC),), "timestamp[us, tz=UTC]"),
        (([1], [], None), "list<item: int64>"),
        (({"a": 1, "b": None}, {"a": 2, "b": "x"}), "struct<a: int64, b: string>"),
        ((decimal.Decimal("1.10"), decimal.Decimal("2.20")), "decimal128(3, 2)"),
    ],
)
def test_one_type_that_gives_every_value_back(values: tuple[object, ...], kind: str) -> None:
    assert column(*values) == (kind, list(values), ())


def test_nothing_is_a_column_of_texts() -> None:
    assert column(None, None) == ("string", [None, None], ())


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((1, 2.5), ["1", "2.5"]),
        ((1, "x", None), ["1", "x", None]),
        ((2**70, 1), ["1180591620717411303424", "1"]),
        (({"a": 1}, {"b": 2}), ['{"a": 1}', '{"b": 2}']),
        (({}, {}), ["{}", "{}"]),
        (([1], "x"), ["[1]", "x"]),
        (([{}],), ["[{}]"]),
        ((decimal.Decimal("1.1"), decimal.Decimal("1.10")), ["1.1", "1.10"]),
        ((True, 1), ["true", "1"]),
    ],
)
def test_what_one_type_would_change_is_text(values: tuple[object, ...], texts: list[str]) -> None:
    kind, found, said = column(*values)
    assert (kind, found) == ("string", texts)
    others = [value for value in values if value is not None and not isinstance(value, str)]
    assert sum(each.rows for each in said) == len(others)
    assert {each.form for each in said} <= {"text", "JSON text"}
