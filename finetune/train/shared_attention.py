"""Attention over a packed row: causal inside the prefix; from a segment to the prefix, to its stem, and to itself.

    segments = Segments.of(prefix=139, lengths=[60, 82], parents=[-1, -1], device="cpu", dtype=torch.bfloat16)
    layers(input_ids=…, segments=segments)           # with the attention of `use_packed_rows`

Queries of the segments are padded to (R, L) inside attention alone; the keys that a segment sees are gathered beside
each other ([prefix | stem | own], P + G + L of them), so one softmax runs over all. Forward and backward are written
out: what autograd kept and copied on the way took as long as the products (docs/LOG.md).

*Not here:* laying out the row (packed.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask
from transformers import PreTrainedModel
from transformers.modeling_utils import AttentionInterface

from lfine.finetune.models.parts import capped
from lfine.finetune.train.flex import FLEX, block_mask_of

ATTENTION = "lfine_shared_prefix"
"""Name under which the attention is registered with transformers."""


@dataclass(frozen=True)
class Segments:
    """Which token sees which: R segments of at most L tokens, behind P of the prefix, with stems of at most G."""

    prefix: int
    """P"""
    longest: int
    """L"""
    stem: int
    """G; 0: no segment has a stem."""
    queries: Tensor
    """(R * L,): the place in the row of each token of each segment; padding repeats the last one."""
    keys: Tensor
    """(R * (P + G + L),): the places that each segment looks at; 0 where its stem is shorter."""
    scatter: Tensor
    """(T - P,): where in the padded (R * L) each token behind the prefix stands."""
    mask: Tensor
    """(R or 1, 1, L, P + G + L): 0 where a token may look, the least number where it may not."""
    prefix_mask: Tensor
    """(P, P)"""

    @cached_property
    def block_mask(self) -> BlockMask:
        """Who looks at whom, for FlexAttention: the same for all layers, forward and backward."""
        return block_mask_of(self.prefix, self.scatter // self.longest)

    @classmethod
    def of(
        cls, prefix: int, lengths: Sequence[int], *, parents: Sequence[int], device: str, dtype: torch.dtype
    ) -> Self:
        """Lay out segments of these lengths, one behind the other; `parents`: the segment that is its stem, or -1."""
        longest = max(lengths)
        stem = max((lengths[parent] for parent in parents if parent >= 0), default=0)
        starts = list(itertools.accumulate(lengths, initial=prefix))
        own = [
            [start + min(at, length - 1) for at in range(longest)]
            for start, length in zip(starts, lengths, strict=False)
        ]
        seen = [[] if parent < 0 else list(range(starts[parent], starts[parent + 1])) for parent in parents]
        keys = [
            [*range(prefix), *before, *[0] * (stem - len(before)), *places]
            for before, places in zip(seen, own, strict=True)
        ]
        least = torch.finfo(dtype).min
        causal = torch.full((longest, longest), least, dtype=dtype).triu(1)
        mask = torch.cat([torch.zeros(longest, prefix + stem, dtype=dtype), causal], 1).expand(len(own), 1, -1, -1)
        if stem:
            mask = mask.clone()
            for number, before in enumerate(seen):
                mask[number, 0, :, prefix + len(before) : prefix + stem] = least
        return cls(
            prefix=prefix,
            longest=longest,
            stem=stem,
            queries=torch.tensor(own, device=device).flatten(),
            keys=torch.tensor(keys, device=device).flatten(),
            scatter=torch.tensor(
                [number * longest + at for number, length in enumerate(lengths) for at in range(length)], device=device
            ),
            mask=(mask if stem else mask[:1]).to(device),
            prefix_mask=torch.full((prefix, prefix), least, dtype=dtype).triu(1).to(device),
        )


def use_packed_rows(model: PreTrainedModel, attention: str = "explicit") -> None:
    """Give a model the attention of packed rows that the plan names, for as long as it lives.

    Not for one call: gradient checkpointing runs the layers again in the backward pass.
    """
    model.set_attn_implementation(FLEX if attention == "flex" else ATTENTION)


def shared_prefix_attention(
    module: nn.Module,  # noqa: ARG001 (the signature is transformers')
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 (the row says what a token may see)
    *,
    segments: Segments,
    **given: Any,
) -> tuple[Tensor, None]:
    """Return the attention (1, T, H, D) of queries (1, H, T, D), keys and values (1, K, T, D).

    Of all else that transformers gives, `scaling` and `softcap` count.
    """
    scale, cap = given.get("scaling"), given.get("softcap")
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    return attended(query[0], key[0], value[0], segments, scale, cap).unsqueeze(0), None


AttentionInterface.register(ATTENTION, shared_prefix_attention)


class SharedAttention(torch.autograd.Function):
    """Queries (H, T, D), keys and values (K, T, D) -> (T, H, D); H/K query heads look through each key head."""

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, segments: Segments, scale: float, cap: float | None
    ) -> Tensor:
        split = _Split(segments, query.shape, key.shape[0])
        scaled, prefix = query * scale, segments.prefix
        first = _attend(
            scaled[:, :prefix].reshape(split.of_prefix),
            (key[:, :prefix], value[:, :prefix]),
            segments.prefix_mask,
            shape=(split.groups, 1, split.each, prefix, prefix),
            cap=cap,
        )
        rest = _attend(
            split.together(scaled.index_select(1, segments.queries)),
            (
                key.index_select(1, segments.keys).view(split.keys),
                value.index_select(1, segments.keys).view(split.keys),
            ),
            segments.mask,
            shape=(split.groups, split.segments, split.each, split.longest, split.keys[1]),
            cap=cap,
        )
        found = query.new_empty(query.shape[1], query.shape[0], query.shape[2])
        found[:prefix] = first.out.view(split.heads, prefix, split.size).transpose(0, 1)
        found[prefix:] = split.apart(rest.out).index_select(1, segments.scatter).transpose(0, 1)
        ctx.save_for_backward(*first.saved, *rest.saved)
        ctx.split, ctx.scale, ctx.cap = split, scale, cap
        return found

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None, None]:
        split, segments, saved = ctx.split, ctx.split.laid, ctx.saved_tensors
        grad, prefix = grads[0], ctx.split.laid.prefix
        of_first = grad[:prefix].transpose(0, 1).reshape(split.of_prefix)
        padded = grad.new_zeros(split.heads, split.segments * split.longest, split.size)
        padded.index_copy_(1, segments.scatter, grad[prefix:].transpose(0, 1))
        first = _attend_backward(of_first, saved[:4], ctx.cap)
        rest = _attend_backward(split.together(padded), saved[4:], ctx.cap)
        query = grad.new_empty(split.heads, grad.shape[0], split.size)
        query[:, :prefix] = first[0].view(split.heads, prefix, split.size)
        query[:, prefix:] = split.apart(rest[0]).index_select(1, segments.scatter)
        key, value = (split.gathered(one, other) for one, other in zip(first[1:], rest[1:], strict=True))
        return query.mul_(ctx.scale), key, value, None, None, None


@dataclass(frozen=True)
class _Split:
    """The shapes of one packed row's attention."""

    laid: Segments
    shape: torch.Size
    """(H, T, D)"""
    groups: int
    """K"""

    @property
    def heads(self) -> int:
        return self.shape[0]

    @property
    def each(self) -> int:
        """H/K"""
        return self.heads // self.groups

    @property
    def size(self) -> int:
        return self.shape[2]

    @property
    def longest(self) -> int:
        return self.laid.longest

    @property
    def segments(self) -> int:
        """R"""
        return self.laid.queries.shape[0] // self.longest

    @property
    def of_prefix(self) -> tuple[int, int, int]:
        """Of the prefix's queries: one matrix for each key head."""
        return self.groups, self.each * self.laid.prefix, self.size

    @property
    def keys(self) -> tuple[int, int, int]:
        """(K * R, P + G + L, D)"""
        return self.groups * self.segments, self.laid.prefix + self.laid.stem + self.longest, self.size

    def together(self, padded: Tensor) -> Tensor:
        """(H, R * L, D) -> (K * R, H/K * L, D): one matrix for each key head and segment."""
        each = padded.view(self.groups, self.each, self.segments, self.longest, self.size).transpose(1, 2)
        return each.reshape(self.groups * self.segments, self.each * self.longest, self.size)

    def apart(self, made: Tensor) -> Tensor:
        """(K * R, H/K * L, D) -> (H, R * L, D)"""
        each = made.view(self.groups, self.segments, self.each, self.longest, self.size).transpose(1, 2)
        return each.reshape(self.heads, self.segments * self.longest, self.size)

    def gathered(self, first: Tensor, rest: Tensor) -> Tensor:
        """Return the gradient (K, T, D) of keys or values that were looked at from several segments."""
        laid, prefix = self.laid, self.laid.prefix
        each = rest.view(self.groups, self.segments, -1, self.size)
        found = first.new_empty(self.groups, self.shape[1], self.size)
        found[:, :prefix] = first + each[:, :, :prefix].sum(1)
        own = each[:, :, prefix + laid.stem :].reshape(self.groups, self.segments * self.longest, self.size)
        found[:, prefix:] = own.index_select(1, laid.scatter)
        if laid.stem:
            places = laid.keys.view(self.segments, -1)[:, prefix : prefix + laid.stem].flatten()
            found.index_add_(1, places, each[:, :, prefix : prefix + laid.stem].reshape(self.groups, -1, self.size))
        return found


