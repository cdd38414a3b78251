"""Defaults filled in and records made, in every form a value may take."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass
from typing import Any, Literal

import pytest

from lfine.schemas.building import _build, build_task, with_defaults
from lfine.schemas.document import Value
from lfine.schemas.records import digest, from_json, json_text
from lfine.schemas.schema import node_at, task_schema
from lfine.schemas.task import (
    BaseModel,
    Examples,
    Extract,
    LearningRateScheduler,
    Optimizer,
    OutputFeature,
    Preprocessing,
    Prompt,
    Quantization,
    Split,
    Task,
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
    found = task()
    assert (found.name, found.description, found.extends) == ("viggo", None, None)
    assert found.base_model == BaseModel(id="m", revision=None, trust_remote_code=False)
    assert (found.dataset.path, found.dataset.hub, found.dataset.format) == ("d.csv", None, "auto")
    assert (found.dataset.sheet, found.dataset.columns) == (None, {})
    assert found.prompt == Prompt(
        template="{x}",
        system=None,
        chat="auto",
        examples=Examples(count=0, row_ids=None, seed=42),
        messages=None,
        loss_on="all",
    )
    assert found.output_feature == OutputFeature(name="y", type=None, labels=None, schema=None)
    assert found.preprocessing == Preprocessing(
        split=Split(type=None, column=None, probabilities=(0.8, 0.1, 0.1), seed=42),
        max_sequence_length="p95",
        truncation="end",
        sample_ratio=1.0,
    )
    assert found.adapter is not None
    assert (found.adapter.r, found.adapter.alpha, found.adapter.rank_pattern, found.adapter.from_) == (
        8,
        None,
        {},
        None,
    )
    assert found.quantization is None


def test_the_trainer_and_what_follows_of_defaults() -> None:
    found = task()
    assert found.trainer.learning_rate_scheduler == LearningRateScheduler(decay="cosine", warmup_fraction=None)
    assert found.trainer.optimizer == Optimizer(type="adamw", betas=None, eps=None, weight_decay=0.0, momentum=None)
    assert (found.trainer.gradient_checkpointing, found.trainer.trackers) == ("auto", ())
    assert (found.generation.max_new_tokens, found.generation.stop) == ("auto", ())
    assert found.evaluation.metrics is None
    assert found.evaluation.extract == Extract(type="none", pattern=None, field=None)
    assert {getattr(found.cost, field.name) for field in fields(found.cost)} == {None}


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
        bits=8, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype="auto"
    )


@pytest.mark.parametrize(
    ("bare", "whole"),
    [
        ({"output_feature": "y"}, {"output_feature": {"name": "y"}}),
        ({"base_model": "m"}, {"base_model": {"id": "m"}}),
        ({"prompt": {"template": "{x}", "examples": 3}}, {"prompt": {"template": "{x}", "examples": {"count": 3}}}),
        ({"evaluation": {"extract": "label"}}, {"evaluation": {"extract": {"type": "label"}}}),
        ({"evaluation": {"metrics": ["f1"]}}, {"evaluation": {"metrics": [{"name": "f1"}]}}),
    ],
)
def test_a_bare_value_and_a_mapping_are_the_same(bare: dict[str, Value], whole: dict[str, Value]) -> None:
    assert task(**bare) == task(**whole)


def test_mappings_with_keys_of_the_users_own() -> None:
    columns: Value = {"label": {"from": "raw", "values": {"0": "no", "1": 1, "2": 1.0, "3": True}}, "b": {"pick": -1}}
    found = task(dataset={"path": "d.csv", "columns": columns}, adapter={"rank_pattern": {"q_proj": 16.0}})
    label = found.dataset.columns["label"]
    assert (label.from_, label.cast, label.letters, found.dataset.columns["b"].pick) == ("raw", None, False, -1)
    assert label.values is not None
    assert [type(value) for value in label.values.values()] == [str, int, float, bool]
    assert found.adapter is not None
    assert found.adapter.rank_pattern == {"q_proj": 16}
    assert task(dataset={"path": "d.csv", "columns": {"c": {}}}).dataset.columns["c"].from_ is None


def test_a_task_survives_the_way_through_json() -> None:
    found = task(
        dataset={"path": "d.csv", "columns": {"label": {"from": "raw", "values": {"0": True, "1": 1, "2": 0.5}}}},
        adapter={"alpha_pattern": {"q": 3}, "from": "runs/a"},
        evaluation={"metrics": ["rouge", {"name": "f1", "beta": 2}], "extract": {"type": "regex", "pattern": "x"}},
        trainer={"gradient_checkpointing": True, "optimizer": {"betas": [0.9, 0.95]}},
    )
    again = from_json(Task, json.loads(json_text(found)))
    assert again == found
    values = again.dataset.columns["label"].values
    assert values is not None
    assert [type(value) for value in values.values()] == [bool, int, float]
    assert digest(again) == digest(found)


def test_lists_become_tuples() -> None:
    found = task(
        output_feature={"name": "y", "labels": ["a", "b"]},
        evaluation={"metrics": ["rouge"], "baselines": ["majority", "tfidf"]},
        adapter={"target_modules": ["q_proj"]},
        trainer={"optimizer": {"betas": [0, 0.5]}},
    )
    assert found.output_feature is not None
    assert found.output_feature.labels == ("a", "b")
    assert found.evaluation.metrics is not None
    assert [metric.name for metric in found.evaluation.metrics] == ["rouge"]
    assert found.evaluation.baselines == ("majority", "tfidf")
    assert found.adapter is not None
    assert found.adapter.target_modules == ("q_proj",)
    assert found.trainer.optimizer.betas == (0.0, 0.5)
    assert found.trainer.optimizer.betas is not None
    assert {type(beta) for beta in found.trainer.optimizer.betas} == {float}


def test_alternatives_keep_their_kind() -> None:
    adapter = task(adapter={"target_modules": "all-linear"}).adapter
    assert adapter is not None
    assert adapter.target_modules == "all-linear"
    checkpointing = [task(trainer={"gradient_checkpointing": each}).trainer for each in (True, False, "auto")]
    assert [trainer.gradient_checkpointing for trainer in checkpointing] == [True, False, "auto"]
    assert task(dataset={"path": "d.xlsx", "sheet": 2}).dataset.sheet == 2
    assert task(output_feature=None, prompt={"messages": "m"}).output_feature is None
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


def lists_in(record: Any) -> list[str]:
    """Return the fields, at any depth, whose value is a list or a set."""
    found = []
    for field in fields(record):
        value = getattr(record, field.name)
        found += [field.name] if isinstance(value, list | set) else lists_in(value) if is_dataclass(value) else []
    return found


def test_a_task_holds_nothing_that_can_change_but_mappings_of_the_users_own() -> None:
    with pytest.raises(FrozenInstanceError):
        task().name = "x"  # type: ignore[misc]
    assert lists_in(task(evaluation={"metrics": ["f1"], "baselines": ["majority"]}, generation={"stop": ["x"]})) == []


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
