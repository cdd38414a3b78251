"""Two hundred rows with everything that a format may lose, and all the names that files may have."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence

import pytest

from lfine.finetune.data.formats.rows import Rows

pytest.importorskip("pyarrow")
pytest.importorskip("python_calamine")
pytest.importorskip("xlsxwriter")

SUFFIXES = (
    ".arrow",
    ".csv",
    ".csv.gz",
    ".feather",
    ".json",
    ".json.zst",
    ".jsonl",
    ".jsonl.gz",
    ".ndjson",
    ".parquet",
    ".tsv",
    ".tsv.zst",
    ".xlsx",
)
PIECES = (
    "plain",
    'say "hi"',
    "a, b; c",
    "two\nlines",
    "dos\r\nlines",
    "lone\rreturn",
    "tab\there",
    "naïve café",
    "日本語 🎲",
    " edge ",
    "\u2028",
    "{x}",
    "=1+1",
    "'quoted'",
    '\\"escaped\\"',
    "007",
    "1e5",
    "_x0041_",
    "null",
)


def of(rows: Sequence[Mapping[str, object]]) -> Rows:
    return Rows(tuple(rows[0]), tuple(rows))


@pytest.fixture
def made() -> Callable[[Sequence[Mapping[str, object]]], Rows]:
    return of


@pytest.fixture(scope="session")
def rich() -> Rows:
    """Values of every kind, columns that mix them, and cells that are empty or missing."""
    chance = random.Random(11)
    mixed: list[object] = ["x", 1, True, None, 2.5, "", [1]]
    start = dt.datetime(2024, 2, 28, 23, 59, 58)
    return of(
        [
            {
                "text": " ".join(chance.choices(PIECES, k=3)),
                "empty": "" if row % 3 else None,
                "nothing": None,
                "whole": row - 100,
                "large": 2**60 + row,
                "fraction": row / 7,
                "looks_whole": float(row),
                "odd": row if row % 2 else row / 2,
                "flag": row % 3 == 0,
                "day": dt.date(2024, 2, 27) + dt.timedelta(row),
                "moment": start + dt.timedelta(seconds=row, microseconds=row),
                "midnight": dt.datetime(2024, 1, 1) + dt.timedelta(days=row),
                "zoned": dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC),
                "tags": [f"t{n}" for n in range(row % 3)],
                "object": {"a": row, "é": [None, 0.1]} if row % 2 else {"b": "x\n"},
                "hollow": {},
                "mixed": mixed[row % len(mixed)],
                "not_a_number": float("nan") if row % 2 else 0.5,
                "endless": float("inf"),
            }
            for row in range(200)
        ]
    )


@pytest.fixture(params=SUFFIXES)
def ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)
