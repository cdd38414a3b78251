"""The loss of hidden states and its gradient, a part of the learned places at a time.

    learn(hidden, projection, Learned(targets, weights), smoothing=0.0) -> 2.31     # hidden: (N, width)

The logits of all learned places are the largest tensor of an update (400 places, a vocabulary of 49,152: 79 MB in
float32, as much again for their gradient). A part of them is projected, its gradient taken at once and sent back
through the projection, and the next part takes its place: the sums are the same, the memory is bounded, and on a
processor the part stays in the cache.

*Not here:* which places are learned (packed.py, padded.py), what they weigh (targets.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lfine.finetune.compile.memory import LEAST_PLACES, PART_BYTES, PART_BYTES_ELSEWHERE


@dataclass(frozen=True)
class Learned:
    """The learned places of one micro-batch."""

    targets: Tensor
    """(N,): the tokens."""
    weights: Tensor
    """(N,), float32: what each adds to the loss."""

    def parts(self, places: int) -> list[Learned]:
        found = zip(self.targets.split(places), self.weights.split(places), strict=True)
        return [Learned(targets, weights) for targets, weights in found]


def learn(
    hidden: Tensor, projection: Callable[[Tensor], Tensor], learned: Learned, *, smoothing: float, vocabulary: int
) -> float:
    """Return the weighted sum of the cross-entropies; where gradients are recorded, add its gradient to the parameters.

    `hidden` (N, width): the states of the places before the learned tokens. Label smoothing as Szegedy et al. (2016):
    the share `smoothing` of each target is spread evenly over the vocabulary.
    """
    places = max(LEAST_PLACES, PART_BYTES.get(hidden.device.type, PART_BYTES_ELSEWHERE) // (4 * vocabulary))
    recorded = hidden.requires_grad and torch.is_grad_enabled()
    states = [part.detach().requires_grad_(recorded) for part in hidden.split(places)]
    total = torch.zeros((), device=hidden.device)
    for part, wanted in zip(states, learned.parts(places), strict=True):
        logits = projection(part)  # (n, vocabulary)
        loss, gradient = weighted_cross_entropy(
            logits.detach(), wanted, smoothing=smoothing, gradient=logits.requires_grad
        )
        total += loss
        if gradient is not None:
            logits.backward(gradient)
    if recorded:
        hidden.backward(torch.cat([_gradient(part) for part in states]))
    return float(total)


def _gradient(part: Tensor) -> Tensor:
    return torch.zeros_like(part) if part.grad is None else part.grad


def weighted_cross_entropy(
    logits: Tensor, learned: Learned, *, smoothing: float, gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the weighted sum of cross-entropies, in float32, and its gradient by the logits, in their dtype.

    With p the softmax and t the target: d/dlogits = weight * (p - (1 - smoothing) * onehot(t) - smoothing / V).
    """
    wide = logits.float()  # (n, V)
    most = wide.amax(-1, keepdim=True)
    told = wide.gather(1, learned.targets[:, None]) - most  # (n, 1)
    spread = (wide.mean(-1, keepdim=True) - most) * smoothing if smoothing else 0.0
    shares = wide.sub_(most).exp_() if wide is not logits else (wide - most).exp_()
    sums = shares.sum(-1, keepdim=True)
    losses = sums.log() - (1 - smoothing) * told - spread
    loss = (losses[:, 0] * learned.weights).sum()
    if not gradient:
        return loss, None
    weights = learned.weights[:, None]
    shares.mul_(weights / sums)
    if smoothing:
        shares.sub_(weights * (smoothing / logits.shape[-1]))
    shares.scatter_add_(1, learned.targets[:, None], weights * (smoothing - 1))
    return loss, shares.to(logits.dtype)
