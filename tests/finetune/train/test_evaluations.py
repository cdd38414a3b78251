"""Validation rows answered in the loop: the same answers and scores as evaluation gives, training untouched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, ScoringSettings
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan, SelectionPlan, TrainingPlan
from lfine.finetune.generate.local_answers import Asking
from lfine.finetune.generate.local_rows import GenerationSettings
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.evaluations import (
    AnsweredSample,
    Evaluation,
    answered_scores,
    better_is_higher,
    evaluate,
)
from lfine.finetune.train.losses import Engine, engine_for, mean_loss, update_gradient
from lfine.schemas.task import Extract
from tests.finetune.train.conftest import PREFIX
from tests.finetune.train.runs import evaluations, run, same_weights

Rows = tuple[EncodedExample, ...]
NEW = 6


def engine(folder: Path) -> Engine:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    model.requires_grad_(requires_grad=True)
    machine = MachinePlan("cpu", "shared_prefix", 4, gradient_checkpointing=False, deterministic=False)
    return engine_for(model.train(), machine, PREFIX)


def renderer(folder: Path) -> Renderer:
    return Renderer(template="{x}", system=None, chat="none", tokenizer=read_tokenizer(folder))


def plainly_answered(folder: Path, prompt: tuple[int, ...]) -> str:
    """One prompt at a time, the whole sequence again for each token."""
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    ids = list(prompt)
    for _ in range(NEW):
        token = int(model(torch.tensor([ids])).logits[0, -1].argmax())
        if token == 2:
            break
        ids.append(token)
    return read_tokenizer(folder).decode(ids[len(prompt) :]).strip()


@pytest.fixture
def sample(tiny_model_folder: Path, rows: Rows) -> AnsweredSample:
    """Four rows; the gold answers of two are what the untrained model says."""
    prompts = tuple(row.prompt_ids for row in rows[22:26])
    said = [plainly_answered(tiny_model_folder, prompt) for prompt in prompts]
    golds = (said[0], "never", said[2], "nor this")
    settings = ScoringSettings(
        metrics=(plain("exact_match"),),
        output_type="text",
        labels=(),
        extract=Extract("none", None, None),
        confidence=0.95,
        seed=0,
    )
    return AnsweredSample(
        rows=tuple(Prediction(row_id, gold, None) for row_id, gold in zip((22, 23, 24, 25), golds, strict=True)),
        prompts=prompts,
        asking=Asking(GenerationSettings(NEW, frozenset({2}), 2), renderer(tiny_model_folder), None),
        scoring=settings,
    )


def test_answers_are_those_of_one_prompt_at_a_time(tiny_model_folder: Path, sample: AnsweredSample) -> None:
    assert answered_scores(engine(tiny_model_folder), sample) == {"exact_match": 0.5}


def test_training_goes_on_as_if_nobody_had_asked(tiny_model_folder: Path, sample: AnsweredSample, rows: Rows) -> None:
    found = engine(tiny_model_folder)
    before, state = update_gradient(found, rows[:8]), torch.random.get_rng_state()
    result = evaluate(found, rows[22:], sample)
    assert torch.equal(state, torch.random.get_rng_state())
    assert found.model.training
    assert update_gradient(found, rows[:8]) == before
    assert result == Evaluation(mean_loss(found, rows[22:]), {"exact_match": 0.5})
    assert result.values == {"loss": result.loss, "exact_match": 0.5}


def test_which_way_is_better(sample: AnsweredSample) -> None:
    assert better_is_higher(SelectionPlan("exact_match", None, 1, 1, 1), sample)
    assert not better_is_higher(SelectionPlan("loss", None, 1, 1, 1), sample)
    assert not better_is_higher(None, None)


def test_a_run_that_is_watched_ends_with_the_same_bits(
    plan: TrainingPlan, sample: AnsweredSample, rows: Rows, tiny_model_folder: Path, tmp_path: Path
) -> None:
    """Dropout draws from the state that answering must leave alone."""
    assert plan.adapter is not None
    plan = replace(plan, adapter=replace(plan.adapter, dropout=0.2), steps_per_evaluation=2)
    run(plan, rows, tmp_path / "unseen", tiny_model_folder)
    run(plan, rows, tmp_path / "watched", tiny_model_folder, answered=sample)
    assert same_weights(tmp_path / "unseen", tmp_path / "watched")
    curve = evaluations(tmp_path / "watched")
    assert [line["step"] for line in curve] == [2, 4, 6]
    assert all(set(line["metrics"]) == {"exact_match"} for line in curve)
    assert all(line["metrics"] == {} for line in evaluations(tmp_path / "unseen"))


def test_a_metric_decides_the_adapter(
    plan: TrainingPlan, sample: AnsweredSample, rows: Rows, tiny_model_folder: Path, tmp_path: Path
) -> None:
    """The golds are what the untrained model says, so a run at a high rate is best after its first update."""
    selection = SelectionPlan("exact_match", 2, 1, 8, 4)
    plan = replace(plan, selection=selection, steps_per_evaluation=1, warmup_steps=0, decay="constant")
    plan = replace(plan, learning_rate=0.5, evaluation_sample=4)
    result = run(plan, rows, tmp_path, tiny_model_folder, answered=sample)
    curve = [line["metrics"]["exact_match"] for line in evaluations(tmp_path)]
    assert result.best_step == 1 + curve.index(max(curve))
    assert result.steps == result.best_step + 2
