"""How far an exported model is from the adapter that it was made of, on the same prompts.

    ours = said(model, prompts, how, row_ids)              # the adapter's greedy answers
    believed = follow(model, prompts, ours)                # and its probabilities at each of their tokens
    theirs = said(exported, prompts, how, row_ids)
    drift(row_ids, Heard(ours, believed), Heard(theirs, follow(exported, prompts, ours)))
      ─▶  Drift(rows=50, tokens=212, mean=0.011, largest=0.18, differing=(7,), unexplained=())

Two measures. The log-probability of every token of the adapter's own answers under both models: it moves with every
weight, also where no answer changes. And the answers: where two part, the one token at which they do so is looked at.
If the adapter itself held the other token to be nearly as likely, rounding has decided a tie, and what follows says
nothing; if not, the exported model is another one.

*Not here:* scores (lfine.exporting), and the answers as evaluation keeps them (lfine.answering).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel

from lfine.finetune.generate.local_answers import Asking, answer_texts

TIE = 1.0
"""Nats: the other token is at least 1/e as likely as the one that the adapter chose."""
MOST_MEAN = 0.1
"""Nats: mean change of the log-probability of a token of the adapter's answers."""
FARTHEST = 1000.0
"""Nats: what counts for a token that has become impossible, or whose probability is not a number."""
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


def said(model: PreTrainedModel, prompts: Sequence[Sequence[int]], how: Asking, row_ids: Sequence[int]) -> list[Said]:
    """Return the model's answers in the order of the prompts."""
    found: dict[int, Said] = {}
    for answers in answer_texts(model, prompts, how, row_ids):
        for each in answers:
            ended = each.tokens > len(each.token_ids)
            ids = (*each.token_ids, how.renderer.end_id) if ended else each.token_ids
            found[each.number] = Said(each.text, ids)
    return [found[number] for number in range(len(prompts))]


@torch.inference_mode()
def follow(model: PreTrainedModel, prompts: Sequence[Sequence[int]], answers: Sequence[Said]) -> list[tuple[Step, ...]]:
    """Return what the model believes at each token of given answers; one row at a time, without padding."""
    return [_steps(model, prompt, each.ids) for prompt, each in zip(prompts, answers, strict=True)]


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


def drift(row_ids: Sequence[int], adapter: Heard, exported: Heard) -> Drift:
    """Return how far the exported model is from the adapter; both have followed the adapter's answers."""
    changes = [
        change(mine, other)
        for ours, theirs in zip(adapter.steps, exported.steps, strict=True)
        for mine, other in zip(ours, theirs, strict=True)
    ]
    answers = list(zip(row_ids, adapter.answers, exported.answers, adapter.steps, strict=True))
    differing = [(row_id, gap(mine, other, steps)) for row_id, mine, other, steps in answers if mine.text != other.text]
    return Drift(
        rows=len(row_ids),
        tokens=len(changes),
        mean=sum(changes) / len(changes) if changes else 0.0,
        largest=max(changes, default=0.0),
        differing=tuple(row_id for row_id, _ in differing),
        unexplained=tuple(row_id for row_id, found in differing if not found <= TIE),
    )


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
