"""The memory estimates: known figures by hand, and what may only grow or shrink with what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.memory import (
    BYTES,
    MOST_PROMPTS,
    MOST_PROMPTS_ELSEWHERE,
    UNKNOWN_MEMORY,
    activation_bytes,
    largest_generation_batch,
    largest_micro_batch,
)
from lfine.finetune.compile.plan import LengthPlan
from tests.finetune.compile.bench import CARD, LENGTH


def micro(
    length: LengthPlan = LENGTH,
    card: ModelCard = CARD,
    *,
    memory: int = 25_000_000_000,
    dtype: str = "bfloat16",
    checkpointing: bool = False,
    layout: str = "shared_prefix",
) -> int:
    return largest_micro_batch(length, card, memory=memory, dtype=dtype, checkpointing=checkpointing, layout=layout)


def test_activations_of_one_token() -> None:
    layer = 14 * 576 + 4 * 1536
    assert activation_bytes(CARD, dtype="bfloat16", checkpointing=False) == 30 * layer * 2
    assert activation_bytes(CARD, dtype="bfloat16", checkpointing=True) == (30 * 576 + layer) * 2
    assert activation_bytes(CARD, dtype="float32", checkpointing=False) == 30 * layer * 4


def test_a_micro_batch_by_hand() -> None:
    own = 233 - 165
    tokens = own * 30 * (14 * 576 + 4 * 1536) * 2
    logits = 36 * 49152 * 12
    scores = 30 * 9 * own * 233 * 2 * 2
    assert micro() == int(25e9 / 3 / (tokens + logits + scores))


def test_what_makes_room_and_what_takes_it() -> None:
    assert micro(layout="padded") < micro()
    assert micro(dtype="float32") < micro()
    assert micro(checkpointing=True) > micro()
    assert micro(memory=50_000_000_000) in (2 * micro(), 2 * micro() + 1)
    assert micro(replace(LENGTH, longest_completion=200)) < micro()


def test_a_limit_beyond_the_longest_row_takes_no_room() -> None:
    at_longest = micro(replace(LENGTH, max_sequence_length=LENGTH.longest))
    assert micro(replace(LENGTH, max_sequence_length=8192)) == at_longest < micro()


def test_there_is_always_one_example() -> None:
    assert micro(memory=1000) == 1
    assert largest_generation_batch(CARD, memory=1000, tokens=100, device="cuda") == 1


def test_unknown_memory_is_a_small_machine() -> None:
    assert micro(memory=0) == micro(memory=UNKNOWN_MEMORY)
    many = 10_000
    assert largest_generation_batch(CARD, memory=0, tokens=many, device="cuda") == largest_generation_batch(
        CARD, memory=UNKNOWN_MEMORY, tokens=many, device="cuda"
    )


@pytest.mark.parametrize("dtype", sorted(BYTES))
def test_every_dtype_of_a_task_has_a_width(dtype: str) -> None:
    assert micro(dtype=dtype) >= 1


def test_a_generation_batch_by_hand() -> None:
    one = 2 * 30 * 3 * 64 * 4 * 4000  # keys and values of 30 layers, 3 heads of 64, float32
    assert largest_generation_batch(CARD, memory=8_000_000_000, tokens=4000, device="cuda") == int(8e9 / 4 / one)
    assert largest_generation_batch(CARD, memory=8_000_000_000, tokens=0, device="cuda") == MOST_PROMPTS_ELSEWHERE
    assert largest_generation_batch(CARD, memory=10**15, tokens=1, device="cpu") == MOST_PROMPTS["cpu"]
