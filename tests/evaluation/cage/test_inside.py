"""What runs inside the cage, asked directly: queries and their limits, and what is said of errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lfine.evaluation.cage import inside


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "a.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL), (3, x'00ff'), (4, 0.5);")
    connection.execute("INSERT INTO t VALUES (5, CAST(x'ff41' AS TEXT))")  # text that is no UTF-8
    connection.commit()
    connection.close()
    return f"{path.as_uri()}?mode=ro&immutable=1"


def test_cells_keep_their_types(database: str) -> None:
    found = inside.answer(database, "SELECT b FROM t ORDER BY a", 5, 100)
    assert found == {"rows": [["x"], [None], [{"blob": "00ff"}], [0.5], ["\udcffA"]]}


def test_one_row_beyond_the_most_is_the_last(database: str) -> None:
    assert inside.answer(database, "SELECT a FROM t", 5, 2) == {"rows": [[1], [2], [3]]}
    assert inside.answer(database, "SELECT a FROM t WHERE a > 9", 5, 0) == {"rows": []}


def test_a_result_of_many_bytes_is_refused(database: str) -> None:
    found = inside.answer(database, "SELECT hex(zeroblob(2500000)) FROM t", 5, 100)
    assert found == {"error": "more than 8,000,000 bytes in the result"}


def test_nothing_but_a_query_has_a_result(database: str) -> None:
    assert inside.answer(database, " -- nothing", 5, 10) == {"error": "it is no query: there is no result"}
    assert inside.answer(database, "UPDATE t SET a = 1", 5, 10) == {"error": "not authorized"}


def test_processor_time_ends_a_query(database: str) -> None:
    endless = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"
    assert inside.answer(database, endless, 0.05, 10) == {"error": "more than 0.05 s of processor time"}


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_reasons_are_one_line_and_short() -> None:
    assert inside._reason(ValueError("a\n  b"), "") == "ValueError: a b"
    assert inside._reason(SilentError(), "") == "SilentError"
    assert len(inside._reason(ValueError("x" * 10_000), "")) == inside.REASON_LENGTH


def test_an_answer_is_written_whole_though_the_pipe_takes_parts() -> None:
    taken: list[bytes] = []

    def write(_: int, rest: bytes) -> int:
        taken.append(rest[:3])
        return len(taken[-1])

    inside._sender(0, write)({"a": "é"})
    assert b"".join(taken) == b'{"a": "\\u00e9"}\n'