@dataclass(frozen=True)
class _Attended:
    out: Tensor
    saved: tuple[Tensor, ...]


def _attend(
    query: Tensor, seen: tuple[Tensor, Tensor], mask: Tensor, *, shape: tuple[int, ...], cap: float | None
) -> _Attended:
    """Queries (N, Q, D), keys and values (N, S, D); `shape` of the scores (K, R, H/K, Q', S), the mask's last four."""
    key, value = seen
    scores = capped(torch.bmm(query, key.transpose(1, 2)), cap)  # (N, Q, S)
    scores.view(shape).add_(mask)
    weights = scores.softmax(-1)
    return _Attended(torch.bmm(weights, value), (query, key, value, weights))


def _attend_backward(grad: Tensor, saved: Sequence[Tensor], cap: float | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of queries, keys and values."""
    query, key, value, weights = saved
    of_weights = torch.bmm(grad, value.transpose(1, 2))
    scores = torch.ops.aten._softmax_backward_data(of_weights, weights, -1, weights.dtype)
    if cap is not None:
        bent = torch.tanh(torch.bmm(query, key.transpose(1, 2)) / cap)
        scores.mul_(1 - bent * bent)
    return torch.bmm(scores, key), torch.bmm(scores.transpose(1, 2), query), torch.bmm(weights.transpose(1, 2), grad)


attended: Callable[..., Tensor] = SharedAttention.apply
