"""Permutation p-values against full enumeration, McNemar against the binomial distribution."""

from __future__ import annotations

import itertools
import math

import pytest

from lfine.evaluation.permutations import PERMUTATIONS, mcnemar, sign_flip

# Standard error of a share estimated from PERMUTATIONS draws, at its widest; four of them.
TOLERANCE = 4 * math.sqrt(0.25 / PERMUTATIONS)


@pytest.mark.parametrize(
    "differences", [[1.0, 1, 1, 1, 1, -1], [0.5, 0.2, -0.1, 0.3, 0.0, 0.9], [0.3, -0.3, 0.1], [1.0] * 8]
)
def test_p_value_is_that_of_all_sign_patterns(differences: list[float]) -> None:
    sums = [
        sum(sign * value for sign, value in zip(signs, differences, strict=True))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    exact = sum(abs(each) >= abs(sum(differences)) - 1e-9 for each in sums) / len(sums)
    assert sign_flip(differences, seed=0) == pytest.approx(exact, abs=TOLERANCE)


def test_sign_of_the_difference_does_not_matter() -> None:
    values = [0.5, 0.2, -0.1, 0.3, 0.9]
    assert sign_flip(values, seed=3) == sign_flip([-value for value in values], seed=3)


def test_ties_alone_are_no_evidence() -> None:
    assert sign_flip([0.0] * 50, seed=0) == 1.0
    assert sign_flip([], seed=0) == 1.0


def test_p_value_is_never_zero() -> None:
    assert sign_flip([1.0] * 200, seed=0) == 1 / (PERMUTATIONS + 1)


@pytest.mark.parametrize(("wins", "losses"), [(5, 1), (1, 5), (7, 7), (30, 12), (624, 22)])
def test_mcnemar_is_the_exact_binomial_test(wins: int, losses: int) -> None:
    thrown, fewer = wins + losses, min(wins, losses)
    expected = sum(math.comb(thrown, heads) for heads in range(fewer + 1)) * 2 / 2**thrown
    assert mcnemar(wins, losses) == pytest.approx(min(1.0, expected), rel=1e-12)


def test_mcnemar_of_thousands_of_rows_is_nearly_normal() -> None:
    z = (3000 - 2900 - 1) / math.sqrt(3000 + 2900)  # with continuity correction
    assert mcnemar(3000, 2900) == pytest.approx(math.erfc(z / math.sqrt(2)), abs=1e-4)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 3000) == 0.0
