"""Answers of a local model, many prompts at once.

    for answers in generate(model, prompts, GenerationSettings(8, stop_ids=frozenset({2}), batch_size=64)):
        answers[0].number, answers[0].token_ids, answers[0].finish_reason

The tokens that all prompts begin with are run once and their keys and values shared; prompts are sorted by length,
so padding is small; a row that has ended leaves the batch; identical prompts are answered once, unless answers are
drawn. The text is that of answering one prompt at a time: padding is masked and positions are those of the plain
sequence, and a drawn row's chance is its own.

*Not here:* texts (local_answers.py), chance (local_sampling.py), what is allowed (constraints.py), remote models.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from inspect import signature

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.generate.constraints import Constraint
from lfine.finetune.generate.local_sampling import Drawing, draw, narrow, penalise, uniform
from lfine.finetune.generate.stopping import StopTexts
from lfine.finetune.models.parts import parts_of


@dataclass(frozen=True)
class GenerationSettings:
    max_new_tokens: int
    stop_ids: frozenset[int]
    """Tokens that end an answer."""
    batch_size: int
    """Prompts answered at once; changes speed and memory, never the text."""
    drawing: Drawing = field(default_factory=Drawing)
    repetition_penalty: float = 1.0
    stop: StopTexts | None = None
    """Texts that end an answer."""
    constraint: Constraint | None = None
    """What can be answered at all."""

    @property
    def drawn(self) -> bool:
        """Whether chance has a say."""
        return self.drawing.temperature > 0

    @property
    def exact_logits(self) -> bool:
        """Whether more than the order of the logits counts."""
        return self.drawn or self.repetition_penalty != 1


@dataclass(frozen=True)
class Answer:
    number: int
    """Position of the prompt among those given."""
    token_ids: tuple[int, ...]
    """Generated tokens without the one that ended the answer."""
    finish_reason: str
    """stop: a stop token or text came; length: max_new_tokens were generated."""
    generated: int
    """Tokens of the answer, the stop token among them."""
    cut: int | None = None
    """Characters of the tokens' text that come before a stop text; None: all."""


@dataclass
class _Row:
    """One prompt of a batch and its answer so far."""

    prompt: tuple[int, ...]
    row_id: int
    """Decides the row's chance."""
    numbers: tuple[int, ...]
    """Positions of the prompt among those given."""
    tokens: list[int] = field(default_factory=list)
    reason: str = "length"
    generated: int = 0
    cut: int | None = None

    def answers(self) -> Iterator[Answer]:
        for number in self.numbers:
            yield Answer(number, tuple(self.tokens), self.reason, self.generated, self.cut)


@torch.inference_mode()
def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    settings: GenerationSettings,
    row_ids: Sequence[int] | None = None,
) -> Iterator[list[Answer]]:
    """Yield the answers batch by batch, shortest prompts first; every prompt is answered exactly once.

    `prompts` are token ids (at least one each); `model` is a transformers causal model in eval mode. `row_ids` (their
    positions, unless given) decide the chance of each row where answers are drawn.
    """
    if not prompts:
        return
    rows = _rows(prompts, range(len(prompts)) if row_ids is None else row_ids, apart=settings.drawn)
    prefix = common_prefix([row.prompt for row in rows])
    shared = _run_prefix(model, rows[0].prompt[:prefix])
    for start in range(0, len(rows), settings.batch_size):
        batch = rows[start : start + settings.batch_size]
        _answer_batch(model, batch, prefix, shared, settings)
        yield [answer for row in batch for answer in row.answers()]


def _rows(prompts: Sequence[Sequence[int]], row_ids: Sequence[int], *, apart: bool) -> list[_Row]:
    """Return the rows to answer, shortest first; with `apart` identical prompts get an answer each."""
    same: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for number, prompt in enumerate(prompts):
        same.setdefault((tuple(prompt), number if apart else 0), []).append(number)
    rows = [_Row(prompt, row_ids[numbers[0]], tuple(numbers)) for (prompt, _), numbers in same.items()]
    return sorted(rows, key=lambda row: (len(row.prompt), row.prompt, row.numbers))


def _run_prefix(model: PreTrainedModel, ids: Sequence[int]) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    if ids:
        input_ids = torch.tensor([ids], device=model.device)
        parts_of(model)[0](input_ids=input_ids, past_key_values=cache, use_cache=True)
    return cache


