"""Which last row is one of totals, and which is an example like the others."""

from __future__ import annotations

import pytest

from lfine.finetune.data.stored import FEW, stored_rows
from lfine.finetune.data.totals import TotalRow, total_row

ABOVE: list[dict[str, object]] = [
    {"what": "repair", "who": "a", "price": 30},
    {"what": "paint", "who": "b", "price": 12.5},
    {"what": "wash", "who": "a", "price": 7.5},
]


def found(last: dict[str, object], above: list[dict[str, object]] = ABOVE) -> TotalRow | None:
    whole = {name: last.get(name) for name in above[0]}
    return total_row(tuple(above[0]), [*above, whole])


@pytest.mark.parametrize("word", ["Total", "TOTAL:", " Sum", "Summe", "Gesamt", "Grand Total", "Итого", "* total *"])
def test_a_row_whose_only_text_is_such_a_word(word: str) -> None:
    total = found({"what": word, "price": 99})
    assert total is not None
    assert total.row_id == 3
    assert total.why == f"its only text is {word.strip()!r}"
    assert "the last row (row 3, counted from 0) looks like a row of totals" in total.message


def test_the_word_may_stand_alone_and_in_any_column() -> None:
    assert found({"who": "total"}) is not None


@pytest.mark.parametrize("text", [None, "All prices together"])
def test_a_sum_beside_a_cell_that_is_empty(text: str | None) -> None:
    total = found({"what": text, "price": 50})
    assert total is not None
    assert total.why == "50 in 'price' is the sum of all above"


def test_sums_of_texts_and_with_decimal_commas() -> None:
    points: list[dict[str, object]] = [{**row, "price": str(row["price"])} for row in ABOVE]
    commas: list[dict[str, object]] = [{**row, "price": str(row["price"]).replace(".", ",")} for row in ABOVE]
    assert found({"price": "50.0"}, points) is not None
    assert found({"price": "50,00"}, commas) is not None
    assert found({"price": "50,10"}, commas) is None


@pytest.mark.parametrize(
    "last",
    [
        {"what": "wax", "who": "b", "price": 50},  # a sum by chance: no cell is empty
        {"what": "wax", "price": 51},
        {"what": "total", "who": "b", "price": 50},
        {"what": "total loss of the car", "price": 9},
        {"what": "wax"},
        {},
    ],
)
def test_an_example_like_the_others(last: dict[str, object]) -> None:
    assert found(last) is None


def test_a_word_that_is_an_answer_here() -> None:
    above: list[dict[str, object]] = [{"n": at, "kind": "sum" if at else "product"} for at in range(5)]
    assert found({"n": 9, "kind": "sum"}, above) is None
    assert found({"kind": "sum"}, [{"kind": "a"}, {"kind": "b"}, {"kind": "c"}]) is None, "a column alone"


def test_labels_that_are_numbers_are_no_sums() -> None:
    above: list[dict[str, object]] = [{"text": "x", "label": at % 2} for at in range(2)] * 2
    assert found({"text": "y", "label": 2}, above) is None
    zeros: list[dict[str, object]] = [{"text": "x", "label": 0}] * 4
    assert found({"label": 0}, zeros) is None
    assert found({"label": 1}, [*zeros, {"text": "x", "label": 1}]) is None, "one number is no sum"


def test_a_column_that_is_often_empty_says_nothing() -> None:
    above: list[dict[str, object]] = [{**row, "who": None} for row in ABOVE]
    assert found({"what": "wax", "price": 50}, above) is None


def test_few_rows_and_many() -> None:
    assert found({"what": "Total"}, ABOVE[:2]) is None
    rows = stored_rows(("a", "n"), ({"a": "x", "n": 1} for _ in range(FEW + 5)))
    assert total_row(("a", "n"), rows) is None
    many = stored_rows(
        ("a", "n"), ({"a": "x" if at else None, "n": (at and 1) or FEW + 4} for at in range(FEW + 4, -1, -1))
    )
    assert total_row(("a", "n"), many) == TotalRow(FEW + 4, f"{FEW + 4} in 'n' is the sum of all above")


def test_a_cell_without_a_text_counts_as_empty() -> None:
    above: list[dict[str, object]] = [{**row, "who": b"x"} for row in ABOVE]
    assert found({"what": "Total", "who": b"y", "price": 1}, above) is not None
