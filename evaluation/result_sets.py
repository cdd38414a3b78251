"""Whether two results of SQL queries are the same: as multisets of rows, or in order where the gold query orders.

    same_results(((1, "a"), (2, "b")), ((2, "b"), (1, "a")), ordered=False)   →  True
    same_results(((0.1 + 0.2,),), ((0.3,),), ordered=False)                   →  True: numbers within a tolerance
    orders("SELECT a FROM t ORDER BY a")   →  True      orders("SELECT a FROM (SELECT a FROM t ORDER BY a)")   →  False

Columns are compared in the order in which they stand, their names are not looked at. 1 equals 1.0, and neither equals
"1"; text is compared byte by byte, and no text equals a blob; NULL equals NULL. Rows count as often as they occur.
*Not here:* running queries (lfine.evaluation.cage.queries).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

from lfine.evaluation.cage.queries import Rows

RELATIVE, ABSOLUTE = 1e-6, 1e-9
"""Sums of the same numbers in another order differ by less, and figures that a question asks for by more."""

TOKEN = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|\w+|[()]", re.DOTALL
)
"""A comment, a quoted text or name, a word, a parenthesis: what is needed to see where ORDER BY stands."""


def orders(query: str) -> bool:
    """Say whether the query itself orders its result: ORDER BY outside all parentheses, quotes and comments."""
    depth, before = 0, ""
    for token in map(str.lower, TOKEN.findall(query)):
        if token.startswith(("--", "/*")):
            continue
        depth += (token == "(") - (token == ")")  # noqa: S105 - no password
        if depth == 0 and (before, token) == ("order", "by"):
            return True
        before = token
    return False


def same_results(gold: Rows, predicted: Rows, *, ordered: bool) -> bool:
    """Say whether the rows are the same."""
    if len(gold) != len(predicted) or {len(row) for row in gold} != {len(row) for row in predicted}:
        return False
    if any(isinstance(cell, float) for row in (*gold, *predicted) for cell in row):
        gold, predicted = _by_cluster(gold, predicted)
    return gold == predicted if ordered else Counter(gold) == Counter(predicted)


def _by_cluster(gold: Rows, predicted: Rows) -> tuple[Rows, Rows]:
    """Replace, in columns with a float, each number by the first of those that it cannot be told from.

    The numbers of both results, sorted, stay in one cluster while each lies within the tolerance of the one before.
    """
    columns: list[dict[int | float, int | float]] = []
    for cells in zip(*gold, *predicted, strict=True):
        numbers = [cell for cell in cells if isinstance(cell, (int, float))]
        columns.append(_clusters(numbers) if any(isinstance(cell, float) for cell in numbers) else {})

    def replaced(rows: Rows) -> Rows:
        return tuple(
            tuple(
                firsts.get(cell, cell) if isinstance(cell, (int, float)) else cell
                for cell, firsts in zip(row, columns, strict=True)
            )
            for row in rows
        )

    return replaced(gold), replaced(predicted)


def _clusters(numbers: Iterable[int | float]) -> dict[int | float, int | float]:
    firsts: dict[int | float, int | float] = {}
    before = first = math.nan
    for number in sorted(set(numbers)):
        if not math.isclose(number, before, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
            first = number
        firsts[number] = first
        before = number
    return firsts
