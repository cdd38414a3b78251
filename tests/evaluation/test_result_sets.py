"""Equality of results: multisets, order, columns, types, tolerance, and where a query orders at its top level."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.evaluation.cage.queries import Cell, Rows
from lfine.evaluation.result_sets import ABSOLUTE, RELATIVE, orders, same_results

CELLS = st.sampled_from([None, 0, 1, 2, 1.0, 0.5, 0.5 + 1e-9, "1", "a", b"a", ""])
RESULTS = st.lists(st.tuples(CELLS, CELLS), max_size=4).map(tuple)


def alike(one: Cell, other: Cell) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return type(one) is type(other) and one == other


def plainly_same(gold: Rows, predicted: Rows, *, ordered: bool) -> bool:
    """Try every order of the predicted rows."""
    if len(gold) != len(predicted):
        return False
    tried = [predicted] if ordered else permutations(predicted)
    return any(all(all(map(alike, one, other)) for one, other in zip(gold, rows, strict=True)) for rows in tried)


@settings(max_examples=500, deadline=None)
@given(RESULTS, RESULTS, st.booleans())
def test_equality_is_that_of_some_order_of_rows(gold: Rows, predicted: Rows, ordered: bool) -> None:
    assert same_results(gold, predicted, ordered=ordered) == plainly_same(gold, predicted, ordered=ordered)


@settings(max_examples=200, deadline=None)
@given(RESULTS, st.randoms())
def test_a_shuffled_result_is_the_same_multiset(gold: Rows, random: object) -> None:
    shuffled = list(gold)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert same_results(gold, tuple(shuffled), ordered=False)


@pytest.mark.parametrize(
    ("gold", "predicted", "same"),
    [
        ((), (), True),
        (((1,),), (), False),
        (((1,), (1,)), ((1,),), False),
        (((1,), (1,), (2,)), ((1,), (2,), (2,)), False),
        (((1, "a"),), (("a", 1),), False),
        (((1,),), ((1, 2),), False),
        (((1,),), ((True,),), True),
        (((1,),), (("1",),), False),
        (((None,),), ((0,),), False),
        ((("a",),), (("a ",),), False),
        ((("é",),), (("e\u0301",),), False),
        (((0.1 + 0.2,),), ((0.3,),), True),
        (((3.14159,),), ((3.14,),), False),
        (((2**53,),), ((2**53 + 1,),), False),
        (((1e300,), (-1e300,)), ((-1e300,), (1e300,)), True),
        (((float("inf"),),), ((float("inf"),),), True),
        (((float("inf"),),), ((float("-inf"),),), False),
    ],
)
def test_cases(gold: Rows, predicted: Rows, same: bool) -> None:
    assert same_results(gold, predicted, ordered=False) is same


def test_sums_in_another_order_match_whatever_the_order_of_rows() -> None:
    """Rows whose first column differs in the last digit only, and would be sorted the other way round."""
    gold = ((1.0, 5), (1.0 + 1e-12, 7))
    predicted = ((1.0, 7), (1.0 + 1e-12, 5))
    assert same_results(gold, predicted, ordered=False)
    assert not same_results(gold, predicted, ordered=True)


@pytest.mark.parametrize(
    ("query", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("select a from t order\n by a limit 1", True),
        ("SELECT a FROM t UNION SELECT b FROM u ORDER BY 1", True),
        ("SELECT a FROM t", False),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a)", False),
        ("SELECT a FROM t WHERE a = (SELECT b FROM u ORDER BY b LIMIT 1)", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM t", False),
        ("WITH x AS (SELECT a FROM t ORDER BY a) SELECT a FROM x", False),
        ("SELECT a FROM t WHERE b = ' ORDER BY '", False),
        ('SELECT a AS "order by" FROM t', False),
        ("SELECT a FROM t -- ORDER BY a", False),
        ("SELECT a FROM t /* ORDER BY a */", False),
        ("SELECT a FROM t ORDER /* why */ BY a", True),
        ("SELECT ')' FROM t ORDER BY a", True),
        ("SELECT [order] FROM t", False),
        ("SELECT a FROM t WHERE b = 'it''s (' ORDER BY a", True),
    ],
)
def test_order_at_the_top_level(query: str, ordered: bool) -> None:
    assert orders(query) is ordered
