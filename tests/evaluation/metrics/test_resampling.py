"""Sums over resamples against adding up the rows one by one."""

from __future__ import annotations

import numpy as np

from lfine.evaluation.metrics.resampling import divide, draws, sums


def test_sums_are_those_of_the_rows_drawn() -> None:
    generator = np.random.default_rng(2)
    facts = generator.integers(0, 1_000_000, size=(13, 4)).astype(np.float64)
    indices = generator.integers(0, 13, size=(50, 7))
    expected = [[sum(facts[row][column] for row in rows) for column in range(4)] for rows in indices]
    assert sums(facts)(indices).tolist() == expected


def test_draws_count_each_row() -> None:
    assert draws(np.asarray([[0, 2, 2], [1, 1, 1]]), 3).tolist() == [[1, 0, 2], [0, 3, 0]]


def test_a_ratio_without_a_denominator_is_zero() -> None:
    assert divide(np.asarray([1, 0, 3]), np.asarray([2, 0, 4])).tolist() == [0.5, 0.0, 0.75]
