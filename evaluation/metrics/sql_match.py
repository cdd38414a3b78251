"""SQL match: the share of answers that equal the gold query but for white space, case outside quotes and a last `;`.

    gold "SELECT a FROM t WHERE b = 'X'"   answer "select a\\n  from t where b='X';"   → 1.0
    gold "SELECT a FROM t WHERE b = 'X'"   answer "select a from t where b = 'x'"     → 0.0

Nothing is parsed: two queries that mean the same in other words do not match.
*Not here:* running queries.
"""

from __future__ import annotations

import re

from lfine.evaluation.metrics.registry import Answered, PerExample, metric

TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\w+(?:\.\w+)*|<>|[<>!=]=|\|\||\S")
"""A quoted text, a name or number, an operator of two characters, or any other single character."""


def normalise_sql(query: str) -> tuple[str, ...]:
    """Return the tokens of a query, in lower case outside quotes, without semicolons at its end; `<>` is `!=`."""
    tokens = [token if token[0] in "'\"`" else token.lower() for token in TOKEN.findall(query)]
    while tokens and tokens[-1] == ";":
        tokens.pop()
    return tuple("!=" if token == "<>" else token for token in tokens)  # noqa: S105 - an operator


@metric(
    output_types=("sql",),
    kind="mean",
    source="share of answers with the tokens of the gold query; white space, case and a last semicolon do not count",
    right_or_wrong=True,
)
def sql_match(answered: Answered) -> PerExample:
    pairs = zip(answered.golds, answered.answers, strict=True)
    scores = (answer is not None and normalise_sql(gold) == normalise_sql(answer) for gold, answer in pairs)
    return PerExample({"sql_match": tuple(map(float, scores))})
