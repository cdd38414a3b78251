"""SQL match: what of a query's writing does not count, and what does."""

from __future__ import annotations

import random

import pytest

from lfine.evaluation.metrics.registry import Answered, PerExample
from lfine.evaluation.metrics.sql_match import normalise_sql, sql_match

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


def test_500_rewritten_queries_match_and_shortened_ones_do_not() -> None:
    rng = random.Random(2)
    words = [*QUERY.split(" ")[:7], "t.Name", "!=", "'Joe Sharp'", "AND", "age", ">=", "20"]
    for _ in range(500):
        rewritten = "".join(word + rng.choice((" ", "\n", "\t  ")) for word in words)
        assert score(" ".join(words), rewritten + rng.choice(("", ";"))) == 1.0
        place = rng.randrange(len(words))
        assert score(" ".join(words), " ".join([*words[:place], *words[place + 1 :]])) == 0.0
