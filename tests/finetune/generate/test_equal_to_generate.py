"""The packed engine answers as transformers' `generate` does one prompt at a time, in every family that it takes.

The reference is `generate` itself. In float32 only the order of sums differs, so another token is allowed only where
the two best logits are nearly equal; the models here have none such.
"""

from __future__ import annotations

import random

import pytest
import torch
from transformers import PreTrainedModel

from lfine.finetune.compile.machine_passes import SHARED_PREFIX_FAMILIES
from lfine.finetune.generate import local_packed, local_steps
from lfine.finetune.generate.local import generate
from lfine.finetune.generate.local_packed import answer_packed
from lfine.finetune.generate.local_padded import answer_padded
from lfine.finetune.generate.local_rows import GenerationSettings
from tests.finetune.train.layouts import family_model

NEW = 6
STOP = frozenset({2, 77, 150})
SETTINGS = GenerationSettings(NEW, STOP, batch_size=3)


def spread(model_type: str) -> PreTrainedModel:
    """A family's random model whose logits lie far apart."""
    model = family_model(model_type)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(5)
    return model


def prompts_of(lengths: list[int], shared: int = 7) -> list[list[int]]:
    draw = random.Random(4)
    prefix = [draw.randrange(3, 300) for _ in range(shared)]
    return [prefix + [draw.randrange(3, 300) for _ in range(length)] for length in lengths]


def one_at_a_time(model: PreTrainedModel, prompts: list[list[int]]) -> list[list[int]]:
    found = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        made = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW,
            do_sample=False,
            eos_token_id=sorted(STOP),
            pad_token_id=2,
        )
        found.append([token for token in made[0, len(prompt) :].tolist() if token not in STOP])
    return found


def answered(model: PreTrainedModel, prompts: list[list[int]], settings: GenerationSettings) -> list[list[int]]:
    found = {each.number: list(each.token_ids) for batch in generate(model, prompts, settings) for each in batch}
    return [found[number] for number in range(len(prompts))]


@pytest.mark.parametrize("model_type", sorted(SHARED_PREFIX_FAMILIES))
def test_every_family_answers_as_generate_does(model_type: str) -> None:
    model, prompts = spread(model_type), prompts_of([1, 5, 9, 9, 14])
    expected = one_at_a_time(model, prompts)
    before = model.config._attn_implementation
    assert answered(model, prompts, SETTINGS) == expected
    assert model.config._attn_implementation == before
    assert len({tuple(tokens) for tokens in expected}) > 1


@pytest.mark.parametrize("shared", [0, 7])
def test_slots_grow_with_the_rows_and_keep_what_they_hold(shared: int) -> None:
    model, prompts = spread("llama"), prompts_of([2, 3, 50, 61, 62, 63, 100, 101], shared)
    assert answered(model, prompts, SETTINGS) == one_at_a_time(model, prompts)


@pytest.mark.parametrize("most", [5, 8, 64])
def test_a_long_prompt_goes_in_pieces(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, prompts = spread("qwen3"), prompts_of([3, 8, 9, 40, 41], 30)
    expected = one_at_a_time(model, prompts)
    monkeypatch.setattr(local_packed, "MOST_TOKENS", most)
    monkeypatch.setattr(local_steps, "MOST_TOKENS", most)
    assert answered(model, prompts, SETTINGS) == expected


def test_rows_beyond_the_window_are_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    model, prompts = spread("llama"), prompts_of([2, 12, 5, 13])
    taken: dict[str, list[int]] = {}

    def watch(name: str, answer: object) -> None:
        def watched(model: PreTrainedModel, rows: list[object], settings: GenerationSettings) -> object:
            taken[name] = sorted(number for row in rows for number in row.numbers)  # type: ignore[attr-defined]
            return answer(model, rows, settings)  # type: ignore[operator]

        monkeypatch.setattr(f"lfine.finetune.generate.local.{name}", watched)

    watch("answer_packed", answer_packed)
    watch("answer_padded", answer_padded)
    window = GenerationSettings(NEW, STOP, batch_size=3, window=7 + 12 + NEW - 1)
    assert answered(model, prompts, window) == one_at_a_time(model, prompts)
    assert taken == {"answer_packed": [0, 2], "answer_padded": [1, 3]}


def test_the_padded_layout_answers_alike() -> None:
    model, prompts = spread("mistral"), prompts_of([1, 5, 9, 9, 14])
    padded = GenerationSettings(NEW, STOP, batch_size=3, layout="padded")
    assert answered(model, prompts, padded) == one_at_a_time(model, prompts)
