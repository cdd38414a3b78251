"""The attention of packed rows by FlexAttention (Dong et al. 2024): one compiled kernel, no weights kept.

    places of a row     0 1 2 │ 3 4 │ 5 6 7        3 prefix tokens, two examples
    may be looked at    earlier places of the prefix, and of the same example

Its block mask is worked out from where examples begin and end, not from every pair of places: blocks of 128 × 128 that
hold no pair are skipped, those that hold every pair are not masked.

*Not here:* the explicit softmax (shared_attention.py), and when to use which (lfine.finetune.compile.kernels).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask, flex_attention
from transformers.modeling_utils import AttentionInterface

if TYPE_CHECKING:
    from lfine.finetune.train.shared_attention import Segments

FLEX = "lfine_flex_prefix"
"""Name under which the attention function is registered with transformers."""
BLOCK = 128
"""Places of one side of a block: FlexAttention's own."""


def flex_prefix_attention(
    module: nn.Module,  # noqa: ARG001 (the signature is transformers')
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 (the row's layout takes its place)
    scaling: float | None = None,
    *,
    segments: Segments,
    **_: object,
) -> tuple[Tensor, None]:
    """Attend within a packed row. query (1, H, T, D), key and value (1, K, T, D) with H a multiple of K.

    Returns (1, T, H, D). On a processor the plain function runs, which writes all pairs out and has no backward pass:
    for tests.
    """
    attend = compiled() if query.is_cuda else cast("Callable[..., Tensor]", flex_attention)
    grouped = query.shape[1] != key.shape[1]
    found = attend(query, key, value, block_mask=segments.block_mask, scale=scaling, enable_gqa=grouped)
    return found.transpose(1, 2), None


@cache
def compiled() -> Callable[..., Tensor]:
    """Return the kernel for rows of any length, compiled at its first call."""
    found: Callable[..., Tensor] = torch.compile(flex_attention, dynamic=True)
    return found


def examples_of(prefix: int, own: Tensor) -> Tensor:
    """Return (T,): 0 at the prefix, n at the n-th example's own places; `own` (T - P,) counts them from 0."""
    return torch.cat([own.new_zeros(prefix), own + 1])


def pairs_of(examples: Tensor) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """Return FlexAttention's mask function: may place `q` look at place `k`?"""

    def allowed(_batch: Tensor, _head: Tensor, q: Tensor, k: Tensor) -> Tensor:
        return (k <= q) & ((examples[k] == 0) | (examples[k] == examples[q]))

    return allowed


def block_mask_of(prefix: int, own: Tensor) -> BlockMask:
    """Return which blocks are computed, and which of them whole; `own` as in examples_of."""
    examples = examples_of(prefix, own)
    length = examples.numel()
    count = -(-length // BLOCK)
    firsts = examples[torch.arange(count, device=examples.device) * BLOCK]
    lasts = examples[(torch.arange(1, count + 1, device=examples.device) * BLOCK).clamp(max=length) - 1]
    # Examples follow each other, so two blocks share one only where the earlier ends with what the later begins with.
    q_first, q_last, k_first, k_last = firsts[:, None], lasts[:, None], firsts[None], lasts[None]
    at = torch.arange(count, device=examples.device)
    earlier, complete = at[None] < at[:, None], (at[:, None] + 1) * BLOCK <= length
    some = (at[None] == at[:, None]) | (earlier & ((k_first == 0) | (k_last == q_first)))
    own = (q_first == q_last) & (k_last == q_first) & ((k_first == k_last) | ((k_first == 0) & (k_last == 1)))
    every = earlier & complete & ((k_last == 0) | own)
    partly, whole = _listed(some & ~every), _listed(every)
    return BlockMask.from_kv_blocks(
        *partly, *whole, BLOCK_SIZE=BLOCK, mask_mod=pairs_of(examples), seq_lengths=(length, length)
    )


def _listed(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many blocks each row of blocks has, and their numbers first: (1, 1, N), (1, 1, N, N)."""
    numbers = torch.argsort(blocks.int(), dim=1, descending=True, stable=True)
    return blocks.sum(1, dtype=torch.int32)[None, None], numbers.to(torch.int32)[None, None]


AttentionInterface.register(FLEX, flex_prefix_attention)
