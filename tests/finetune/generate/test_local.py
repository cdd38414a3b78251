"""Batched greedy answers are those of transformers' own generate, one prompt at a time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from torch import nn

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.generate.local import Answer, GenerationSettings, generate
from lfine.finetune.models.loading import load_base

STOP = frozenset(range(2, 400, 11))
"""Enough stop tokens that a random model ends at different times."""


def one_at_a_time(model: nn.Module, prompt: list[int], new: int) -> list[int]:
    ids = torch.tensor([prompt])
    made = model.generate(  # type: ignore[operator]
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=new,
        do_sample=False,
        eos_token_id=sorted(STOP),
        pad_token_id=2,
        use_cache=True,
    )
    tokens = made[0, len(prompt) :].tolist()
    return [token for token in tokens if token not in STOP]


def all_answers(model: nn.Module, prompts: list[list[int]], settings: GenerationSettings) -> list[Answer]:
    found = [answer for batch in generate(model, prompts, settings) for answer in batch]
    return sorted(found, key=lambda answer: answer.number)


def some_prompts(count: int, prefix: int) -> list[list[int]]:
    draw = random.Random(8)
    shared = [draw.randrange(3, 300) for _ in range(prefix)]
    return [shared + [draw.randrange(3, 300) for _ in range(draw.randint(1, 20))] for _ in range(count)]


@pytest.fixture(params=["llama", "neox"])
def model(request: pytest.FixtureRequest, tiny_model_folder: Path, tiny_neox_folder: Path) -> nn.Module:
    folder = tiny_model_folder if request.param == "llama" else tiny_neox_folder
    loaded: nn.Module = load_base(folder, dtype="float32", device="cpu", quantization=None)
    return loaded


@pytest.mark.parametrize("prefix", [0, 11])
@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_text_is_that_of_one_prompt_at_a_time(model: nn.Module, prefix: int, batch_size: int) -> None:
    prompts = some_prompts(20, prefix)
    found = all_answers(model, prompts, GenerationSettings(12, STOP, batch_size))
    expected = [one_at_a_time(model, prompt, 12) for prompt in prompts]
    assert [list(answer.token_ids) for answer in found] == expected
    assert [answer.finish_reason == "stop" for answer in found] == [len(tokens) < 12 for tokens in expected]


def test_rows_end_at_different_times(model: nn.Module) -> None:
    found = all_answers(model, some_prompts(40, 5), GenerationSettings(12, STOP, 64))
    assert len({answer.generated for answer in found}) > 1  # else the test above proves little
    assert all(answer.generated == len(answer.token_ids) + (answer.finish_reason == "stop") for answer in found)


def test_identical_prompts_get_one_answer_each(model: nn.Module) -> None:
    prompts = some_prompts(3, 4)
    found = all_answers(model, [*prompts, prompts[0], prompts[0]], GenerationSettings(5, STOP, 2))
    assert [answer.number for answer in found] == [0, 1, 2, 3, 4]
    assert found[0].token_ids == found[3].token_ids == found[4].token_ids


def test_one_prompt_alone_and_none(model: nn.Module) -> None:
    (prompt,) = some_prompts(1, 6)
    (answer,) = all_answers(model, [prompt], GenerationSettings(4, STOP, 8))
    assert list(answer.token_ids) == one_at_a_time(model, prompt, 4)
    assert list(generate(model, [], GenerationSettings(4, STOP, 8))) == []


def test_common_prefix_leaves_every_prompt_a_token() -> None:
    assert common_prefix([[1, 2, 3], [1, 2, 4]]) == 2
    assert common_prefix([[1, 2], [1, 2, 4]]) == 1
    assert common_prefix([[1, 2, 3], [1, 2, 3]]) == 2
    assert common_prefix([[5], [6, 7]]) == 0
    assert common_prefix([]) == 0
