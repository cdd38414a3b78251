"""What evaluating on the way costs: how often, how many rows, and its arithmetic worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.catalogue import throughput
from lfine.finetune.compile.evaluation_cost import evaluation_cost, said
from lfine.finetune.compile.plan import EvaluationCost, TrainingPlan
from tests.finetune.compile.bench import CPU, GPU, Bench

ROWS = 100


@pytest.fixture
def training(bench: Bench) -> TrainingPlan:
    """Ten updates, an evaluation after every fourth, 60 validation rows of which 20 are answered."""
    found = bench.compile(["trainer.train_steps=10", "trainer.steps_per_evaluation=4"], CPU).plan.training
    return replace(
        found,
        evaluation_sample=20,
        data=replace(found.data, validation_rows=60),
        length=replace(found.length, shared_prefix=30),
        machine=replace(found.machine, layout="shared_prefix", micro_batch_size=8),
    )


def cost(training: TrainingPlan, *, loss_rows: int = 40, answers: bool = True) -> EvaluationCost:
    return evaluation_cost(
        training, loss_rows=loss_rows, row_tokens=50.0, answers=answers, training_operations=100_000.0
    )


def test_worked_out_by_hand(training: TrainingPlan) -> None:
    """Forty rows of 50 tokens in three parts of 16: the 30 shared ones once for each part; and 20 whole rows."""
    tokens = 3 * ((40 * 50 - 37 * 30) + 20 * 50)
    assert cost(training) == EvaluationCost(3, 40, 20, share=2 * tokens / 100_000, seconds=None)


@pytest.mark.parametrize(("every", "times"), [(1, 10), (3, 4), (5, 2), (10, 1), (99, 1)])
def test_as_often_as_the_loop_evaluates(every: int, times: int, training: TrainingPlan) -> None:
    from lfine.finetune.train.loop import due

    assert cost(replace(training, steps_per_evaluation=every)).evaluations == times
    assert sum(due(step, every, 10) for step in range(1, 11)) == times


def test_every_row_whole_where_nothing_is_shared(training: TrainingPlan) -> None:
    padded = replace(training, machine=replace(training.machine, layout="padded"))
    assert cost(padded).share == pytest.approx(2 * 3 * (40 + 20) * 50 / 100_000)


def test_larger_micro_batches_share_more(training: TrainingPlan) -> None:
    wide = replace(training, machine=replace(training.machine, micro_batch_size=40))
    assert cost(training).share - cost(wide).share == pytest.approx(2 * 3 * 2 * 30 / 100_000)


def test_no_more_rows_are_answered_than_there_are(training: TrainingPlan) -> None:
    assert cost(replace(training, evaluation_sample=500)).answered_rows == 60
    assert cost(training, answers=False).answered_rows == 0


def test_without_validation_rows_nothing_is_evaluated(training: TrainingPlan) -> None:
    assert cost(training, loss_rows=0) == EvaluationCost()


def test_rows_at_once_are_those_of_the_loop() -> None:
    from lfine.finetune.compile.evaluation_cost import AT_ONCE
    from lfine.finetune.train.losses import VALIDATION_ROWS

    assert AT_ONCE == VALIDATION_ROWS


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (EvaluationCost(), "no validation row, so nothing is evaluated on the way"),
        (EvaluationCost(10, 200, 0, 0.1), "10 times: the loss of 200 rows"),
        (EvaluationCost(1, 1, 1, 0.1), "once: the loss of 1 row, 1 row answered and scored"),
        (EvaluationCost(3, 40, 20, 0.1), "3 times: the loss of 40 rows, 20 rows answered and scored"),
    ],
)
def test_it_is_said_in_words(cost: EvaluationCost, text: str) -> None:
    assert said(cost) == text


def test_a_plan_says_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["trainer.train_steps=10", "trainer.steps_per_evaluation=5", "trainer.evaluation_sample=4"]
    found = bench.compile(words, replace(GPU, accelerator="A40")).plan.estimate
    assert (found.evaluating.evaluations, found.evaluating.loss_rows, found.evaluating.answered_rows) == (2, 6, 4)
    assert found.seconds is not None
    assert found.evaluating.seconds == pytest.approx(found.seconds * found.evaluating.share)
    fewer = bench.compile(words[:2], replace(GPU, accelerator="A40")).plan.estimate
    assert 0 < fewer.evaluating.share < found.evaluating.share
    monkeypatch.setattr(throughput, "_rows", lambda: ())
    unknown = bench.compile(words, CPU).plan.estimate
    assert unknown.evaluating.seconds is None
    assert unknown.evaluating.share > 0
