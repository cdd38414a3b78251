"""How far an exported model is from the adapter that it was made of, and how far rounding would take it.

    ours = said(model, prompts, how, row_ids)                    # the adapter's greedy answers
    believed = follow(model, prompts, ours)                      # and its probabilities at each of their tokens
    theirs = Heard(said(exported, …), follow(exported, prompts, ours))
    round_again(exported, merged.rounded, torch.bfloat16)        # the exported model, its weights one rounding further
    limits = limits_of(theirs.steps, follow(exported, prompts, ours))
    drift(row_ids, Heard(ours, believed), theirs, limits)
      ─▶  Drift(rows=50, tokens=212, mean=0.003, largest=0.05, differing=(7,), unexplained=())

Two measures. The log-probability of every token of the adapter's own answers under both models: it moves with every
weight, also where no answer changes. And the answers: where two part, the one token at which they do so is looked at.
If the adapter itself held the other token to be nearly as likely, rounding has decided a tie, and what follows says
nothing; if not, the exported model is another one.

What counts as near is not guessed: the exported weights are rounded once more, each by chance up or down a step with
the variance of a rounding, and the probabilities of the same tokens move by as much as rounding moves them.

*Not here:* scores (lfine.export_record), and the answers as evaluation keeps them (lfine.answering).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from inspect import signature

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel

from lfine.finetune.generate.local_answers import Asking, answer_texts

Came = Callable[[int], object]
"""Hears how many more rows are done."""
USUAL, ERRORS, TIE = 1.5, 5.0, 4.0
"""A right merge moves the mean by 0.8 to 1.4 times what one more rounding does (docs/decisions/0016); 5 / sqrt(tokens)
are three standard errors of such a ratio. A tie is the difference of two log-probabilities, and the largest of many."""
LEAST_MEAN, LEAST_TIE = 0.001, 0.01
"""Nats: what no rounding has to explain, the order of sums among it."""
ONE_IN = 12
"""One weight in so many moves by a step: a step has the variance 1, the error of a rounding to the nearest 1/12."""
FARTHEST = 1000.0
"""Nats: what counts for a token that has become impossible, or whose probability is no number."""
LIKELIEST = 64
"""Tokens whose log-probability is kept at each step; one beyond them is no tie."""


@dataclass(frozen=True)
class Said:
    """One answer."""

    text: str
    ids: tuple[int, ...]
    """Generated tokens, the end token among them where the answer ended with it."""


@dataclass(frozen=True)
class Step:
    """What a model believed at one token of an answer."""

    own: float
    """Log-probability of the token."""
    likeliest: dict[int, float]
    """Those of the likeliest tokens."""


@dataclass(frozen=True)
class Heard:
    """A model's own answers, and what it believed while it followed the adapter's."""

    answers: Sequence[Said]
    steps: Sequence[Sequence[Step]]
    """For each row, one for each token of the adapter's answer."""


@dataclass(frozen=True)
class Limits:
    """What rounding explains, in nats."""

    mean: float
    """Largest mean change of a token's log-probability."""
    tie: float
    """Where answers part: by how much less likely the adapter may have held the other token."""


@dataclass(frozen=True)
class Drift:
    rows: int
    tokens: int
    """Of the adapter's answers, over all rows."""
    mean: float
    """Nats: mean absolute change of a token's log-probability."""
    largest: float
    """Nats: the largest change of one token."""
    differing: tuple[int, ...]
    """Ids of the rows whose answers have another text."""
    unexplained: tuple[int, ...]
    """Of these, rows where the adapter held the other token to be much less likely: no tie that rounding decides."""


def said(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    how: Asking,
    row_ids: Sequence[int],
    came: Came = lambda _: None,
) -> list[Said]:
    """Return the model's answers in the order of the prompts; `came` hears of each some, how many they are."""
    found: dict[int, Said] = {}
    for answers in answer_texts(model, prompts, how, row_ids):
        for each in answers:
            ended = each.tokens > len(each.token_ids)
            ids = (*each.token_ids, how.renderer.end_id) if ended else each.token_ids
            found[each.number] = Said(each.text, ids)
        came(len(answers))
    return [found[number] for number in range(len(prompts))]


@torch.inference_mode()
def follow(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Said],
    came: Came = lambda _: None,
) -> list[tuple[Step, ...]]:
    """Return what the model believes at each token of given answers; one row at a time, without padding."""
    found = []
    for prompt, each in zip(prompts, answers, strict=True):
        found.append(_steps(model, prompt, each.ids))
        came(1)
    return found


