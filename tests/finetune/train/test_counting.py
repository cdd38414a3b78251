"""Tokens that an update computes, beside those that reach the model's embedding when it is really done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.counting import computed_tokens
from lfine.finetune.train.loop import adapt, objective_of
from lfine.finetune.train.losses import engine_for, update_gradient
from tests.finetune.train.conftest import PREFIX


@pytest.mark.parametrize("layout", ["shared_prefix", "padded"])
@pytest.mark.parametrize("micro_batch", [1, 3, 8])
@pytest.mark.parametrize("noise", [None, 5.0])
def test_as_many_tokens_as_reach_the_embedding(
    layout: str,
    micro_batch: int,
    noise: float | None,
    plan: TrainingPlan,
    rows: tuple[EncodedExample, ...],
    tiny_model_folder: Path,
) -> None:
    plan = replace(plan, neftune_noise_alpha=noise)
    base = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    adapt(base, plan, rows)
    machine = replace(plan.machine, layout=layout, micro_batch_size=micro_batch)
    engine = engine_for(base, machine, PREFIX, objective_of(plan))
    seen: list[int] = []
    base.get_input_embeddings().register_forward_hook(lambda _, given, __: seen.append(given[0].numel()))
    update_gradient(engine, rows[:8])
    assert computed_tokens(engine, rows[:8]) == sum(seen)


def test_a_stem_that_some_of_them_share_counts_once(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path
) -> None:
    base = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    adapt(base, plan, rows)
    engine = engine_for(base, plan.machine, PREFIX, objective_of(plan))
    passage = (*rows[0].prompt_ids[:PREFIX], *range(3, 43))  # 40 tokens behind the prefix
    asked = [EncodedExample(number, (*passage, 50 + number), (60, 2)) for number in range(3)]
    batch = [*asked, *rows[:2]]
    seen: list[int] = []
    base.get_input_embeddings().register_forward_hook(lambda _, given, __: seen.append(given[0].numel()))
    update_gradient(engine, batch)
    assert computed_tokens(engine, batch) == sum(seen)
    assert sum(row.length for row in batch) - sum(seen) == 4 * PREFIX + 2 * 40


def test_one_prefix_for_each_micro_batch(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path
) -> None:
    base: Any = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    tokens = sum(row.length for row in rows[:8])
    for micro_batch, shared in ((8, 7), (4, 6), (3, 5), (1, 0)):
        engine = engine_for(base, replace(plan.machine, micro_batch_size=micro_batch), PREFIX)
        assert computed_tokens(engine, rows[:8]) == tokens - shared * PREFIX
