"""SQL exact: queries that are the same otherwise written, and queries that are not."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.metrics.sql_exact import normal_form, sql_exact
from tests.evaluation.metrics.asking import asked, parity, per_row, seeds

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
    ("SELECT a FROM t", 'SELECT "A" FROM [T]'),
    ("SELECT a FROM t WHERE b = c AND d IN (e, f)", "SELECT a FROM t WHERE b = `C` AND d IN ([E], `f`)"),
    ("SELECT T1.a FROM t AS T1 JOIN u ON T1.i = u.i", 'SELECT "t1".a FROM t AS T1 JOIN u ON "T1".i = u.i'),
]
OTHER = [
    ("SELECT a FROM t WHERE b = 'X'", "SELECT a FROM t WHERE b = 'x'"),
    ('SELECT a FROM t WHERE b = "France"', 'SELECT a FROM t WHERE b = "france"'),
    ("SELECT a FROM t WHERE b = 'c'", "SELECT a FROM t WHERE b = `c`"),
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
    assert score("SELECT a FROM t", 'SELECT "A" FROM t', "postgres") == 0.0


Condition = tuple[int, str, str]
"""(column, operator, literal)"""


@dataclass(frozen=True)
class Query:
    """What is asked, whatever its writing. Columns are 0 to 3, of the one table or of both."""

    distinct: bool
    columns: tuple[tuple[str, int], ...]
    """(function or "", column)"""
    joined: bool
    conditions: tuple[Condition, ...]
    either: bool
    """The conditions are joined by OR."""
    ordered: tuple[int, bool] | None
    """(column, descending)"""
    limit: int

    def meaning(self) -> object:
        """Return what two queries share that are the same: the order of conditions does not count, nor AND of one."""
        either = self.either and len(self.conditions) > 1
        return replace(self, conditions=tuple(sorted(self.conditions)), either=either)


LITERALS = ("1", "2", "2.5", "'X'", "'x'", "'it''s'", "'É'", "''")
CONDITIONS = [(column, sign, literal) for column in range(4) for sign in ("=", "!=", ">", "<=") for literal in LITERALS]
QUERIES = st.builds(
    Query,
    st.booleans(),
    st.lists(
        st.sampled_from([(f, c) for f in ("", "", "", "max", "length") for c in range(4)]), min_size=1, max_size=2
    ).map(tuple),
    st.booleans(),
    st.lists(st.sampled_from(CONDITIONS), max_size=3).map(tuple),
    st.booleans(),
    st.none() | st.tuples(st.integers(0, 3), st.booleans()),
    st.integers(0, 2),
)
COLUMNS = ("a", "b", "c_1", "né")
TURNED = {"=": "=", "!=": "!=", ">": "<", "<=": ">="}


class Writer:
    """Writes a query in one of very many ways."""

    def __init__(self, query: Query, seed: int) -> None:
        self.query, self.any = query, random.Random(seed).choice
        aliases = self.any((("t", "u"), ("T1", "T2"), ("x", "y")))
        self.aliases = dict(zip("tu", aliases, strict=True)) if self.any((True, False)) else {"t": "t", "u": "u"}

    def word(self, text: str) -> str:
        return self.any((text, text.upper(), text.title()))

    def name(self, text: str) -> str:
        return self.any((text, text.upper() if text.isascii() else text, f'"{text}"', f"`{text}`"))

    def column(self, place: int) -> str:
        table = self.aliases["tu"[place % 2] if self.query.joined else "t"]
        bare = not self.query.joined and self.any((True, False))
        return self.name(COLUMNS[place]) if bare else f"{self.name(table)}.{self.name(COLUMNS[place])}"

    def table(self, name: str) -> str:
        alias = self.aliases[name]
        known = self.any((f" {alias}", f" {self.word('as')} {alias}")) if alias != name else ""
        return self.name(name) + known

    def condition(self, condition: Condition) -> str:
        column, sign, literal = condition
        written = self.any({"=": ("=", "=="), "!=": ("!=", "<>")}.get(sign, (sign,)))
        text = f"{self.column(column)} {written} {literal}"
        if self.any((True, False)):
            # In double quotes it would be text there.
            text = f"{literal}{TURNED[sign]}{self.column(column).replace(chr(34), '`')}"
        return self.any((text, f"({text})"))

    def result(self, column: tuple[str, int]) -> str:
        function, place = column
        text = f"{self.word(function)}( {self.column(place)} )" if function else self.column(place)
        return text + self.any(("", "", f" {self.word('as')} result_{place}"))

    def written(self) -> str:
        query, word = self.query, self.word
        parts = [word("select"), *([word("distinct")] if query.distinct else [])]
        parts += [", ".join(map(self.result, query.columns)), word("from"), self.table("t")]
        if query.joined:
            on = [f"{self.name(self.aliases[table])}.i" for table in self.any(("tu", "ut"))]
            parts += [word(self.any(("join", "inner join"))), self.table("u"), word("on"), f"{on[0]} = {on[1]}"]
        conditions = list(query.conditions)
        if conditions:
            conditions = sorted(conditions, key=lambda _: self.any(range(100)))
            parts += [word("where"), f" {word('or' if query.either else 'and')} ".join(map(self.condition, conditions))]
        if query.ordered:
            column, descending = query.ordered
            parts += [
                word("order by"),
                self.column(column),
                word("desc") if descending else self.any(("", word("asc"))),
            ]
        parts += [word("limit"), str(query.limit)] if query.limit else []
        text = self.any((" ", "\n", "  ", "\t", " /* why */ ")).join(parts)
        return text + self.any(("", ";", " ; ", " -- so"))


CHANGES = (
    lambda query: replace(query, distinct=not query.distinct),
    lambda query: replace(query, columns=(*query.columns, ("", 0))),
    lambda query: replace(query, columns=query.columns[::-1]),
    lambda query: replace(query, joined=not query.joined),
    lambda query: replace(query, conditions=query.conditions[1:]),
    lambda query: replace(query, conditions=tuple((c, "=", v) for c, _, v in query.conditions)),
    lambda query: replace(query, conditions=tuple((c, s, v.lower()) for c, s, v in query.conditions)),
    lambda query: replace(query, either=not query.either),
    lambda query: replace(query, ordered=None),
    lambda query: replace(query, ordered=query.ordered and (query.ordered[0], not query.ordered[1])),
    lambda query: replace(query, limit=3),
)


@parity("sql_exact")
@given(QUERIES, st.integers(0, 2 * len(CHANGES) - 1), seeds)
def test_equals_what_the_queries_were_written_from(gold: Query, change: int, seed: int) -> None:
    """Half of the answers are the gold query otherwise written, half a query that differs in one thing, if it can."""
    answer = CHANGES[change](gold) if change < len(CHANGES) else gold
    ours, theirs = Writer(gold, seed).written(), Writer(answer, seed + 1).written()
    found = per_row(sql_exact, asked([(ours, theirs), (ours, None)], plain("sql_exact")))
    assert found == (float(gold.meaning() == answer.meaning()), 0.0), (ours, theirs)


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
