"""The rate of each update: up over the warm-up, then down as the plan says."""

from __future__ import annotations

import itertools
import math

import pytest

from lfine.finetune.train.schedule import DECAYS, Schedule, learning_rate


def rates(decay: str, *, warmup: int = 2, steps: int = 10) -> list[float]:
    return [learning_rate(Schedule(decay, 1.0, warmup, steps), step) for step in range(steps)]


@pytest.mark.parametrize("decay", sorted(DECAYS))
def test_every_schedule_rises_alike_to_the_peak(decay: str) -> None:
    found = rates(decay, warmup=4)
    assert found[:4] == [0.25, 0.5, 0.75, 1.0]
    assert found[4] == 1.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(found[4:]))
    assert min(found) > 0


@pytest.mark.parametrize("decay", sorted(DECAYS))
@pytest.mark.parametrize(("warmup", "steps"), [(0, 1), (1, 1), (3, 3), (0, 2), (2, 3)])
def test_short_runs(decay: str, warmup: int, steps: int) -> None:
    found = rates(decay, warmup=warmup, steps=steps)
    assert all(0 < rate <= 1 for rate in found)


def test_linear_and_cosine_fall_to_zero_behind_the_last_update() -> None:
    assert rates("linear")[2:] == pytest.approx([1 - since / 8 for since in range(8)])
    assert rates("cosine")[2:] == pytest.approx([(1 + math.cos(math.pi * since / 8)) / 2 for since in range(8)])


def test_constant_stays() -> None:
    assert set(rates("constant")[2:]) == {1.0}


def test_inverse_root_counts_in_warm_ups() -> None:
    found = rates("inverse_sqrt", warmup=4, steps=100)
    assert found[4 + 4] == pytest.approx(1 / math.sqrt(2))
    assert found[4 + 60] == pytest.approx(1 / 4)
    assert rates("inverse_sqrt", warmup=0, steps=10)[3] == pytest.approx(0.5)


def test_wsd_falls_over_the_last_fifth() -> None:
    found = rates("wsd", warmup=5, steps=100)
    assert set(found[5:81]) == {1.0}
    assert found[80:] == pytest.approx([1 - since / 20 for since in range(20)])
    assert rates("wsd", warmup=9, steps=10)[9] == 1.0


def test_the_peak_is_the_plan_s() -> None:
    assert learning_rate(Schedule("linear", 2e-4, 0, 10), 5) == pytest.approx(1e-4)
