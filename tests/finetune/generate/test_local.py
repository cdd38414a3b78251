"""Batched answers are those of transformers, one prompt at a time: greedy, drawn, penalised, stopped, constrained."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.generate.label_trie import LabelTrie
from lfine.finetune.generate.local import generate
from lfine.finetune.generate.local_rows import Answer, GenerationSettings
from lfine.finetune.generate.local_sampling import Drawing, uniform
from lfine.finetune.generate.stopping import StopTexts
from lfine.finetune.models.loading import load_base

STOP = frozenset(range(2, 400, 11))
"""Enough stop tokens that a random model ends at different times."""


def decode(tokens: Sequence[int]) -> str:
    """Four characters for each token."""
    return "".join(f"{token:03d}." for token in tokens)


def one_at_a_time(model: nn.Module, prompt: list[int], new: int, repetition_penalty: float = 1.0) -> list[int]:
    ids = torch.tensor([prompt])
    made = model.generate(  # type: ignore[operator]
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=new,
        do_sample=False,
        eos_token_id=sorted(STOP),
        pad_token_id=2,
        use_cache=True,
        repetition_penalty=repetition_penalty,
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


def drawn_one_at_a_time(model: nn.Module, prompt: list[int], row_id: int, settings: GenerationSettings) -> list[int]:
    """The plain way: the whole sequence through the model for every token, transformers' processors, one draw."""
    how, ids = settings.drawing, list(prompt)
    chain = LogitsProcessorList()
    if settings.repetition_penalty != 1:
        chain.append(RepetitionPenaltyLogitsProcessor(settings.repetition_penalty))
    chain.append(TemperatureLogitsWarper(how.temperature))
    if how.top_k is not None:
        chain.append(TopKLogitsWarper(how.top_k))
    if how.top_p is not None:
        chain.append(TopPLogitsWarper(how.top_p))
    if how.min_p is not None:
        chain.append(MinPLogitsWarper(how.min_p))
    for step in range(settings.max_new_tokens):
        given = torch.tensor([ids])
        with torch.no_grad():
            logits = chain(given, model(given).logits[:, -1])
        added = logits.double().softmax(-1).cumsum(-1)[0].numpy()
        chance = uniform(seed=how.seed, row_id=row_id, step=step)
        token = int(np.searchsorted(added, chance * added[-1], side="right"))
        if token in settings.stop_ids:
            break
        ids.append(token)
    return ids[len(prompt) :]


DRAWN = [
    GenerationSettings(10, STOP, 7, Drawing(0.9, seed=5)),
    GenerationSettings(10, STOP, 64, Drawing(1.4, top_p=0.9, top_k=40, min_p=0.01, seed=6), repetition_penalty=1.3),
]


@pytest.mark.parametrize("settings", DRAWN, ids=["plain", "everything"])
def test_drawn_text_is_that_of_the_plain_way(model: nn.Module, settings: GenerationSettings) -> None:
    prompts, row_ids = some_prompts(12, 6), list(range(100, 112))
    found = [answer for batch in generate(model, prompts, settings, row_ids) for answer in batch]
    found.sort(key=lambda answer: answer.number)
    expected = [drawn_one_at_a_time(model, *row, settings) for row in zip(prompts, row_ids, strict=True)]
    assert [list(answer.token_ids) for answer in found] == expected
    assert len({tuple(tokens) for tokens in expected}) > 6


def test_a_rows_draw_depends_on_no_other_row(model: nn.Module) -> None:
    prompts, settings = some_prompts(12, 6), GenerationSettings(8, STOP, 5, Drawing(1.0, seed=5))
    whole = all_answers(model, prompts, settings)
    order = [7, 3, 11, 0, 5]
    part = [
        answer
        for batch in generate(model, [prompts[n] for n in order], replace(settings, batch_size=2), order)
        for answer in batch
    ]
    assert {order[answer.number]: answer.token_ids for answer in part} == {n: whole[n].token_ids for n in order}


