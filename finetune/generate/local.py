"""Greedy answers of a local model, many prompts at once.

    for answers in generate(model, prompts, GenerationSettings(8, stop_ids=frozenset({2}), batch_size=64)):
        answers[0].number, answers[0].token_ids, answers[0].finish_reason

The tokens that all prompts begin with are run once and their keys and values shared; prompts are sorted by length,
so padding is small; a row that has ended leaves the batch; identical prompts are answered once. The text is that of
answering one prompt at a time: padding is masked and positions are those of the plain sequence.

*Not here:* sampling, constraints, remote models.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.models.parts import parts_of


@dataclass(frozen=True)
class GenerationSettings:
    max_new_tokens: int
    stop_ids: frozenset[int]
    """Tokens that end an answer."""
    batch_size: int
    """Prompts answered at once; changes speed and memory, never the text."""


@dataclass(frozen=True)
class Answer:
    number: int
    """Position of the prompt among those given."""
    token_ids: tuple[int, ...]
    """Generated tokens without the one that ended the answer."""
    finish_reason: str
    """stop: a stop token came; length: max_new_tokens were generated."""
    generated: int
    """Tokens generated, the stop token among them."""


@torch.inference_mode()
def generate(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], settings: GenerationSettings
) -> Iterator[list[Answer]]:
    """Yield the answers batch by batch, shortest prompts first; every prompt is answered exactly once.

    `prompts` are token ids (at least one each); `model` is a transformers causal model in eval mode.
    """
    if not prompts:
        return
    same: dict[tuple[int, ...], list[int]] = {}
    for number, prompt in enumerate(prompts):
        same.setdefault(tuple(prompt), []).append(number)
    unique = sorted(same, key=lambda prompt: (len(prompt), prompt))
    prefix = common_prefix(unique)
    shared = _run_prefix(model, unique[0][:prefix])
    for start in range(0, len(unique), settings.batch_size):
        batch = unique[start : start + settings.batch_size]
        ended = _answer_batch(model, batch, prefix, shared, settings)
        yield [
            Answer(number, tokens, reason, generated)
            for prompt, (tokens, reason, generated) in zip(batch, ended, strict=True)
            for number in same[prompt]
        ]


def _run_prefix(model: PreTrainedModel, ids: Sequence[int]) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    if ids:
        input_ids = torch.tensor([ids], device=model.device)
        parts_of(model)[0](input_ids=input_ids, past_key_values=cache, use_cache=True)
    return cache


def _answer_batch(
    model: PreTrainedModel,
    batch: Sequence[Sequence[int]],
    prefix: int,
    shared: DynamicCache,
    settings: GenerationSettings,
) -> list[tuple[tuple[int, ...], str, int]]:
    """Return tokens, finish reason and tokens generated for each prompt of the batch, in its order."""
    ids, mask, positions = _left_padded(batch, prefix, str(model.device))
    layers, head = parts_of(model)
    cache = copy.deepcopy(shared)
    if prefix:
        cache.batch_repeat_interleave(len(batch))
    answers: list[list[int]] = [[] for _ in batch]
    reasons = ["length"] * len(batch)
    counts = [0] * len(batch)
    active = list(range(len(batch)))
    for made in range(1, settings.max_new_tokens + 1):
        hidden = layers(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state
        # Contiguous: on a slice, torch copies the projection's weights once for each row (15 of 22 s for 96 rows).
        tokens = head(hidden[:, -1].contiguous()).argmax(-1).tolist()
        keep = []
        for place, (number, token) in enumerate(zip(active, tokens, strict=True)):
            counts[number] = made
            if token in settings.stop_ids:
                reasons[number] = "stop"
            else:
                answers[number].append(token)
                keep.append(place)
        if not keep or made == settings.max_new_tokens:
            break
        active = [active[place] for place in keep]
        kept = torch.tensor(keep, device=ids.device)
        if len(keep) < len(tokens):
            cache.batch_select_indices(kept)
        ids = torch.tensor([[tokens[place]] for place in keep], device=ids.device)
        mask = torch.cat([mask[kept], torch.ones_like(ids)], 1)
        positions = positions[kept, -1:] + 1
    return [(tuple(answer), reason, count) for answer, reason, count in zip(answers, reasons, counts, strict=True)]


def _left_padded(batch: Sequence[Sequence[int]], prefix: int, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids (B, S) of the prompts' own parts, the mask (B, P + S) and the positions (B, S)."""
    longest = max(len(prompt) for prompt in batch) - prefix
    ids, mask, positions = [], [], []
    for prompt in batch:
        own = list(prompt[prefix:])
        padding = longest - len(own)
        ids.append([0] * padding + own)
        mask.append([1] * prefix + [0] * padding + [1] * len(own))
        positions.append([0] * padding + list(range(prefix, len(prompt))))
    return tuple(torch.tensor(part, device=device) for part in (ids, mask, positions))  # type: ignore[return-value]
