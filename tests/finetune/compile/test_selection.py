"""What keeps save_best_by, early_stop and evaluation_sample from doing what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfine.evaluation.metrics.registry import plain
from lfine.finetune.compile.selection import selection_problems
from lfine.schemas.task import LearningRateScheduler, Optimizer, Trainer

TRAINER = Trainer(
    type="finetune",
    epochs=1.0,
    train_steps=None,
    batch_size=4,
    micro_batch_size="auto",
    learning_rate=1e-4,
    learning_rate_multiplier=1.0,
    learning_rate_scheduler=LearningRateScheduler("cosine", None),
    optimizer=Optimizer("adamw", None, None, 0.0, None),
    max_grad_norm=1.0,
    steps_per_evaluation=None,
    validation_sample=10,
    steps_per_checkpoint=None,
    keep=1,
    save_best_by=None,
    early_stop=None,
    evaluation_sample=0,
    prompt_loss_weight=0.0,
    label_smoothing=0.0,
    neftune_noise_alpha=None,
    gradient_checkpointing="auto",
    deterministic=False,
    trackers=(),
    dtype="auto",
    device="auto",
    seed=0,
)
METRICS = (plain("rouge"), replace(plain("exact_match"), case=True))


def found(rows: int = 50, **changes: Any) -> list[tuple[str, str]]:
    problems = selection_problems(replace(TRAINER, **changes), METRICS, rows)
    return [(problem.code, problem.path.removeprefix("trainer.")) for problem in problems]


@pytest.mark.parametrize("by", ["loss", "rougeL", "rouge1"])
def test_what_can_be_gone_by(by: str) -> None:
    assert found(save_best_by=by, evaluation_sample=20, early_stop=3) == []
    assert found() == []
    assert found(rows=0) == []


def test_each_key_that_needs_validation_rows() -> None:
    everything = {"save_best_by": "loss", "early_stop": 2, "evaluation_sample": 5}
    assert found(rows=0, **everything) == [("LF254", key) for key in everything]
    for key, value in everything.items():
        assert found(rows=0, **{key: value}) == [("LF254", key)]


def test_a_metric_that_nobody_computes_during_training() -> None:
    assert found(save_best_by="rougeL") == [("LF255", "save_best_by")]
    assert found(save_best_by="loss") == []


def test_a_value_that_the_metrics_do_not_give() -> None:
    (problem,) = selection_problems(replace(TRAINER, save_best_by="rougel", evaluation_sample=5), METRICS, 50)
    assert problem.code == "LF256"
    assert "did you mean 'rougeL'?" in problem.message
    assert "loss, rougeL, rouge1" in problem.cure
    assert found(save_best_by="accuracy", evaluation_sample=5) == [("LF256", "save_best_by")]


@pytest.mark.parametrize("name", ["sql_execution", "code_execution", "custom"])
def test_metrics_that_run_something_are_not_computed_in_training(name: str) -> None:
    late, sampled = (plain(name),), replace(TRAINER, evaluation_sample=5)
    (problem,) = selection_problems(sampled, late, 50)
    assert (problem.code, name in problem.message) == ("LF287", True)
    assert selection_problems(sampled, (*late, plain("exact_match")), 50) == []
    assert selection_problems(replace(TRAINER, evaluation_sample=0), late, 50) == []


def test_the_best_cannot_be_chosen_by_what_is_computed_later() -> None:
    wanted = replace(TRAINER, save_best_by="sql_execution", evaluation_sample=5)
    (problem,) = selection_problems(wanted, (plain("sql_match"), plain("sql_execution")), 50)
    assert (problem.code, "by `lfine evaluate` only" in problem.message) == ("LF256", True)


def test_a_metric_of_probabilities_during_training() -> None:
    metrics = [plain("rouge"), plain("perplexity")]
    (problem,) = selection_problems(replace(TRAINER, evaluation_sample=5), metrics, 9)
    assert (problem.code, problem.path) == ("LF315", "trainer.evaluation_sample")
    assert problem.message.startswith("perplexity reads probabilities")
    assert selection_problems(TRAINER, metrics, 9) == []
