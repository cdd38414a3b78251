"""A micro-batch as one row: the prompt tokens that all examples share once, then every example's own tokens.

    [ shared prefix | rest of example 0 | rest of example 1 | … ]      (1, T), T = P + sum of the rests

A causal model's states over the prefix do not depend on what follows, so they are computed once and every example
attends to them, forward and backward: the loss and gradients of the plain padded batch, not an approximation.
Linear layers see no padding; inside attention alone the rests are padded to (B, S), and one softmax runs over two
blocks of scores: against the prefix keys, which are never copied, and against the example's own keys.

*Not here:* families whose attention cannot be replaced (lfine.finetune.train.padded), and when to use which
(lfine.finetune.compile.passes).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import BlockMask
from transformers import PreTrainedModel
from transformers.modeling_utils import AttentionInterface

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.models.parts import parts_of
from lfine.finetune.train.flex import FLEX, block_mask_of
from lfine.finetune.train.targets import token_weights

ATTENTION = "lfine_shared_prefix"
"""Name under which the attention function is registered with transformers."""


@dataclass(frozen=True)
class PackedRow:
    """The tensors of one packed micro-batch; B examples, P prefix tokens, S tokens of the longest rest."""

    input_ids: Tensor
    """(1, T)"""
    position_ids: Tensor
    """(1, T): as in the plain sequences, so every rest begins at P."""
    prefix: int
    """P"""
    gather: Tensor
    """(B, S): the place behind the prefix of each token of each rest; places of padding repeat the last one."""
    scatter: Tensor
    """(T - P,): the place in the flattened (B * S) of each token behind the prefix."""
    predicting: Tensor
    """(N,): the places whose next token is learned."""
    targets: Tensor
    """(N,): the learned tokens."""
    weights: Tensor
    """(N,): what each of them weighs."""

    @cached_property
    def block_mask(self) -> BlockMask:
        """Who looks at whom, for FlexAttention: the same for all layers, forward and backward."""
        return block_mask_of(self)


def pack(rows: Sequence[EncodedExample], prefix: int, device: str, *, prompt_weight: float = 0.0) -> PackedRow:
    """Lay examples that begin with the same `prefix` tokens into one row.

    With a prompt weight the prefix's tokens count once for every example that shares them.
    """
    rests = [(*row.prompt_ids[prefix:], *row.completion_ids) for row in rows]
    longest = max(len(rest) for rest in rests)
    starts = list(itertools.accumulate((len(rest) for rest in rests), initial=prefix))
    ids = [*rows[0].prompt_ids[:prefix], *(token for rest in rests for token in rest)]
    positions = [*range(prefix), *(prefix + at for rest in rests for at in range(len(rest)))]
    gather = [
        [start - prefix + min(at, len(rest) - 1) for at in range(longest)]
        for start, rest in zip(starts, rests, strict=False)
    ]
    scatter = [number * longest + at for number, rest in enumerate(rests) for at in range(len(rest))]
    learned = [(place - 1, ids[place], len(rows) * prompt_weight) for place in range(1, prefix) if prompt_weight]
    for row, start, rest in zip(rows, starts, rests, strict=False):
        weights = token_weights(row, prompt_weight)[prefix:]
        before = [prefix - 1, *range(start, start + len(rest) - 1)]  # the first token behind the prefix follows on it
        learned += [found for found in zip(before, rest, weights, strict=True) if found[2]]
    return PackedRow(
        input_ids=torch.tensor([ids], device=device),
        position_ids=torch.tensor([positions], device=device),
        prefix=prefix,
        gather=torch.tensor(gather, device=device),
        scatter=torch.tensor(scatter, device=device),
        predicting=torch.tensor([place for place, _, _ in learned], device=device, dtype=torch.long),
        targets=torch.tensor([token for _, token, _ in learned], device=device, dtype=torch.long),
        weights=torch.tensor([weight for _, _, weight in learned], device=device),
    )


def packed_logits(model: PreTrainedModel, row: PackedRow, noise: Sequence[Tensor] | None = None) -> Tensor:
    """Return the logits (N, vocabulary) at the learned places only, of a model that `use_packed_rows` set up.

    `noise`: one (length, width) for each example, only without a prefix.
    """
    backbone, head = parts_of(model)
    given: dict[str, Tensor] = {"input_ids": row.input_ids}
    if noise is not None:
        embedded = model.get_input_embeddings()(row.input_ids)  # (1, T, width)
        given = {"inputs_embeds": embedded + torch.cat(list(noise)).to(embedded)}
    hidden = backbone(**given, position_ids=row.position_ids, use_cache=False, packed_row=row).last_hidden_state
    logits: Tensor = head(hidden[0].index_select(0, row.predicting))
    return logits


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
    attention_mask: Tensor | None,  # noqa: ARG001 (the row's layout takes its place)
    scaling: float | None = None,
    *,
    packed_row: PackedRow,
    **_: object,
) -> tuple[Tensor, None]:
    """Attend within a packed row. query (1, H, T, D), key and value (1, K, T, D) with H a multiple of K.

    Returns (1, T, H, D). Queries of one key head are folded into its rows, so grouped keys are never repeated.
    """
    heads, _tokens, size = query.shape[1:]
    groups, prefix = key.shape[1], packed_row.prefix
    queries = heads // groups  # for each key head
    scale = size**-0.5 if scaling is None else scaling
    q, k, v = query[0] * scale, key[0], value[0]
    count, longest = packed_row.gather.shape
    places = packed_row.gather.reshape(-1)
    q_prefix, q_rests = q.split([prefix, q.shape[1] - prefix], 1)  # one split: its backward is one concatenation
    k_prefix, k_rests = k.split([prefix, k.shape[1] - prefix], 1)
    v_prefix, v_rests = v.split([prefix, v.shape[1] - prefix], 1)
    # The prefix attends to itself: (K, H/K * P, P).
    scores = torch.bmm(q_prefix.reshape(groups, queries * prefix, size), k_prefix.transpose(1, 2))
    weights = (scores.view(groups, queries, prefix, prefix) + _causal(prefix, q)).softmax(-1)
    of_prefix = torch.bmm(weights.view(groups, queries * prefix, prefix), v_prefix).view(heads, prefix, size)
    # Every rest attends to the prefix (one product for all examples) and to itself: one softmax over both.
    shape = (groups, queries, count, longest)
    own_q = q_rests.index_select(1, places).view(groups, queries * count * longest, size)
    own_k = k_rests.index_select(1, places).view(groups, 1, count, longest, size)
    own_v = v_rests.index_select(1, places).view(groups, 1, count, longest, size)
    to_prefix = torch.bmm(own_q, k_prefix.transpose(1, 2)).view(*shape, prefix)
    to_self = torch.matmul(own_q.view(*shape, size), own_k.transpose(-1, -2)) + _causal(longest, q)
    weights = torch.cat([to_prefix, to_self], -1).softmax(-1)
    from_prefix = torch.bmm(weights[..., :prefix].reshape(groups, queries * count * longest, prefix), v_prefix)
    of_rests = torch.matmul(weights[..., prefix:], own_v) + from_prefix.view(*shape, size)
    of_rests = of_rests.reshape(heads, count * longest, size).index_select(1, packed_row.scatter)
    return torch.cat([of_prefix, of_rests], 1).transpose(0, 1).unsqueeze(0), None


def _causal(size: int, like: Tensor) -> Tensor:
    """(size, size): 0 where a token may look, the least number of the type where it may not."""
    least = torch.finfo(like.dtype).min
    return torch.full((size, size), least, dtype=like.dtype, device=like.device).triu(1)


AttentionInterface.register(ATTENTION, shared_prefix_attention)