def _answer_batch(
    model: PreTrainedModel, batch: Sequence[_Row], prefix: int, shared: DynamicCache, settings: GenerationSettings
) -> None:
    """Fill in tokens, finish reason and number of tokens of each row of the batch."""
    ids, mask, positions = _left_padded([row.prompt for row in batch], prefix, str(model.device))
    cache = copy.deepcopy(shared)
    if prefix:
        cache.batch_repeat_interleave(len(batch))
    next_tokens = _Next(model, settings, batch)
    active = list(batch)
    for made in range(1, settings.max_new_tokens + 1):
        tokens = next_tokens(active, ids, attention_mask=mask, position_ids=positions, cache=cache)
        keep = [place for place, token in enumerate(tokens) if next_tokens.goes_on(active[place], token)]
        if not keep or made == settings.max_new_tokens:
            break
        active = [active[place] for place in keep]
        kept = torch.tensor(keep, device=ids.device)
        if len(keep) < len(tokens):
            cache.batch_select_indices(kept)
        ids = torch.tensor([[tokens[place]] for place in keep], device=ids.device)
        mask = torch.cat([mask[kept], torch.ones_like(ids)], 1)
        positions = positions[kept, -1:] + 1


class _Next:
    """The next token of every row of a batch, and whether the row goes on after it."""

    def __init__(self, model: PreTrainedModel, settings: GenerationSettings, batch: Sequence[_Row]) -> None:
        self._settings = settings
        self._layers, self._head = parts_of(model)
        self._whole: nn.Module = model.get_base_model() if isinstance(model, PeftModel) else model
        self._one = {"logits_to_keep": 1} if "logits_to_keep" in signature(self._whole.forward).parameters else {}
        limit = settings.constraint
        self._walks = {} if limit is None else {row.numbers: limit.begin() for row in batch}

    def __call__(
        self, rows: Sequence[_Row], ids: Tensor, *, attention_mask: Tensor, position_ids: Tensor, cache: DynamicCache
    ) -> list[int]:
        settings = self._settings
        made = (self._whole if settings.exact_logits else self._layers)(
            input_ids=ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=cache,
            use_cache=True,
            **(self._one if settings.exact_logits else {}),
        )
        if settings.exact_logits:
            return self._choose(rows, made.logits[:, -1].float())
        # Contiguous: on a slice, torch copies the projection's weights once for each row (15 of 22 s for 96 rows).
        logits = self._head(made.last_hidden_state[:, -1].contiguous())
        return self._likeliest(rows, logits)

    def _choose(self, rows: Sequence[_Row], logits: Tensor) -> list[int]:
        settings = self._settings
        if settings.repetition_penalty != 1:
            logits = penalise(logits, [(*row.prompt, *row.tokens) for row in rows], settings.repetition_penalty)
        if not settings.drawn:
            return self._likeliest(rows, logits)
        if self._walks:
            allowed = torch.full_like(logits, -torch.inf)
            for place, row in enumerate(rows):
                ids = torch.tensor(self._walks[row.numbers].allowed(), device=logits.device)
                allowed[place, ids] = logits[place, ids]
            logits = allowed
        seed = settings.drawing.seed
        chances = [uniform(seed=seed, row_id=row.row_id, step=len(row.tokens)) for row in rows]
        return draw(narrow(logits, settings.drawing), chances)

    def _likeliest(self, rows: Sequence[_Row], logits: Tensor) -> list[int]:
        if not self._walks:
            return [int(token) for token in logits.argmax(-1).tolist()]
        tokens = []
        for row, scores in zip(rows, logits, strict=True):
            allowed = self._walks[row.numbers].allowed()
            tokens.append(allowed[int(scores[torch.tensor(allowed, device=scores.device)].argmax())])
        return tokens

    def goes_on(self, row: _Row, token: int) -> bool:
        """Give the row its token and say whether another one follows."""
        settings, walk = self._settings, self._walks.get(row.numbers)
        row.generated += 1
        if token in settings.stop_ids:
            row.reason = "stop"
            return False
        row.tokens.append(token)
        if settings.stop is not None:
            row.cut = settings.stop.found_in(row.tokens)
        if walk is not None and row.cut is None:
            walk.advance(token)
            rest = walk.only_way()
            if rest is not None:
                row.tokens += rest[:-1]
                row.generated += len(rest)
                row.reason = "stop"
                return False
        if row.cut is not None:
            row.reason = "stop"
        return row.cut is None


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
