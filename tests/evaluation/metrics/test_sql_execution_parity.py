"""SQL execution beside Python's own sqlite3: generated queries whose results are compared row by row, by hand.

The processes in which queries run are left out of 500 cases, which would wait a minute for them; what they answer is
found in this process by the same function. Twelve more cases run in real ones.
*Not here:* worked near-misses, rows that are left out (test_sql_execution.py), the processes (tests/evaluation/cage).
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.evaluation.cage import queries
from lfine.evaluation.cage.inside import answer
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.metrics.sql_execution import sql_execution
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import outcome, parity, seeds, slow

TABLE = """
CREATE TABLE t (a INT, b TEXT, c REAL);
INSERT INTO t VALUES (1, 'x', 0.5), (1, 'x', 0.5), (2, 'X', 1.0), (3, 'é', NULL), (NULL, 'x', 2.0), (4, '', 1.0);
"""
CHOICE = replace(plain("sql_execution"), databases="db", database="where")
COLUMNS = ("a", "b", "c", "count(*)", "max(a)", "a + 0", "a * 1.0", "NULL", "upper(b)", "'1'", "x'31'", "nowhere")
CONDITIONS = (
    "",
    " WHERE a > 1",
    " WHERE a >= 1",
    " WHERE b = 'x'",
    " WHERE lower(b) = 'x'",
    " WHERE c IS NULL",
    " WHERE 0",
)
ORDERS = ("", "", " ORDER BY a", " ORDER BY a DESC", " ORDER BY b, c", " LIMIT 2")
QUERIES = st.builds(
    lambda distinct, columns, where, order: f"SELECT {distinct}{', '.join(columns)} FROM t{where}{order}",  # noqa: S608 - of the texts here
    st.sampled_from(("", "", "DISTINCT ")),
    st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=2),
    st.sampled_from(CONDITIONS),
    st.sampled_from(ORDERS),
)
FAILING = ("", "SELECT", "DELETE FROM t", "Sure! SELECT 1", "SELECT a FROM u", "SELECT a FROM t; SELECT a FROM t")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("databases")
    (found / "db").mkdir()
    with sqlite3.connect(found / "db" / "one.sqlite") as connection:
        connection.executescript(TABLE)
    connection.close()
    return found


@pytest.fixture(scope="module")
def own() -> Iterator[sqlite3.Connection]:
    """The same table in this process."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLE)
    yield connection
    connection.close()


class ChildHere:
    """What the process answers, without one."""

    def ask(self, record: dict[str, Any], *, seconds: float) -> Any:
        return json.loads(json.dumps(answer(record["database"], record["query"], seconds, record["most"])))

    def close(self) -> None:
        """End nothing."""


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries._Runners, "_started", lambda _: ChildHere())


def rows(query: str, connection: sqlite3.Connection) -> list[tuple[object, ...]] | None:
    """Return the rows, None where the query fails or is none."""
    try:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else None
    except (sqlite3.Error, sqlite3.Warning):
        return None


def equal(one: object, other: object) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return one == other and (numbers or type(one) is type(other))


def same(gold: list[tuple[object, ...]], answer: list[tuple[object, ...]], *, ordered: bool) -> bool:
    """Compare in order, or cross out one row of the answer for each gold row."""
    left = list(answer)
    for row in gold:
        place = next(
            (
                place
                for place, other in enumerate(left[:1] if ordered else left)
                if len(row) == len(other) and all(map(equal, row, other))
            ),
            None,
        )
        if place is None:
            return False
        del left[place]
    return not left


def rewritten(query: str, rng: random.Random) -> str:
    """Write the query so that it gives the same: in small letters, as a subquery, with its rows in another order."""
    if "ORDER" in query or "LIMIT" in query or rng.random() < 0.3:
        return rng.choice((query + " ;", query.replace(" ", "\n"), f"-- so\n{query}"))
    forms = ("{} ORDER BY 1", "SELECT * FROM ({})", "WITH s AS ({}) SELECT * FROM s ORDER BY 1 DESC")
    return rng.choice(forms).format(query)


ROWS = st.lists(st.sampled_from(("(1)", "(2)")), min_size=3, max_size=3).map(lambda rows: f"VALUES {', '.join(rows)}")
"""The same rows otherwise often, or not: only a multiset tells."""
CASES = st.one_of(
    st.tuples(QUERIES, QUERIES, st.integers(0, 9), seeds), st.tuples(ROWS, ROWS, st.integers(0, 9), seeds)
)
Case = tuple[str, str, int, int]


def compare(folder: Path, own: sqlite3.Connection, case: Case) -> None:
    """Of ten answers five are the gold query otherwise written, three another one, one fails, and one is missing."""
    gold, other, luck, seed = case
    kind = (0, 0, 0, 0, 0, 1, 1, 1, 2, 3)[luck]
    said = (rewritten(gold, random.Random(seed)), other, FAILING[seed % len(FAILING)], None)[kind]
    where = "one" if seed % 40 else "none"
    judging = Judging(lambda _: {"where": where}, folder)
    given = (Prediction(0, gold, said),)
    result = outcome(sql_execution, Answered((gold,), (said,), (), CHOICE, given=given, judging=judging))
    assert isinstance(result, PerExample)
    wanted = rows(gold, own) if where == "one" else None
    found = None if said in (None, "DELETE FROM t") else rows(said or "", own)
    if wanted is None:
        assert result.left_out == {"sql_execution": frozenset({0})}
        return
    assert result.left_out == {"sql_execution": frozenset()}
    expected = found is not None and same(wanted, found, ordered="ORDER BY" in gold)
    assert result.scores["sql_execution"] == (float(expected),), (gold, said)


@parity("sql_execution")
@given(CASES)
@pytest.mark.usefixtures("_here")
def test_equals_comparing_the_rows_of_python_s_sqlite(folder: Path, own: sqlite3.Connection, case: Case) -> None:
    compare(folder, own, case)


@given(CASES)
@settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=slow)
def test_processes_say_the_same(folder: Path, own: sqlite3.Connection, case: Case) -> None:
    compare(folder, own, case)
