"""Pairs of queries on a file: results, hostile queries that change nothing and end, processes that are replaced."""

from __future__ import annotations

import re
import sqlite3
import sys
from pathlib import Path

import pytest

from lfine.evaluation.cage import queries
from lfine.evaluation.cage.children import Child, NoAnswerError
from lfine.evaluation.cage.programs import OPEN, Cage
from lfine.evaluation.cage.queries import Pair, Result, Results, run_pairs
from lfine.schemas.errors import MachineError

ENDLESS = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT "
MANY = ", ".join(f"t AS t{n}" for n in range(30))

HOSTILE = {
    "DELETE FROM t": "not authorized",
    "DROP TABLE t": "not authorized",
    "UPDATE t SET a = 9": "not authorized",
    "INSERT INTO t VALUES (9, 9)": "not authorized",
    "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 1 FROM x": "not authorized",
    "CREATE TEMP TABLE x (a)": "not authorized",
    "ATTACH 'OTHER' AS other": "not authorized",
    "VACUUM INTO 'OTHER'": "authoriz",
    "PRAGMA writable_schema = ON": "not authorized",
    "SELECT * FROM pragma_table_info('t')": "not authorized",
    "BEGIN": "not authorized",
    "SELECT 1; DROP TABLE t": "one statement",
    "SELECT load_extension('OTHER')": "load_extension",
    "SELECT writefile('OTHER', 'x')": "writefile",
    "SELECT readfile('/etc/passwd')": "readfile",
    f"{ENDLESS} count(*) FROM r": "more than 0.3 s of processor time",
    f"{ENDLESS} group_concat(n) FROM r": "too big|processor time|memory",
    f"SELECT count(*) FROM {MANY}": "more than 0.3 s of processor time",  # noqa: S608 - that is what is tested
    "SELECT length(randomblob(1000000000))": "too big",
    "SELECT zeroblob(2000000000)": "too big",
    "SELECT replace(hex(zeroblob(4000000)), '0', 'aaaaaaaaaa')": "too big",
    f"SELECT {'(' * 900}1{')' * 900}": "overflow|depth|too large",
    f"SELECT {' + '.join(['1'] * 900)}": "depth|too large",
    " UNION ".join(["SELECT 1"] * 200): "too many terms",
    "SELECT 'a' LIKE '" + "%a" * 2000 + "'": "too complex",
    "SELECT " + "a" * 200_000: "too big|too long|too large",
    "": "no query",
    "SELECT \ud800": "surrogates",
    "SELECT 'a\0b": "null|unrecognized|unterminated",
    "SELECT a FROM nowhere": "no such table",
    "this is no SQL": "syntax error",
    "SELECT ?": "binding",
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file whose name has what a URI must not have as it is."""
    path = tmp_path / "a b?c#d%20.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, x'ff'), (2, NULL);")
    connection.commit()
    connection.close()
    return path


def test_results_of_both_queries(database: Path) -> None:
    (found,) = run_pairs([Pair(database, "SELECT a, b FROM t", "SELECT 0.5 AS h, b FROM t WHERE a = 2")], seconds=5)
    assert found == Results(Result(((1, "x"), (2, b"\xff"), (2, None))), Result(((0.5, b"\xff"), (0.5, None))))


def test_one_row_more_than_gold_is_enough(database: Path) -> None:
    (found,) = run_pairs([Pair(database, "SELECT 1", f"{ENDLESS} n FROM r")], seconds=5)
    assert found.predicted == Result(((1,), (2,)))


def test_a_gold_query_that_fails_is_said_and_the_other_not_run(database: Path) -> None:
    (found,) = run_pairs([Pair(database, "SELECT c FROM t", "SELECT a FROM t")], seconds=5)
    assert found == Results(Result(error="no such column: c"), None)


def test_a_gold_query_of_too_many_rows_is_no_judge(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_ROWS", 3)
    (found,) = run_pairs([Pair(database, "SELECT a FROM t", "SELECT a FROM t")], seconds=5)
    assert found.gold.error == "3 rows or more"


def test_hostile_queries_fail_and_change_nothing(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    other = tmp_path / "other.sqlite"
    asked = {text.replace("OTHER", str(other)): reason for text, reason in HOSTILE.items()}
    found = run_pairs([Pair(database, "SELECT a FROM t", text) for text in asked], seconds=0.3)
    for (text, reason), each in zip(asked.items(), found, strict=True):
        assert each.gold.error is None, text[:60]
        assert each.predicted is not None
        assert re.search(reason, each.predicted.error or ""), (text[:60], each.predicted)
    assert database.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [database]


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_text("this is a text, and long enough to be read as a header of a database file, which it is not\n" * 9)
    (found,) = run_pairs([Pair(path, "SELECT * FROM t", "SELECT 1")], seconds=5)
    assert found.gold.error == "file is not a database"


def test_a_process_that_dies_costs_its_query_only(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Child.ask
    monkeypatch.setattr(queries, "processors", lambda: 1)

    def ask(child: Child, record: dict[str, object], *, seconds: float) -> dict[str, object]:
        if record.get("query") == "SELECT 2":
            child.close()
            raise NoAnswerError("ended by SIGSEGV")
        return asked(child, record, seconds=seconds)

    monkeypatch.setattr(Child, "ask", ask)
    found = run_pairs([Pair(database, "SELECT 1", f"SELECT {n}") for n in (1, 2, 3)], seconds=5)
    assert [each.predicted for each in found] == [Result(((1,),)), Result(error="ended by SIGSEGV"), Result(((3,),))]


def test_equal_pairs_are_run_once(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    asked = Child.ask

    def ask(child: Child, record: dict[str, object], *, seconds: float) -> dict[str, object]:
        counted.append(str(record.get("query", "start")))
        return asked(child, record, seconds=seconds)

    monkeypatch.setattr(Child, "ask", ask)
    found = run_pairs([Pair(database, "SELECT 1", "SELECT 2")] * 5, seconds=5)
    assert len(found) == 5
    assert sorted(counted) == ["SELECT 1", "SELECT 2", "start"]


def test_queries_run_where_there_is_no_cage(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that the kernel refuses: queries are safe without it, and are run."""
    from lfine.evaluation.cage import programs

    monkeypatch.setattr(programs, "filter_program", lambda _machine, *, pid: b"\0" * 8 if pid else b"")
    monkeypatch.setattr(queries, "best_cage", lambda: Cage(calls=True, files=False))
    (found,) = run_pairs([Pair(database, "SELECT 1", "SELECT 2")], seconds=5)
    assert found == Results(Result(((1,),)), Result(((2,),)))


def test_a_machine_that_starts_no_process_is_said(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "best_cage", lambda: OPEN)
    monkeypatch.setattr(queries, "PYTHON", (sys.executable, "-c", ""))
    with pytest.raises(MachineError) as caught:
        run_pairs([Pair(database, "SELECT 1", "SELECT 2")], seconds=5)
    (problem,) = caught.value.problems
    assert (problem.code, "ended with exit code 0" in problem.message) == ("LF440", True)
