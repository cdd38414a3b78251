"""What evaluating on the way adds to a run: how often, how many rows, and how much arithmetic beside the updates.

    evaluation_cost(training, loss_rows=200, row_tokens=231.0, answers=True, training_operations=1.2e6)
        → EvaluationCost(evaluations=10, loss_rows=200, answered_rows=50, share=0.12, seconds=None)

A token costs one pass forward, where an update's token costs that pass and the way back. Answers are counted as long as
the training rows' answers. Counted in arithmetic: a GPU that writes answers token by token reaches less of its speed
than in training, so there the time is a lower bound.

*Not here:* the time of the updates (estimates.py), doing it (lfine.finetune.train.evaluations).
"""

from __future__ import annotations

import math

from lfine.finetune.compile.plan import EvaluationCost, TrainingPlan

AT_ONCE = 16
"""Rows that share one computed prefix when a validation loss is taken, at least (VALIDATION_ROWS in train.losses)."""
FORWARD = 2
"""Operations of a token and a weight in a pass without gradient: one product, one sum."""


def evaluation_cost(
    training: TrainingPlan, *, loss_rows: int, row_tokens: float, answers: bool, training_operations: float
) -> EvaluationCost:
    """Return the cost beside that of the updates, which take `training_operations` for each weight in the run.

    `row_tokens` is the mean length of a row with its answer; `loss_rows` 0 means that nothing is evaluated.
    """
    if not loss_rows:
        return EvaluationCost()
    times = math.ceil(training.steps / training.steps_per_evaluation)
    answered = min(training.evaluation_sample, training.data.validation_rows) if answers else 0
    at_once = max(AT_ONCE, training.machine.micro_batch_size)
    spared = training.length.shared_prefix if training.machine.layout == "shared_prefix" else 0
    losses = loss_rows * row_tokens - (loss_rows - math.ceil(loss_rows / at_once)) * spared
    tokens = times * (losses + answered * row_tokens)
    return EvaluationCost(times, loss_rows, answered, FORWARD * tokens / training_operations)


def said(cost: EvaluationCost) -> str:
    """Return what is done and how often, for people."""
    if not cost.evaluations:
        return "no validation row, so nothing is evaluated on the way"
    answered = f", {_rows(cost.answered_rows)} answered and scored" if cost.answered_rows else ""
    times = "once" if cost.evaluations == 1 else f"{cost.evaluations} times"
    return f"{times}: the loss of {_rows(cost.loss_rows)}{answered}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
