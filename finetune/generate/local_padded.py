"""Answers in padded batches with transformers' own cache: for families that local_packed.py does not take.

    for done in answer_padded(model, rows, settings): ...      # the rows of one batch, all ended

The tokens that all prompts begin with are run once and their keys and values repeated for the rows; padding stands at
the left and is masked; a row that has ended leaves the batch.

*Not here:* which families these are (lfine.finetune.compile.generating).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from inspect import signature

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.generate.local_choice import Choice
from lfine.finetune.generate.local_rows import GenerationSettings, Row
from lfine.finetune.models.parts import parts_of


def answer_padded(model: PreTrainedModel, rows: Sequence[Row], settings: GenerationSettings) -> Iterator[list[Row]]:
    """Answer the rows batch by batch, in the order given."""
    prefix = common_prefix([row.prompt for row in rows])
    shared = _run_prefix(model, rows[0].prompt[:prefix])
    for start in range(0, len(rows), settings.batch_size):
        batch = rows[start : start + settings.batch_size]
        _answer_batch(model, batch, prefix, shared, settings)
        yield list(batch)


def _run_prefix(model: PreTrainedModel, ids: Sequence[int]) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    if ids:
        input_ids = torch.tensor([ids], device=model.device)
        parts_of(model)[0](input_ids=input_ids, past_key_values=cache, use_cache=True)
    return cache


def _answer_batch(
    model: PreTrainedModel, batch: Sequence[Row], prefix: int, shared: DynamicCache, settings: GenerationSettings
) -> None:
    """Fill in tokens, finish reason and number of tokens of each row of the batch."""
    ids, mask, positions = _left_padded([row.prompt for row in batch], prefix, str(model.device))
    cache = copy.deepcopy(shared)
    if prefix:
        cache.batch_repeat_interleave(len(batch))
    logits, choice = _Logits(model, settings), Choice(settings)
    active = list(batch)
    while True:
        tokens = choice(active, logits(ids, attention_mask=mask, position_ids=positions, cache=cache))
        keep = [place for place, token in enumerate(tokens) if choice.goes_on(active[place], token)]
        if not keep:
            break
        active = [active[place] for place in keep]
        kept = torch.tensor(keep, device=ids.device)
        if len(keep) < len(tokens):
            cache.batch_select_indices(kept)
        ids = torch.tensor([[tokens[place]] for place in keep], device=ids.device)
        mask = torch.cat([mask[kept], torch.ones_like(ids)], 1)
        positions = positions[kept, -1:] + 1


class _Logits:
    """The logits (B, V) of the last token of every row; only their order counts unless the settings ask for more."""

    def __init__(self, model: PreTrainedModel, settings: GenerationSettings) -> None:
        self._exact = settings.exact_logits
        self._layers, self._head = parts_of(model)
        self._whole: nn.Module = model.get_base_model() if isinstance(model, PeftModel) else model
        self._one = {"logits_to_keep": 1} if "logits_to_keep" in signature(self._whole.forward).parameters else {}

    def __call__(self, ids: Tensor, *, attention_mask: Tensor, position_ids: Tensor, cache: DynamicCache) -> Tensor:
        made = (self._whole if self._exact else self._layers)(
            input_ids=ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
            **(self._one if self._exact else {}),
        )
        if self._exact:
            logits: Tensor = made.logits[:, -1]
            return logits
        # Contiguous: on a slice, torch copies the projection's weights once for each row (15 of 22 s for 96 rows).
        found: Tensor = self._head(made.last_hidden_state[:, -1].contiguous())
        return found


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
