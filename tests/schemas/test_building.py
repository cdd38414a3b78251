"""Defaults filled in and records made, in every form a value may take."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

import pytest

from lfine.schemas.building import _build, build_task, with_defaults
from lfine.schemas.document import Value
from lfine.schemas.schema import node_at, task_schema
from lfine.schemas.task import (
    Adapter,
    Dataset,
    Evaluation,
    Generation,
    LearningRateScheduler,
    Optimizer,
    OutputFeature,
    Preprocessing,
    Prompt,
    Quantization,
    Split,
    Task,
    Trainer,
)

LITTLE: dict[str, Value] = {
    "base_model": "m",
    "dataset": {"path": "d.csv"},
    "prompt": {"template": "{x}"},
    "output_feature": "y",
}


def task(**changes: Value) -> Task:
    return build_task({**LITTLE, **changes}, stem="viggo")


def test_a_task_of_defaults() -> None:
    assert task() == Task(
        name="viggo",
        description=None,
        base_model="m",
        dataset=Dataset(path="d.csv", hub=None, name=None, revision=None, train=None, validation=None, test=None),
        prompt=Prompt(template="{x}", system=None, chat="auto"),
        output_feature=OutputFeature(name="y", type=None, labels=None),
        preprocessing=Preprocessing(
            split=Split(type=None, column=None, probabilities=(0.8, 0.1, 0.1), seed=42),
            max_sequence_length="p95",
            truncation="end",
        ),
        adapter=Adapter(type="lora", r=8, alpha=None, dropout=0.05, target_modules=None, use_rslora=False),
        quantization=None,
        trainer=Trainer(
            type="finetune",
            epochs=None,
            train_steps=None,
            batch_size=16,
            micro_batch_size="auto",
            learning_rate=0.0002,
            learning_rate_scheduler=LearningRateScheduler(decay="cosine", warmup_fraction=None),
            optimizer=Optimizer(type="adamw", betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0),
            max_grad_norm=1.0,
            steps_per_evaluation=None,
            validation_sample=200,
            steps_per_checkpoint=None,
            gradient_checkpointing=False,
            dtype="auto",
            device="auto",
            seed=42,
        ),
        generation=Generation(max_new_tokens="auto"),
        evaluation=Evaluation(
            metrics=None,
            sample_size=1000,
            split="test",
            seed=42,
            extract="none",
            baselines=(),
            confidence=0.95,
        ),
    )


def test_a_name_of_its_own() -> None:
    assert task(name="mine").name == "mine"
    assert task(name=None).name == "viggo"


def test_null_is_no_adapter_and_an_empty_mapping_is_the_default_one() -> None:
    assert task(adapter=None).adapter is None
    assert task(adapter={}).adapter == task().adapter
    adapter = task(adapter={"r": 16}).adapter
    assert adapter is not None
    assert (adapter.r, adapter.dropout) == (16, 0.05)


def test_a_mapping_that_is_null_by_default_gets_its_own_defaults() -> None:
    assert task(quantization={"bits": 8}).quantization == Quantization(
        bits=8, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True
    )


def test_a_bare_column_and_a_mapping_are_the_same() -> None:
    assert task(output_feature="y").output_feature == task(output_feature={"name": "y"}).output_feature


def test_lists_become_tuples() -> None:
    found = task(
        output_feature={"name": "y", "labels": ["a", "b"]},
        evaluation={"metrics": ["rouge"], "baselines": ["majority", "tfidf"]},
        adapter={"target_modules": ["q_proj"]},
        trainer={"optimizer": {"betas": [0, 0.5]}},
    )
    assert found.output_feature.labels == ("a", "b")
    assert found.evaluation.metrics == ("rouge",)
    assert found.evaluation.baselines == ("majority", "tfidf")
    assert found.adapter is not None
    assert found.adapter.target_modules == ("q_proj",)
    assert found.trainer.optimizer.betas == (0.0, 0.5)
    assert {type(beta) for beta in found.trainer.optimizer.betas} == {float}


def test_alternatives_keep_their_kind() -> None:
    assert task(adapter={"target_modules": "all-linear"}).adapter == Adapter(
        type="lora", r=8, alpha=None, dropout=0.05, target_modules="all-linear", use_rslora=False
    )
    assert task(preprocessing={"max_sequence_length": 512}).preprocessing.max_sequence_length == 512
    assert task(preprocessing={"max_sequence_length": None}).preprocessing.max_sequence_length is None
    assert task(trainer={"micro_batch_size": 4}).trainer.micro_batch_size == 4


@pytest.mark.parametrize("value", [16, 16.0])
def test_whole_numbers_become_integers(value: Value) -> None:
    batch_size = task(trainer={"batch_size": value, "micro_batch_size": value}).trainer.batch_size
    assert batch_size == 16
    assert type(batch_size) is int


def test_integers_become_floats_where_a_float_is_asked_for() -> None:
    trainer = task(trainer={"epochs": 3, "learning_rate": 1}).trainer
    assert (type(trainer.epochs), type(trainer.learning_rate)) == (float, float)


def test_a_literal_is_the_one_of_the_record() -> None:
    quantization = task(quantization={"bits": 4.0}).quantization
    assert quantization is not None
    assert type(quantization.bits) is int


def test_defaults_of_the_schema_are_not_shared() -> None:
    filled = with_defaults({**LITTLE}, task_schema())
    assert isinstance(filled, dict)
    evaluation = filled["evaluation"]
    assert isinstance(evaluation, dict)
    assert isinstance(evaluation["baselines"], list)
    evaluation["baselines"].append("majority")
    assert task().evaluation.baselines == ()


def test_the_value_given_is_not_changed() -> None:
    value: dict[str, Value] = {**LITTLE}
    build_task(value, stem="x")
    assert value == LITTLE
    assert "name" not in value


def test_defaults_of_one_mapping() -> None:
    node = node_at(("trainer", "learning_rate_scheduler"))
    assert node is not None
    assert with_defaults({"warmup_fraction": 0.1}, node) == {"decay": "cosine", "warmup_fraction": 0.1}


def hashable(record: Any) -> bool:
    return isinstance(hash(record), int) and all(
        hashable(getattr(record, field.name)) for field in fields(record) if is_dataclass(getattr(record, field.name))
    )


def test_a_task_holds_nothing_that_can_change() -> None:
    assert hashable(task())


@dataclass(frozen=True)
class Sample:
    number: int
    word: Literal["a"] | None


@pytest.mark.parametrize(
    ("hint", "value"), [(int, "x"), (int, 1.5), (int, True), (Literal["a"], "b"), (Sample, []), (tuple[int, ...], "x")]
)
def test_a_schema_that_disagrees_with_its_record_is_a_bug_and_says_so(hint: Any, value: Value) -> None:
    with pytest.raises(TypeError, match="the schema and the record disagree"):
        _build(hint, value)


def test_records_of_any_kind() -> None:
    assert _build(Sample | None, {"number": 1.0, "word": None}) == Sample(1, None)
    assert _build(Sample | None, None) is None
    assert _build(tuple[Sample, ...], [{"number": 1, "word": "a"}]) == (Sample(1, "a"),)


def test_a_document_that_is_no_mapping_builds_no_task() -> None:
    with pytest.raises((TypeError, KeyError)):
        build_task([1], stem="x")