def test_another_seed_and_another_row_draw_otherwise(model: nn.Module) -> None:
    (prompt,) = some_prompts(1, 6)
    settings = GenerationSettings(8, STOP, 5, Drawing(1.5, seed=5))
    first = all_answers(model, [prompt] * 6, settings)
    assert len({answer.token_ids for answer in first}) > 3  # identical prompts do not share a drawn answer
    assert all_answers(model, [prompt] * 6, settings) == first
    other = all_answers(model, [prompt] * 6, replace(settings, drawing=Drawing(1.5, seed=6)))
    assert [answer.token_ids for answer in other] != [answer.token_ids for answer in first]


def test_the_penalty_alone_stays_greedy_and_is_that_of_transformers(model: nn.Module) -> None:
    prompts, settings = some_prompts(10, 6), GenerationSettings(12, STOP, 4, repetition_penalty=1.8)
    found = all_answers(model, prompts, settings)
    expected = [one_at_a_time(model, prompt, 12, repetition_penalty=1.8) for prompt in prompts]
    assert [list(answer.token_ids) for answer in found] == expected
    assert expected != [one_at_a_time(model, prompt, 12) for prompt in prompts]


def test_a_stop_text_ends_a_row_and_says_where(model: nn.Module) -> None:
    prompts = some_prompts(20, 5)
    free = all_answers(model, prompts, GenerationSettings(12, frozenset(), 8))
    texts = [decode(answer.token_ids) for answer in free]
    stop = texts[0][7:11]  # it begins inside a token of three letters and spans two
    settings = GenerationSettings(12, frozenset(), 8, stop=StopTexts(decode, [stop, "nowhere"]))
    found = all_answers(model, prompts, settings)
    for answer, text in zip(found, texts, strict=True):
        at = text.find(stop)
        assert answer.cut == (None if at < 0 else at)
        assert answer.finish_reason == ("length" if at < 0 else "stop")
        assert answer.generated == len(answer.token_ids) == (12 if at < 0 else -(-(at + len(stop)) // 4))
    assert found[0].cut is not None
    assert any(answer.cut is None for answer in found)


LABELS = {(17, 5, 2): "a", (17, 6, 2): "b", (17, 2): "c", (40, 2): "d", (41, 42, 43, 2): "e"}


def likelihood(model: nn.Module, prompt: list[int], trie: LabelTrie) -> list[int]:
    """The plain way: at each step the likeliest of the tokens that go on with a label."""
    walk, ids = trie.begin(), list(prompt)
    while ids[-1] != 2 or len(ids) == len(prompt):
        allowed = walk.allowed()
        with torch.no_grad():
            scores = model(torch.tensor([ids])).logits[0, -1, allowed]
        ids.append(allowed[int(scores.argmax())])
        walk.advance(ids[-1])
    return ids[len(prompt) : -1]


@pytest.mark.parametrize("batch_size", [1, 8])
def test_only_labels_are_answered(model: nn.Module, batch_size: int) -> None:
    prompts, trie = some_prompts(30, 4), LabelTrie(LABELS)
    settings = GenerationSettings(trie.longest, frozenset({2}), batch_size, constraint=trie)
    found = all_answers(model, prompts, settings)
    assert [list(answer.token_ids) for answer in found] == [likelihood(model, prompt, trie) for prompt in prompts]
    assert len({answer.token_ids for answer in found}) > 1
    assert all((*answer.token_ids, 2) in LABELS and answer.finish_reason == "stop" for answer in found)
    assert all(answer.generated == len(answer.token_ids) + 1 for answer in found)


def test_drawn_labels_are_labels_too(model: nn.Module) -> None:
    prompts, trie = some_prompts(30, 4), LabelTrie(LABELS)
    settings = GenerationSettings(trie.longest, frozenset({2}), 8, Drawing(3.0, top_p=0.99), 1.2, constraint=trie)
    found = all_answers(model, prompts, settings)
    assert all((*answer.token_ids, 2) in LABELS for answer in found)
    assert len({answer.token_ids for answer in found}) > 3
