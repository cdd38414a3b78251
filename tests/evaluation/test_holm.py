"""Holm's correction against its definition as a sequence of tests, and by how rare a false alarm stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.evaluation.holm import holm

often = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def rejected(p_values: list[float], level: float) -> set[int]:
    """Return what Holm's procedure rejects at a level, step by step: the smallest of those left, until one stays."""
    left, found = list(range(len(p_values))), set()
    while left:
        smallest = min(left, key=lambda place: p_values[place])
        if p_values[smallest] * len(left) > level:
            break
        found.add(smallest)
        left.remove(smallest)
    return found


@given(st.lists(st.integers(1, 1000).map(lambda drawn: drawn / 1000), max_size=8), st.sampled_from([0.01, 0.05, 0.2]))
@often
def test_an_adjusted_p_is_the_level_at_which_the_procedure_rejects(p_values: list[float], level: float) -> None:
    adjusted = holm(p_values)
    assert {place for place, each in enumerate(adjusted) if each <= level} == rejected(p_values, level)
    assert all(given_p <= each <= 1 for given_p, each in zip(p_values, adjusted, strict=True))


def test_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.6]) == (1.0, 1.0)
    assert holm([0.02]) == (0.02,)
    assert holm([]) == ()


def test_one_false_alarm_among_twenty_stays_as_rare() -> None:
    drawn = np.random.default_rng(0).random((4_000, 20))
    alarms = [min(holm(row)) < 0.05 for row in drawn.tolist()]
    assert sum(alarms) / len(alarms) == pytest.approx(0.05, abs=0.012)
    assert (drawn.min(axis=1) < 0.05).mean() > 0.6
