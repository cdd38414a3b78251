"""Plans and rows for the training room: a tiny model, thirty rows that begin alike."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import (
    AdapterPlan,
    DataPlan,
    LengthPlan,
    MachinePlan,
    ModelPlan,
    PromptPlan,
    TrainingPlan,
)

PREFIX = 9
"""Tokens that all rows begin with."""


@pytest.fixture(scope="session")
def rows() -> tuple[EncodedExample, ...]:
    """Thirty rows of 12 to 30 tokens with completions of 1 to 5."""
    draw = random.Random(5)
    shared = tuple(draw.randrange(3, 300) for _ in range(PREFIX))
    return tuple(
        EncodedExample(
            row_id,
            (*shared, *(draw.randrange(3, 300) for _ in range(draw.randint(2, 16)))),
            (*(draw.randrange(3, 300) for _ in range(draw.randint(0, 4))), 2),
        )
        for row_id in range(30)
    )


@pytest.fixture
def plan(tiny_model_folder: Path) -> TrainingPlan:  # noqa: ARG001 (the plan is for that model)
    """Six updates of eight examples in float32, without dropout."""
    return TrainingPlan(
        model=ModelPlan("tiny", "0", "llama", 1, 512, "float32", None),
        prompt=PromptPlan("{x}", None, chat_used=True, hash="0"),
        data=DataPlan("fixed", "split", 30, 0, 0, "0", "y", "text", ()),
        length=LengthPlan(64, 20, 30, 30, 30, 0, 0, PREFIX, 5),
        truncation="end",
        adapter=AdapterPlan(r=4, alpha=8, dropout=0.0, target_modules=("q_proj", "v_proj"), use_rslora=False),
        steps=6,
        batch_size=8,
        train_examples=48,
        learning_rate=5e-3,
        decay="cosine",
        warmup_steps=2,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        max_grad_norm=1.0,
        seed=11,
        steps_per_evaluation=3,
        validation_sample=8,
        steps_per_checkpoint=2,
        machine=MachinePlan("cpu", "shared_prefix", 8, gradient_checkpointing=False),
    )
