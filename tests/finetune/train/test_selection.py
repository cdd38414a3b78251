"""The best evaluation so far, and the rounds since."""

from __future__ import annotations

import math

import pytest

from lfine.finetune.compile.plan import SelectionPlan
from lfine.finetune.train.selection import Chooser, Standing

BY_LOSS = SelectionPlan("loss", 2, 10, 50, 0)
BY_SCORE = SelectionPlan("f1", None, 10, 50, 20)


def chooser(plan: SelectionPlan | None) -> Chooser:
    return Chooser(plan, higher_is_better=plan is BY_SCORE)


def test_lower_is_better_for_a_loss_and_higher_for_a_score() -> None:
    by_loss, by_score = chooser(BY_LOSS), chooser(BY_SCORE)
    found = [by_loss.take(step, {"loss": value}) for step, value in enumerate((0.9, 0.7, 0.8))]
    assert found == [True, True, False]
    assert by_loss.standing == Standing(1, 0.7, 1)
    found = [by_score.take(step, {"loss": 1.0, "f1": value}) for step, value in enumerate((0.2, 0.1, 0.3))]
    assert found == [True, False, True]
    assert by_score.standing == Standing(2, 0.3, 0)


def test_training_ends_after_so_many_rounds_without_a_better_one() -> None:
    found = chooser(BY_LOSS)
    ended = []
    for step, value in enumerate((0.9, 0.95, 0.8, 0.8, 0.85)):  # equal is not better
        found.take(step, {"loss": value})
        ended.append(found.ended)
    assert ended == [False, False, False, False, True]


def test_without_early_stop_training_never_ends() -> None:
    found = chooser(BY_SCORE)
    for step in range(50):
        found.take(step, {"f1": 0.0})
    assert not found.ended


@pytest.mark.parametrize("odd", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_not_better(odd: float) -> None:
    found = chooser(BY_LOSS)
    assert not found.take(1, {"loss": odd})
    assert found.take(2, {"loss": 5.0})
    assert not found.take(3, {"loss": math.nan})


def test_without_a_plan_nothing_is_chosen() -> None:
    found = chooser(None)
    assert not found.take(1, {"loss": 0.1})
    assert (found.standing, found.ended) == (Standing(), False)


def test_a_standing_is_taken_up_again() -> None:
    resumed = Chooser(BY_LOSS, higher_is_better=False, standing=Standing(4, 0.5, 1))
    assert not resumed.take(5, {"loss": 0.6})
    assert resumed.ended


def test_a_value_that_nobody_computed_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        chooser(BY_SCORE).take(1, {"loss": 0.1})
