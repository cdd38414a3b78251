"""Which cell gives a value back."""

from __future__ import annotations

import datetime as dt

import pytest

from lfine.finetune.data.writing.sheet_cells import column_cells


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, None, "x"],
        [0.5, 2.0],
        [-0.25, 1e300],
        [True, False],
        [dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 30, 15, 999000)],
        ["=1+1", "007", "http://x", " edge "],
        [2**53 - 1 - 2**20],
    ],
)
def test_cells_of_their_own_kind(values: list[object]) -> None:
    assert column_cells(values) == (values, [])


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([1, 2.5], ["1", "2.5"]),
        ([1.0, 2.0], ["1.0", "2.0"]),
        ([0.1 + 0.2], ["0.30000000000000004"]),
        ([2**60], ["1152921504606846976"]),
        ([10**400], [str(10**400)]),
        ([float("inf")], ["inf"]),
        ([dt.date(1899, 12, 31)], ["1899-12-31"]),
        ([dt.datetime(2024, 1, 1)], ["2024-01-01T00:00:00"]),
        ([dt.datetime(2024, 1, 1, 1, 0, 0, 1)], ["2024-01-01T01:00:00.000001"]),
        ([dt.datetime(2024, 1, 1, 1, tzinfo=dt.UTC)], ["2024-01-01T01:00:00+00:00"]),
        ([["a", 1]], ['["a", 1]']),
    ],
)
def test_what_a_sheet_would_change_is_text_and_said(values: list[object], cells: list[object]) -> None:
    found, said = column_cells(values)
    assert found == cells
    assert len(said) == len(values)


def test_an_empty_text_is_said_only_where_it_stands_beside_values() -> None:
    assert column_cells(["", "x"]) == ([None, "x"], [("empty text", "nothing")])
    assert column_cells(["", None]) == ([None, None], [])
    assert column_cells([float("nan"), 0.5]) == ([None, 0.5], [("NaN", "nothing")])
