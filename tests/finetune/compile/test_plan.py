"""The two hashes of a plan: which fields move them and which do not, each leaf of the records changed in turn."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from lfine.finetune.compile.plan import EvaluationPlan, Plan, TrainingPlan, evaluation_hash, training_hash
from lfine.schemas.records import ShapeError, from_json, to_json
from tests.finetune.compile.bench import Bench

SAME_WEIGHTS = {
    "model.name": "the identity says which weights they are",
    "model.revision": "as the name",
    "data.split": "the training rows' hash says which rows they are",
    "data.split_column": "as the split",
    "data.validation_rows": "validation rows are only looked at",
    "data.test_rows": "test rows are not looked at",
    "data.output_type": "decides the metric, not the tokens",
    "data.labels": "as the type",
    "length.shared_prefix": "the layout is exact, whatever is shared",
    "length.stems": "as the prefix",
    "steps_per_evaluation": "a validation loss changes nothing",
    "validation_sample": "as the cadence",
    "evaluation_sample": "answers on the way change nothing, but by way of selection",
    "steps_per_checkpoint": "a checkpoint changes nothing",
    "keep": "which checkpoints are kept",
    "trackers": "what is shown elsewhere",
    "machine.deterministic": "refuses what could differ",
    "machine.device": "where it is computed",
    "machine.layout": "the layout is exact",
    "machine.micro_batch_size": "a memory decision",
    "machine.micro_batch_tokens": "a memory decision",
    "machine.gradient_checkpointing": "a memory decision",
    "machine.checkpointed_layers": "a memory decision",
    "machine.kernels": "the same arithmetic in other kernels",
    "machine.attention": "the same arithmetic in other kernels",
}
"""Leaf of TrainingPlan → why it is outside the plan hash; every other leaf is inside."""
SAME_SCORE = {
    "generation.batch_size": "a memory decision",
    "generation.layout": "the layout is exact",
    "generation.window": "it decides which rows have which layout",
    "interval": "it changes no score, only how sure of it one is",
}

OTHERS: tuple[object, ...] = ("x", 1, True, 0.5, ["x"], [1], {"x": 1}, {"folder": "x", "sha256": "x"})
"""Tried for a value that is null or empty: what its field takes decides."""
WORDS = ("fp4", "nf4", "regex", "label", "macro", "weighted", "accuracy", "char", "bca", "percentile")
"""Other values of fields that take certain words only."""


def others(value: object) -> tuple[object, ...]:
    """Return values to try in place of one, plain ones first."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, str):
        return (f"{value}x", *(word for word in WORDS if word != value))
    if isinstance(value, int | float):
        return (value + 1, 2 * value)
    return (*OTHERS, *WORDS)


def leaves(record: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value that holds no other."""
    if isinstance(record, dict | list) and record:
        items = record.items() if isinstance(record, dict) else enumerate(record)
        for key, value in items:
            yield from leaves(value, (*at, key))
    else:
        yield at


def changed(record: dict[str, Any], path: tuple[str | int, ...], kind: type | None = None) -> dict[str, Any]:
    """Return a copy with another value at `path`, one that a record of `kind` takes where it is given."""
    parent: Any = record
    for part in path[:-1]:
        parent = parent[part]
    for other in others(parent[path[-1]]):
        copy = deepcopy(record)
        inside: Any = copy
        for part in path[:-1]:
            inside = inside[part]
        inside[path[-1]] = other
        if kind is None or fits(kind, copy):
            return copy
    raise AssertionError(f"no other value fits {path}")


def fits(kind: type, record: dict[str, Any]) -> bool:
    try:
        from_json(kind, record)
    except ShapeError:
        return False
    return True


def field_of(path: tuple[str | int, ...]) -> str:
    return ".".join(part for part in path if isinstance(part, str))


@pytest.fixture
def plan(bench: Bench) -> Plan:
    """A plan without a null or an empty list where another value is possible."""
    return bench.compile(
        ["quantization.bits=4", "prompt.system=Be brief.", "evaluation.baselines=[majority]", "trainer.early_stop=3"],
    ).plan


def test_every_leaf_of_the_training_half_is_in_the_plan_hash_or_in_the_table(plan: Plan) -> None:
    record = to_json(plan.training)
    outside = set()
    for path in leaves(record):
        other_plan = from_json(TrainingPlan, changed(record, path, TrainingPlan))
        assert other_plan != plan.training, path
        if training_hash(other_plan) == plan.plan_hash:
            outside.add(field_of(path))
    assert outside == set(SAME_WEIGHTS)


def test_every_leaf_of_the_evaluation_half_is_in_the_evaluation_hash_or_in_the_table(plan: Plan) -> None:
    record = to_json(plan.evaluation)
    outside = {
        field_of(path)
        for path in leaves(record)
        if evaluation_hash(from_json(EvaluationPlan, changed(record, path, EvaluationPlan))) == plan.evaluation_hash
    }
    assert outside == set(SAME_SCORE)


def test_no_adapter_and_no_quantization_are_plans_of_their_own(plan: Plan) -> None:
    full = replace(plan.training, adapter=None)
    unquantized = replace(plan.training, model=replace(plan.training.model, quantization=None))
    assert len({plan.plan_hash, training_hash(full), training_hash(unquantized)}) == 3


def test_scoring_without_generation_has_a_hash_of_its_own(plan: Plan) -> None:
    assert evaluation_hash(replace(plan.evaluation, generation=None)) != plan.evaluation_hash


def test_the_halves_are_hashed_apart(plan: Plan) -> None:
    other_evaluation = replace(plan, evaluation=replace(plan.evaluation, seed=7))
    assert other_evaluation.plan_hash == plan.plan_hash
    assert other_evaluation.evaluation_hash != plan.evaluation_hash
    other_training = replace(plan, training=replace(plan.training, seed=7))
    assert other_training.plan_hash != plan.plan_hash
    assert other_training.evaluation_hash == plan.evaluation_hash


def test_what_was_decided_and_how_it_is_told_is_no_part_of_a_hash(plan: Plan) -> None:
    silent = replace(plan, decisions=(), folder="/elsewhere")
    assert (silent.plan_hash, silent.evaluation_hash) == (plan.plan_hash, plan.evaluation_hash)


def test_a_plan_cannot_be_changed(plan: Plan) -> None:
    with pytest.raises(FrozenInstanceError):
        plan.training.steps = 1  # type: ignore[misc]
