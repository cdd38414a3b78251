"""The arithmetic against simulations of the tests that lfine makes, and against the numbers of the literature."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from lfine.evaluation.intervals import bootstrap_mean
from lfine.evaluation.permutations import mcnemar
from lfine.evaluation.power import (
    paired_difference,
    rows_needed,
    shown_by_interval,
    shown_by_pairs,
    unpaired_difference,
)

exact = cache(mcnemar)


def test_a_thousand_rows_show_four_points_paired_and_five_apart() -> None:
    assert paired_difference(1000) == pytest.approx(0.0406, abs=1e-4)
    assert unpaired_difference(1000) == pytest.approx(2.8016 * math.sqrt(0.32 / 1000), rel=1e-4)
    # Without the correction Connor's formula gives 0.0395; the correction adds a row, as Fleiss says of two groups.
    assert paired_difference(1000) == pytest.approx(0.0395 + 1 / 1000, abs=2e-4)


@pytest.mark.parametrize("discordant", [0.05, 0.2, 0.3])
@pytest.mark.parametrize("rows", [300, 665, 1000, 10_000])
def test_rows_needed_is_the_inverse(rows: int, discordant: float) -> None:
    difference = paired_difference(rows, discordant=discordant)
    assert difference is not None
    assert rows_needed(difference, discordant=discordant) == pytest.approx(rows, abs=1)


@pytest.mark.parametrize("rows", [8, 30, 100])
def test_it_is_the_inverse_too_where_one_model_wins_all(rows: int) -> None:
    difference = paired_difference(rows, discordant=0.01)
    assert difference is not None
    assert rows_needed(difference + 1e-9, discordant=0.01) == rows


def seen(rows: int, won: float, lost: float) -> float:
    """Return how often the exact McNemar test sees a difference: rows are won, lost or tied at random."""
    drawn = np.random.default_rng(1).multinomial(rows, [won, lost, 1 - won - lost], size=5_000)
    return sum(exact(wins, losses) < 0.05 for wins, losses, _ in drawn.tolist()) / len(drawn)


# The exact test's chance moves with the parity of small counts; 5,000 draws have a standard error of 0.006.
@pytest.mark.parametrize(("rows", "discordant"), [(100, 0.3), (500, 0.2), (1000, 0.05), (2000, 0.1)])
def test_the_exact_test_sees_that_difference_four_times_in_five(rows: int, discordant: float) -> None:
    difference = paired_difference(rows, discordant=discordant)
    assert difference is not None
    assert seen(rows, (discordant + difference) / 2, (discordant - difference) / 2) == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("rows", [12, 40, 300])
def test_models_that_hardly_differ_are_told_apart_by_rows_of_one_side(rows: int) -> None:
    difference = paired_difference(rows, discordant=0.001)
    assert difference is not None
    assert difference > 0.001
    assert seen(rows, difference, 0.0) == pytest.approx(0.8, abs=0.02)


def test_observed_pairs_give_their_rate_and_none_give_no_certainty() -> None:
    assert shown_by_pairs(99, 99, 998) == paired_difference(998, discordant=0.2)
    assert shown_by_pairs(0, 0, 1000) == pytest.approx(0.0079, abs=1e-4)
    assert shown_by_pairs(3, 0, 5) is None


def test_from_an_interval_of_a_mean() -> None:
    """Of scores between 0 and 1; a z-test sees the difference four times in five."""
    generator = np.random.default_rng(8)
    gaps = generator.normal(0.0, 0.3, size=(2_000, 400))
    half = bootstrap_mean(gaps[0], confidence=0.9, seed=0)
    shown = shown_by_interval(half.low, half.high, confidence=0.9)
    assert shown == pytest.approx(2.8016 * 0.3 / 20, rel=0.12)  # one sample's spread is known to 4%, its ends to 4%
    moved = gaps + shown
    z = moved.mean(axis=1) / (moved.std(axis=1) / 20)
    assert float((np.abs(z) > 1.96).mean()) == pytest.approx(0.8, abs=0.08)


def test_too_few_rows_show_nothing() -> None:
    """Five rows that are all won have an exact p of 0.06, six of 0.03."""
    assert paired_difference(0) is None
    assert paired_difference(5) is None
    assert paired_difference(6) == pytest.approx(0.8 ** (1 / 6), abs=1e-3)
    assert unpaired_difference(0) is None
    assert unpaired_difference(1) is None


def test_a_large_difference_needs_rows_that_differ_as_often() -> None:
    assert rows_needed(0.5) == 15
    assert rows_needed(0.05) == 665
