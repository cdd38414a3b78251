"""Wilson's interval against scipy, the paired one against its definition, and how often each holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from lfine.evaluation.proportions import all_alike, deviations, paired, wilson

LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
often = settings(max_examples=100, deadline=None, derandomize=True, database=None)


@given(st.integers(1, 400).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))), LEVELS)
@often
def test_wilson_is_scipy_s(drawn: tuple[int, int], confidence: float) -> None:
    right, rows = drawn
    expected = binomtest(right, rows).proportion_ci(confidence, method="wilson")
    found = wilson(right, rows, confidence=confidence)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found[0] <= right / rows <= found[1] <= 1


@given(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 900)).filter(lambda drawn: sum(drawn) > 0),
    LEVELS,
)
@often
def test_the_paired_one_is_wald_s_of_two_rows_more(drawn: tuple[int, int, int], confidence: float) -> None:
    wins, losses, ties = drawn
    gaps = [1] * (wins + 1) + [-1] * (losses + 1) + [0] * ties
    half = deviations(confidence) * float(np.std(gaps)) / math.sqrt(len(gaps))
    mean = float(np.mean(gaps))
    low, high = paired(wins, losses, wins + losses + ties, confidence=confidence)
    assert (low, high) == pytest.approx((max(mean - half, -1), min(mean + half, 1)), abs=1e-12)


def test_all_right_is_not_certain() -> None:
    low, high = wilson(1000, 1000, confidence=0.95)
    assert (low, high) == pytest.approx((0.99617, 1.0), abs=1e-5)  # the rule of three says 0.997, of one side only
    assert wilson(0, 1000, confidence=0.95) == pytest.approx((0.0, 0.00383), abs=1e-5)
    assert wilson(0, 0, confidence=0.95) == (0.0, 1.0)


def test_one_more_right_row_never_lowers_an_end() -> None:
    ends = [wilson(right, 50, confidence=0.95) for right in range(51)]
    assert ends == sorted(ends)
    assert [high for _, high in ends] == sorted(high for _, high in ends)


def test_few_won_rows_agree_with_mcnemar() -> None:
    """Of 5 won rows and none lost a fair coin gives p = 0.06, of 6 it gives 0.03."""
    assert paired(4, 0, 1000, confidence=0.95)[0] < 0
    assert paired(7, 0, 1000, confidence=0.95)[0] > 0
    low, high = paired(0, 0, 1000, confidence=0.95)
    assert (low, high) == pytest.approx((-0.00277, 0.00277), abs=1e-5)


def test_rows_that_are_all_alike() -> None:
    share = wilson(100, 100, confidence=0.9)[0]
    assert all_alike(1.0, 100, within=(0, 1), confidence=0.9) == pytest.approx((share, 1.0))
    assert all_alike(0.4, 100, within=(0, 1), confidence=0.9) == pytest.approx((0.4 * share, 0.4 * share + 1 - share))
    assert all_alike(0.0, 100, within=(-1, 1), confidence=0.9) == pytest.approx((share - 1, 1 - share))


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("rows", [30, 200])
def test_wilson_holds_the_truth_as_often_as_it_says(share: float, rows: int) -> None:
    """Exactly, over all counts; the interval's coverage moves by some points as the share passes the counts."""
    held = 0.0
    for right in range(rows + 1):
        low, high = wilson(right, rows, confidence=0.95)
        chance = math.comb(rows, right) * share**right * (1 - share) ** (rows - right)
        held += chance * (low <= share <= high)
    assert 0.92 < held <= 1


@pytest.mark.parametrize(("won", "lost"), [(0.1, 0.1), (0.12, 0.06), (0.01, 0.005)])
def test_the_paired_one_does_too(won: float, lost: float) -> None:
    drawn = np.random.default_rng(3).multinomial(300, [won, lost, 1 - won - lost], size=4000)
    held = 0
    for wins, losses, _ in drawn.tolist():
        low, high = paired(wins, losses, 300, confidence=0.95)
        held += low <= won - lost <= high
    assert 0.935 < held / len(drawn) < 0.99  # more than 0.95 where next to nothing is won or lost
