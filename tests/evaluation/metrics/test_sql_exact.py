"""SQL exact: queries that are the same otherwise written, and queries that are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.metrics.sql_exact import normal_form, sql_exact

DATA = Path(__file__).parents[4] / "shared" / "data"


def score(gold: str, answer: str | None, dialect: str | None = None) -> float:
    choice = replace(plain("sql_exact"), dialect=dialect)
    result = sql_exact.compute(Answered((gold,), (answer,), (), choice))
    assert isinstance(result, PerExample)
    return result.scores["sql_exact"][0]


SAME = [
    ("SELECT a FROM t", "  select A\nfrom T ; "),
    ("SELECT a FROM t", "SELECT a /* why */ FROM t -- so"),
    ("SELECT a FROM t", 'SELECT "a" FROM `t`'),
    ("SELECT T1.a FROM t AS T1 WHERE T1.b = 'X'", "select t.a from T t where (t.b == 'X')"),
    ("SELECT a FROM t", "SELECT t.a FROM t"),
    ("SELECT x.a FROM t AS x JOIN u AS y ON x.i = y.i", "SELECT t.a FROM t INNER JOIN u ON u.i = t.i"),
    ("SELECT p.a FROM t AS p JOIN t AS q ON p.i = q.j", "SELECT m.a FROM t AS m JOIN t AS n ON m.i = n.j"),
    ("SELECT a FROM t WHERE b = 1 AND c = 2 AND d = 3", "SELECT a FROM t WHERE d = 3 AND (c = 2 AND b = 1)"),
    ("SELECT a FROM t WHERE b = 1 OR c = 2", "SELECT a FROM t WHERE c = 2 OR b = 1"),
    ("SELECT a FROM t WHERE b <> 1", "SELECT a FROM t WHERE 1 != b"),
    ("SELECT a FROM t WHERE b > 1", "SELECT a FROM t WHERE 1 < b"),
    ("SELECT count(*) FROM t", "SELECT COUNT( * ) AS n FROM t"),
    ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a ASC"),
    ('SELECT a FROM t WHERE b = "France"', "SELECT a FROM t WHERE b = 'France'"),
    ("SELECT f(a) FROM t", "SELECT F(a) FROM t"),
]
OTHER = [
    ("SELECT a FROM t WHERE b = 'X'", "SELECT a FROM t WHERE b = 'x'"),
    ('SELECT a FROM t WHERE b = "France"', 'SELECT a FROM t WHERE b = "france"'),
    ("SELECT a, b FROM t", "SELECT b, a FROM t"),
    ("SELECT a FROM t", "SELECT DISTINCT a FROM t"),
    ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"),
    ("SELECT a FROM t WHERE b = 1 AND (c = 2 OR d = 3)", "SELECT a FROM t WHERE b = 1 AND c = 2 OR d = 3"),
    ("SELECT a - (b - c) FROM t", "SELECT a - b - c FROM t"),
    ("SELECT a FROM t WHERE b > 1", "SELECT a FROM t WHERE b >= 1"),
    ("SELECT a FROM t WHERE b > c", "SELECT a FROM t WHERE c > b"),
    ("SELECT a FROM t JOIN u ON t.i = u.i", "SELECT a FROM t LEFT JOIN u ON t.i = u.i"),
    ("SELECT p.a FROM t AS p JOIN t AS q ON p.i = q.j", "SELECT q.a FROM t AS p JOIN t AS q ON p.i = q.j"),
    ("SELECT a AS b FROM t ORDER BY b", "SELECT a FROM t ORDER BY b"),
    ("SELECT a FROM t LIMIT 1", "SELECT a FROM t LIMIT 2"),
    ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a FROM t UNION ALL SELECT a FROM u"),
    ("SELECT count(a) FROM t", "SELECT count(DISTINCT a) FROM t"),
    ("SELECT a FROM t", "SELECT a FROM t; SELECT a FROM t"),
]


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_the_same_query_otherwise_written(gold: str, answer: str) -> None:
    assert score(gold, answer) == score(answer, gold) == 1.0


@pytest.mark.parametrize(("gold", "answer"), OTHER)
def test_another_query(gold: str, answer: str) -> None:
    assert score(gold, answer) == 0.0


@pytest.mark.parametrize("answer", [None, "", "not a query at all (", "SELECT", "SELECT (" * 3000, "x" * 30_000, "'"])
def test_what_does_not_parse_is_wrong(answer: str | None) -> None:
    assert score("SELECT a FROM t", answer) == 0.0


def test_reasons() -> None:
    answers = ("SELECT a FROM t", "SELECT b FROM t", "SELECT FROM (", None)
    result = sql_exact.compute(Answered(("SELECT a FROM t",) * 4, answers, (), plain("sql_exact")))
    assert isinstance(result, PerExample)
    assert result.reasons == (None, None, "the query does not parse", None)


def test_a_gold_query_that_does_not_parse_leaves_its_row_out() -> None:
    result = sql_exact.compute(Answered(("SELECT (", "SELECT 1"), ("SELECT (", "SELECT 1"), (), plain("sql_exact")))
    assert isinstance(result, PerExample)
    assert result.left_out == {"sql_exact": frozenset({0})}
    assert result.reasons[0] == "the gold query does not parse"


def test_a_dialect_is_that_of_both() -> None:
    mysql = 'SELECT a FROM t WHERE b = "X"'
    assert score("SELECT a FROM t WHERE b = 'X'", mysql, "mysql") == 1.0
    assert score("SELECT a::int FROM t", "SELECT CAST(a AS int) FROM t", "postgres") == 1.0
    assert score("SELECT a FROM t WHERE b = 'X'", mysql, "postgres") == 0.0


@pytest.mark.shared
def test_every_gold_query_of_spider_parses_and_is_itself() -> None:
    path = DATA / "spider_dev.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    from pyarrow.parquet import read_table

    queries = read_table(path).column("query").to_pylist()[::5]
    forms = [normal_form(query, "sqlite") for query in queries]
    assert None not in forms
    assert len(set(forms)) > 0.5 * len(queries)  # paraphrased questions share theirs; other queries do not
    lowered = [normal_form(f"{query} ;", "sqlite") for query in queries]
    assert lowered == forms
