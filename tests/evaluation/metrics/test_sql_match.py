"""SQL match: what of a query's writing does not count, and what does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.registry import Answered, PerExample
from lfine.evaluation.metrics.sql_match import normalise_sql, sql_match
from tests.evaluation.metrics.asking import asked, parity, per_row, seeds

QUERY = "SELECT count(*) FROM Singer AS t WHERE t.Name != 'Joe Sharp' AND age >= 20"


def score(gold: str, answer: str | None) -> float:
    result = sql_match.compute(Answered((gold,), (answer,), ()))
    assert isinstance(result, PerExample)
    return result.scores["sql_match"][0]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (QUERY, 1.0),
        ("select count ( * )\n  from singer as T where t.name != 'Joe Sharp' and AGE>=20 ;;", 1.0),
        (QUERY.replace("!=", "<>"), 1.0),
        (QUERY.replace("Joe Sharp", "joe sharp"), 0.0),  # quoted text is data
        (QUERY.replace("Joe Sharp", "Joe  Sharp"), 0.0),
        (QUERY.replace(">=", "> ="), 0.0),
        (QUERY.replace("count(*)", "name"), 0.0),
        ("", 0.0),
        (None, 0.0),
    ],
)
def test_hand_worked_cases(answer: str | None, expected: float) -> None:
    assert score(QUERY, answer) == expected


@pytest.mark.parametrize("quote", ["'", '"', "`"])
def test_quotes_keep_what_is_in_them(quote: str) -> None:
    text = f"{quote}A ;  B{quote}"
    assert normalise_sql(f"SELECT {text}") == ("select", text)


def test_doubled_quotes_belong_to_the_text() -> None:
    assert normalise_sql("SELECT 'it''s A'") == ("select", "'it''s A'")


WORDS = (
    *(
        ("select", "SELECT", "Select"),
        ("t.name", "T.Name"),
        ("é", "É"),
        ("20",),
        ("21",),
        ("and", "AND"),
        ("_a1", "_A1"),
    ),
    *(
        ("'Joe  Sharp'",),
        ("'joe  sharp'",),
        ("'Joe Sharp'",),
        ("'it''s ;'",),
        ('"A b"',),
        ('"a b"',),
        ("`A`",),
        ("`a`",),
    ),
)
SIGNS = (("!=", "<>"), ("=",), ("==",), (">=",), (">",), ("(",), (")",), (",",), ("*",), ("||",), ("-",), (";",))
TOKENS = [*WORDS, *SIGNS]
"""Ways to write a token, in which it counts as the same; no two tokens do."""
QUERIES = st.lists(st.integers(0, len(TOKENS) - 1), max_size=6)


def written(query: list[int], rng: random.Random) -> str:
    """Write the tokens, with white space wherever it could be missed, and with semicolons behind them."""
    text = ""
    for place in query:
        blank = rng.choice((" ", "\n", "\t  ", "\u00a0"))
        apart = place < len(WORDS) or TOKENS[place][0] not in "(),*;"
        text += rng.choice(TOKENS[place]) + (blank if apart else rng.choice(("", blank)))
    return text + rng.choice(("", ";", " ;\n; "))


def without_end(query: list[int]) -> list[int]:
    return without_end(query[:-1]) if query and TOKENS[query[-1]] == (";",) else query


@parity("sql_match")
@given(QUERIES, QUERIES, st.integers(0, 8), seeds)
def test_equals_the_tokens_that_the_queries_were_written_from(
    gold: list[int], other: list[int], luck: int, seed: int
) -> None:
    """The answer is the gold query otherwise written, one without one of its tokens, or another one."""
    shorter = [*gold[:luck], *gold[luck + 1 :]]
    answer, rng = (gold, shorter, other)[luck % 3], random.Random(seed)
    found = per_row(sql_match, asked([(written(gold, rng), written(answer, rng)), (written(gold, rng), None)]))
    assert found == (float(without_end(gold) == without_end(answer)), 0.0)
