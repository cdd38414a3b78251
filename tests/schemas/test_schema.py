"""The schema and the records say the same, and every key is described in full."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jsonschema import Draft202012Validator

from lfine.schemas.building import key_of
from lfine.schemas.schema import (
    EACH,
    Node,
    SchemaKey,
    bare_key,
    entry_variant,
    item_variant,
    mapping_variant,
    node_at,
    resolved,
    schema_keys,
    task_schema,
    types,
    variants,
)
from lfine.schemas.task import Adapter, Task
from lfine.schemas.validation import accepts

BY_NAME = {key.dotted: key for key in schema_keys()}
CONSTANTS: dict[str, Any] = {
    "prompt.chat": "auto",
    "output_feature.labels": None,
    "preprocessing.split.type": None,
    "preprocessing.split.column": None,
    "preprocessing.split.probabilities": [0.8, 0.1, 0.1],
    "preprocessing.split.seed": 42,
    "preprocessing.max_sequence_length": "p95",
    "preprocessing.truncation": "end",
    "adapter": {},
    "adapter.type": "lora",
    "adapter.r": 8,
    "adapter.alpha": None,
    "adapter.dropout": 0.05,
    "adapter.target_modules": None,
    "adapter.use_rslora": False,
    "quantization": None,
    "quantization.bnb_4bit_quant_type": "nf4",
    "quantization.bnb_4bit_use_double_quant": True,
    "trainer.type": "finetune",
    "trainer.epochs": None,
    "trainer.train_steps": None,
    "trainer.batch_size": 16,
    "trainer.micro_batch_size": "auto",
    "trainer.learning_rate": 0.0002,
    "trainer.learning_rate_scheduler.decay": "cosine",
    "trainer.learning_rate_scheduler.warmup_fraction": None,
    "trainer.optimizer.type": "adamw",
    "trainer.optimizer.betas": None,
    "trainer.optimizer.eps": None,
    "trainer.optimizer.weight_decay": 0.0,
    "trainer.max_grad_norm": 1.0,
    "trainer.validation_sample": 200,
    "trainer.gradient_checkpointing": "auto",
    "trainer.dtype": "auto",
    "trainer.device": "auto",
    "trainer.seed": 42,
    "generation.max_new_tokens": "auto",
    "evaluation.metrics": None,
    "evaluation.sample_size": 1000,
    "evaluation.split": "test",
    "evaluation.seed": 42,
    "evaluation.extract": "none",
    "evaluation.baselines": [],
    "evaluation.confidence": 0.95,
    "evaluation.interval": "bca",
}


def record_keys(record: type, above: tuple[str, ...] = ()) -> set[str]:
    """Return the dotted name of every field, records in records included."""
    names: set[str] = set()
    hints = get_type_hints(record)
    for field in fields(record):
        path = (*above, key_of(field.name))
        names.add(".".join(path))
        for option, inner in records_in(hints[field.name]):
            names |= record_keys(option, (*path, *inner))
    return names


def records_in(hint: Any) -> list[tuple[type, tuple[str, ...]]]:
    """Return the records that an annotation names; those of lists and mappings stand one step deeper."""
    if isinstance(hint, type) and is_dataclass(hint):
        return [(hint, ())]
    deeper = (EACH,) if get_origin(hint) in (tuple, dict) else ()
    return [(record, deeper + inner) for option in get_args(hint) for record, inner in records_in(option)]


def mappings(node: Any) -> list[dict[str, Any]]:
    """Return every part of the schema that describes a mapping with keys."""
    if isinstance(node, list):
        return [found for item in node for found in mappings(item)]
    if not isinstance(node, dict):
        return []
    below = [found for item in node.values() for found in mappings(item)]
    return [node, *below] if isinstance(node.get("properties"), dict) and node.get("type") == "object" else below


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(task_schema())
    assert task_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_keys_of_the_schema_are_the_fields_of_the_records() -> None:
    assert set(BY_NAME) == record_keys(Task)


def test_no_mapping_takes_keys_that_it_does_not_know() -> None:
    found = mappings(task_schema())
    assert len(found) == 19
    assert all(node["additionalProperties"] is False for node in found)


@pytest.mark.parametrize("key", schema_keys(), ids=lambda key: key.dotted)
def test_every_key_is_described(key: SchemaKey) -> None:
    assert key.node["description"].endswith(".")
    assert all(types(variant) for variant in variants(key.node))
    assert key.required != ("default" in key.node), "a key is required or has a default"
    assert key.node["examples"]


@pytest.mark.parametrize("key", schema_keys(), ids=lambda key: key.dotted)
def test_examples_and_defaults_satisfy_their_schema(key: SchemaKey) -> None:
    for example in key.node["examples"]:
        assert accepts(key.node, example), example
    if not key.required:
        assert accepts(key.node, key.node["default"])


@pytest.mark.parametrize("name", CONSTANTS)
def test_constant_defaults(name: str) -> None:
    default = BY_NAME[name].node["default"]
    assert default == CONSTANTS[name]
    assert type(default) is type(CONSTANTS[name])


def test_required_keys() -> None:
    required = {key.dotted for key in schema_keys() if key.required}
    assert required == {
        "base_model",
        "base_model.id",
        "dataset",
        "prompt",
        "prompt.examples.count",
        "output_feature.name",
        "quantization.bits",
        "evaluation.metrics.*.name",
        "evaluation.extract.type",
    }


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("preprocessing.max_sequence_length", "tokens"),
        ("generation.max_new_tokens", "tokens"),
        ("evaluation.sample_size", "rows"),
        ("trainer.validation_sample", "rows"),
        ("trainer.train_steps", "updates"),
        ("trainer.batch_size", "examples"),
        ("quantization.bits", "bits"),
    ],
)
def test_units(name: str, unit: str) -> None:
    assert BY_NAME[name].node["x-unit"] == unit


def test_short_forms_name_a_key() -> None:
    for key in schema_keys():
        mapping = mapping_variant(key.node)
        bare = key.node.get("x-bare")
        assert bare is None or (mapping is not None and bare in mapping["properties"])


@pytest.mark.parametrize("text", ["p50", "p95", "p99", "p100"])
def test_percentiles(text: str) -> None:
    assert accepts(BY_NAME["preprocessing.max_sequence_length"].node, text)


@pytest.mark.parametrize("value", ["p49", "p101", "p5", "95", "p95\n", " p95", "P95", 7, 8.5, True])
def test_what_is_no_length(value: str | int | float) -> None:
    assert not accepts(BY_NAME["preprocessing.max_sequence_length"].node, value)


@pytest.mark.parametrize("value", [" x", "x ", "x\n", "", "a\nb"])
def test_names_of_files_and_models_have_no_white_space_around(value: str) -> None:
    assert not accepts(BY_NAME["base_model"].node, value)
    assert not accepts(BY_NAME["dataset.path"].node, value)


def test_nodes_by_path() -> None:
    assert node_at(()) == task_schema()
    assert (node_at(("adapter", "r")) or {})["type"] == "integer"
    assert (node_at(("output_feature", "labels", 3)) or {})["type"] == "string"
    assert node_at(("adapter", "rank")) is None
    assert node_at(("adapter", "r", "x")) is None
    assert node_at(("no", "such", "key")) is None
    assert node_at(("base_model", 0)) is None


def test_references_are_undone_and_their_own_words_kept() -> None:
    node: Node = {"$ref": "#/$defs/split", "description": "mine"}
    assert resolved(node)["description"] == "mine"
    assert resolved(node)["x-bare"] == "type"
    assert "$ref" not in resolved(node)


def test_a_key_of_a_mapping_or_null_has_its_keys_below() -> None:
    mapping = mapping_variant(BY_NAME["adapter"].node)
    assert mapping is not None
    assert set(mapping["properties"]) == {key_of(field.name) for field in fields(Adapter)}


def test_lists_of_mappings_and_mappings_of_the_users_own_keys() -> None:
    metrics, columns = BY_NAME["evaluation.metrics"].node, BY_NAME["dataset.columns"].node
    assert set((mapping_variant(item_variant(metrics) or {}) or {})["properties"]) >= {"name", "average"}
    assert set((entry_variant(columns) or {})["properties"]) >= {"from", "values"}
    assert item_variant(columns) is None
    assert entry_variant(BY_NAME["adapter.rank_pattern"].node) is None, "plain values need no defaults"
    assert (node_at(("evaluation", "metrics", 1, "average")) or {})["enum"][0] == "macro"
    assert (node_at(("dataset", "columns", "my.column", "cast")) or {})["enum"][0] == "integer"
    assert (node_at(("adapter", "rank_pattern", "q_proj")) or {})["type"] == "integer"
    assert node_at(("dataset", "columns", "label", "no")) is None


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("base_model", "id"),
        ("output_feature", "name"),
        ("evaluation.extract", "type"),
        ("prompt.examples", "count"),
        ("adapter", None),
        ("dataset", None),
        ("trainer.optimizer", None),
        ("adapter.r", None),
    ],
)
def test_where_a_bare_value_stands_for_a_mapping(name: str, bare: str | None) -> None:
    assert bare_key(BY_NAME[name].node) == bare
