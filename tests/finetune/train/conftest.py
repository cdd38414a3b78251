"""Plans and rows for the training room: a tiny model, thirty rows that begin alike."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import (
    DataPlan,
    LengthPlan,
    MachinePlan,
    ModelPlan,
    OptimizerPlan,
    PromptPlan,
    TrainingPlan,
)
from tests.finetune.models.plans import lora

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
        model=ModelPlan(
            name="tiny",
            revision=None,
            trust_remote_code=False,
            identity="0",
            family="llama",
            parameters=1,
            context=512,
            dtype="float32",
            quantization=None,
        ),
        prompt=PromptPlan(
            template="{x}",
            system=None,
            chat_used=True,
            example_rows=(),
            messages=None,
            loss_on="all",
            hash="0",
        ),
        data=DataPlan("fixed", "split", 30, 0, 0, "0", "y", "text", ()),
        length=LengthPlan(64, 20, 30, 30, 30, 0, 0, PREFIX, 5),
        truncation="end",
        adapter=lora(),
        steps=6,
        batch_size=8,
        train_examples=48,
        learning_rate=5e-3,
        decay="cosine",
        warmup_steps=2,
        optimizer=OptimizerPlan("adamw", (0.9, 0.999), 1e-8, 0.0, 0.0),
        max_grad_norm=1.0,
        prompt_loss_weight=0.0,
        label_smoothing=0.0,
        neftune_noise_alpha=None,
        seed=11,
        selection=None,
        steps_per_evaluation=3,
        validation_sample=8,
        evaluation_sample=0,
        steps_per_checkpoint=2,
        keep=1,
        trackers=(),
        machine=MachinePlan("cpu", "shared_prefix", 8, gradient_checkpointing=False, deterministic=False),
    )