def _steps(model: PreTrainedModel, prompt: Sequence[int], ids: Sequence[int]) -> tuple[Step, ...]:
    if not ids:
        return ()
    whole = model.get_base_model() if isinstance(model, PeftModel) else model
    last = {"logits_to_keep": len(ids)} if "logits_to_keep" in signature(whole.forward).parameters else {}
    given = torch.tensor([[*prompt, *ids[:-1]]], device=model.device)
    logits: Tensor = whole(input_ids=given, use_cache=False, **last).logits[0, -len(ids) :]
    beliefs = torch.log_softmax(logits.float(), -1)  # (tokens, vocabulary)
    own = beliefs.gather(1, torch.tensor(ids, device=beliefs.device)[:, None])[:, 0].tolist()
    likeliest = beliefs.topk(min(LIKELIEST, beliefs.shape[1]))
    pairs = zip(likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
    tops = [dict(zip(tokens, values, strict=True)) for tokens, values in pairs]
    return tuple(Step(value, top) for value, top in zip(own, tops, strict=True))


@torch.no_grad()
def round_again(model: nn.Module, names: Collection[str], dtype: torch.dtype) -> None:
    """Move one in ONE_IN of the named weights to the next number of `dtype`, up or down by chance; in place."""
    whole = torch.int32 if dtype == torch.float32 else torch.int16
    generators: dict[torch.device, torch.Generator] = {}
    for name, weight in model.named_parameters():
        if name not in names:
            continue
        chance = generators.setdefault(weight.device, torch.Generator(weight.device).manual_seed(0))
        held = weight.to(dtype)
        draw = torch.randint(2 * ONE_IN, held.shape, generator=chance, device=weight.device, dtype=torch.int8)
        steps = (draw == 0).to(whole) - (draw == 1).to(whole)
        steps[held == 0] = 0  # its neighbours are not a step away in the order of the bits
        weight.copy_((held.view(whole) + steps).view(dtype))


def limits_of(before: Sequence[Sequence[Step]], after: Sequence[Sequence[Step]]) -> Limits:
    """Return the limits, from what the exported model believes before and after one more rounding."""
    mean, largest = moved(before, after)
    times = USUAL + ERRORS / math.sqrt(sum(map(len, before)) or 1)
    return Limits(max(LEAST_MEAN, times * mean), max(LEAST_TIE, TIE * largest))


def drift(row_ids: Sequence[int], adapter: Heard, exported: Heard, limits: Limits) -> Drift:
    """Return how far the exported model is from the adapter; both have followed the adapter's answers."""
    answers = list(zip(row_ids, adapter.answers, exported.answers, adapter.steps, strict=True))
    differing = [(row_id, gap(mine, other, steps)) for row_id, mine, other, steps in answers if mine.text != other.text]
    mean, largest = moved(adapter.steps, exported.steps)
    return Drift(
        rows=len(row_ids),
        tokens=sum(map(len, adapter.steps)),
        mean=mean,
        largest=largest,
        differing=tuple(row_id for row_id, _ in differing),
        unexplained=tuple(row_id for row_id, found in differing if not found <= limits.tie),
    )


def moved(one: Sequence[Sequence[Step]], other: Sequence[Sequence[Step]]) -> tuple[float, float]:
    """Return the mean and the largest change of a token's log-probability between two models."""
    pairs = (pair for rows in zip(one, other, strict=True) for pair in zip(*rows, strict=True))
    changes = [change(mine, theirs) for mine, theirs in pairs]
    return (sum(changes) / len(changes), max(changes)) if changes else (0.0, 0.0)


def change(mine: Step, other: Step) -> float:
    """Return by how many nats a token's log-probability moved; FARTHEST where one of them is no number."""
    return min(FARTHEST, abs(mine.own - other.own))  # in this order NaN gives the first


def gap(mine: Said, other: Said, steps: Sequence[Step]) -> float:
    """Return by how many nats the adapter preferred its own token to the other answer's, where the two part."""
    pairs = zip(mine.ids, other.ids, steps, strict=False)  # the shorter one decides: after it there is no step
    for own, theirs, step in pairs:
        if own != theirs:
            return step.own - step.likeliest.get(theirs, float("-inf"))
    return float("inf")
