"""The arithmetic against a simulation, and against the numbers of the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lfine.finetune.data.check.power import paired_difference, rows_needed, unpaired_difference


def test_a_thousand_rows_show_four_points_paired_and_five_apart() -> None:
    assert paired_difference(1000) == pytest.approx(0.0395, abs=2e-4)
    assert unpaired_difference(1000) == pytest.approx(2.8016 * math.sqrt(0.32 / 1000), rel=1e-4)


@pytest.mark.parametrize("rows", [200, 626, 1000, 10_000])
def test_rows_needed_is_the_inverse(rows: int) -> None:
    difference = paired_difference(rows)
    assert difference is not None
    assert rows_needed(difference) == pytest.approx(rows, abs=1)


@pytest.mark.parametrize("rows", [500, 2000])
def test_mcnemar_sees_that_difference_four_times_in_five(rows: int) -> None:
    """Rows are won, lost or tied at random; z of McNemar's test beyond 1.96 counts as seen."""
    difference = paired_difference(rows)
    assert difference is not None
    chances = [(0.2 + difference) / 2, (0.2 - difference) / 2, 0.8]
    drawn = np.random.default_rng(1).multinomial(rows, chances, size=20_000)
    z = (drawn[:, 0] - drawn[:, 1]) / np.sqrt(np.maximum(1, drawn[:, 0] + drawn[:, 1]))
    assert float((np.abs(z) > 1.959964).mean()) == pytest.approx(0.8, abs=0.015)


def test_too_few_rows_show_nothing() -> None:
    assert paired_difference(0) is None
    assert paired_difference(5) is None
    assert unpaired_difference(0) is None
    assert unpaired_difference(1) is None


def test_a_large_difference_needs_rows_that_differ_as_often() -> None:
    assert rows_needed(0.5) == pytest.approx(14, abs=3)
    assert rows_needed(0.05) == 626
