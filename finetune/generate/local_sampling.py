"""Logits to a token: the penalty for repeating, the cuts of the distribution, the draw.

    logits = penalise(logits, seen, 1.1)                     # (B, V)
    logits = narrow(logits, Drawing(temperature=0.7, top_p=0.95, …))
    draw(logits, [uniform(seed=42, row_id=7, step=1), …])    # [504, …]

Definitions and order are those of transformers (RepetitionPenalty, then Temperature, TopK, TopP and MinP), which a test
compares. A row's chance is a hash of seed, row and step: it depends on nothing else, the batch least of all.

*Not here:* what is allowed at all (constraints.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Drawing:
    """How tokens are drawn; None: not cut that way."""

    temperature: float = 0.0
    """0: not drawn, the likeliest is taken."""
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int = 0


def penalise(logits: Tensor, seen: Sequence[Sequence[int]], penalty: float) -> Tensor:
    """Divide the logits (B, V) of tokens that a row has seen by `penalty`, multiply negative ones (Keskar 2019)."""
    changed = logits.clone()
    for row, tokens in zip(changed, seen, strict=True):
        ids = torch.tensor(list(set(tokens)), device=logits.device, dtype=torch.long)
        scores = row[ids]
        row[ids] = torch.where(scores < 0, scores * penalty, scores / penalty)
    return changed


def narrow(logits: Tensor, how: Drawing) -> Tensor:
    """Return the logits (B, V) at the temperature, -inf for the tokens that are cut off."""
    logits = logits / how.temperature
    if how.top_k is not None:
        least = logits.topk(min(how.top_k, logits.shape[-1])).values[:, -1:]  # (B, 1)
        logits = logits.masked_fill(logits < least, -torch.inf)
    if how.top_p is not None and how.top_p < 1:
        ordered, places = logits.sort(descending=False)  # the likeliest last: it always stays
        cut = ordered.softmax(-1).cumsum(-1) <= 1 - how.top_p
        cut[:, -1] = False
        logits = logits.masked_fill(torch.zeros_like(cut).scatter(1, places, cut), -torch.inf)
    if how.min_p is not None:
        likely = logits.softmax(-1)
        logits = logits.masked_fill(likely < how.min_p * likely.amax(-1, keepdim=True), -torch.inf)
    return logits


def draw(logits: Tensor, chances: Sequence[float]) -> list[int]:
    """Return a token for each row of logits (B, V): where its chance in 0..1 falls among the added-up probabilities."""
    if logits.device.type == "mps":
        logits = logits.cpu()  # it has no float64
    added = logits.softmax(-1, dtype=torch.float64).cumsum(-1)
    whole = added[:, -1:]
    wanted = torch.tensor(chances, dtype=torch.float64, device=added.device)[:, None] * whole
    below = torch.nextafter(whole, torch.zeros_like(whole))  # a product may be rounded up to the whole
    return [int(token) for token in torch.searchsorted(added, torch.minimum(wanted, below), right=True)[:, 0].tolist()]


def uniform(*, seed: int, row_id: int, step: int) -> float:
    """Return the chance of one row at one step: in [0, 1), 53 bits of a BLAKE2 hash."""
    digest = hashlib.blake2b(f"{seed} {row_id} {step}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
