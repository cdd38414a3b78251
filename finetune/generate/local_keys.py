"""Keys and values of many sequences that share a beginning, and the attention of a step over them.

    store = KeyStore(slots=64)
    with attending(model):
        layers(input_ids=…, position_ids=…, step=Step(store, (Group.of(…), …)))      # one flat row (1, T)

The beginning's keys and values stand in the store once. Those of what follows stand in a slot for each sequence, of one
length for all, and are written in place. A step's tokens are one row: some new ones for each of its sequences, whether
a whole prompt or one token. A query's scores against the beginning and against its own slot are two products under
one softmax, so nothing is copied for each sequence and no padding is computed by the layers.

*Not here:* which sequence has which slot (local_packed.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_utils import AttentionInterface

from lfine.finetune.models.parts import capped

ATTENTION = "lfine_slots"
"""Name under which the attention is registered with transformers."""
ROUND = 64
"""Slots grow to multiples of so many tokens."""


class KeyStore:
    """For each layer: the beginning (K, P, D) and the slots (B, K, S, D), keys and values."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._size = 0
        self._prefixes: dict[int, tuple[Tensor, Tensor]] = {}
        self._layers: dict[int, tuple[Tensor, Tensor]] = {}

    def reserve(self, tokens: int) -> None:
        """Make every slot hold so many tokens, what it has kept."""
        if tokens <= self._size:
            return
        self._size = -(-tokens // ROUND) * ROUND
        for layer, pair in self._layers.items():
            self._layers[layer] = (self._grown(pair[0]), self._grown(pair[1]))

    def _grown(self, old: Tensor) -> Tensor:
        new = old.new_zeros(self.slots, old.shape[1], self._size, old.shape[3])
        new[:, :, : old.shape[2]] = old
        return new

    def share(self, tokens: int) -> None:
        """Take the first tokens of slot 0 as the beginning of every sequence."""
        for layer, (keys, values) in self._layers.items():
            self._prefixes[layer] = (keys[0, :, :tokens].clone(), values[0, :, :tokens].clone())
        self._layers.clear()
        self._size = 0

    def move(self, source: int, target: int) -> None:
        """Put what stands in one slot into another."""
        for pair in self._layers.values():
            for each in pair:
                each[target] = each[source]

    def beginning(self, layer: int) -> tuple[Tensor, Tensor] | None:
        return self._prefixes.get(layer)

    def written(self, layer: int, key: Tensor, value: Tensor, group: Group) -> tuple[Tensor, Tensor]:
        """Write keys and values (K, T, D) of a group's tokens; return those of its slots, (R, K, S, D) each."""
        if layer not in self._layers:
            shape = (self.slots, key.shape[0], self._size, key.shape[2])
            # Zeros: what is masked has the weight 0, and 0 times a number that was never written may be no number.
            self._layers[layer] = (key.new_zeros(shape), value.new_zeros((*shape[:3], value.shape[2])))
        found = []
        for each, new in zip(self._layers[layer], (key, value), strict=True):
            each[group.slots, :, group.places] = new.transpose(0, 1)
            found.append(each[group.first : group.first + group.size, :, : group.longest])
        return found[0], found[1]


@dataclass(frozen=True)
class Group:
    """Sequences in neighbouring slots that each get some tokens in this step: R of them, at most L tokens each."""

    first: int
    """Slot of the first."""
    size: int
    """R"""
    longest: int
    """S: tokens of the longest slot after this step."""
    slots: Tensor
    """(T,): of each token, one sequence after the other."""
    places: Tensor
    """(T,): where in its slot each token stands."""
    queries: Tensor | None
    """(R * L,): the token at each place of the padded queries; None: every sequence has one token."""
    scatter: Tensor | None
    """(T,): the place of each token among the padded queries."""
    mask: Tensor
    """(R, 1, L, S): 0 where a token may look, the least number where it may not."""

    @classmethod
    def of(cls, model: PreTrainedModel, first: int, starts: Sequence[int], counts: Sequence[int]) -> Self:
        """Lay out sequences in the slots from `first` on that have `starts` tokens and get `counts` more."""
        device, dtype = model.device, model.dtype
        rows, most = len(starts), max(counts)
        longest = max(start + count for start, count in zip(starts, counts, strict=True))
        each = torch.tensor(starts, device=device)
        if most == 1:
            slots, places = torch.arange(first, first + rows, device=device), each
            queries = scatter = None
        else:
            pairs = [(row, at) for row, count in enumerate(counts) for at in range(count)]
            slots = torch.tensor([first + row for row, _ in pairs], device=device)
            places = torch.tensor([starts[row] + at for row, at in pairs], device=device)
            begins = list(itertools.accumulate(counts, initial=0))
            padded = [begins[row] + min(at, count - 1) for row, count in enumerate(counts) for at in range(most)]
            queries = torch.tensor(padded, device=device)
            scatter = torch.tensor([row * most + at for row, at in pairs], device=device)
        last = each[:, None, None] + torch.arange(most, device=device)[None, :, None]  # (R, L, 1)
        hidden = torch.arange(longest, device=device)[None, None] > last
        mask = torch.zeros(hidden.shape, dtype=dtype, device=device).masked_fill_(hidden, torch.finfo(dtype).min)
        return cls(first, rows, longest, slots, places, queries, scatter, mask[:, None])


@dataclass(frozen=True)
class Step:
    """The tokens of one call of the layers: those of each group, one group after the other."""

    store: KeyStore
    groups: tuple[Group, ...]

    def attended(self, layer: int, qkv: tuple[Tensor, Tensor, Tensor], scale: float, cap: float | None) -> Tensor:
        """Queries (H, T, D), keys and values (K, T, D) -> (T, H, D)."""
        sizes = [len(group.slots) for group in self.groups]
        parts = zip(self.groups, *(each.split(sizes, 1) for each in qkv), strict=True)
        found = []
        for group, query, key, value in parts:
            seen = self.store.written(layer, key, value, group)
            padded = query if group.queries is None else query.index_select(1, group.queries)
            made = _attend(padded * scale, self.store.beginning(layer), seen, group.mask, cap)  # (R * L, H, D)
            found.append(made if group.scatter is None else made.index_select(0, group.scatter))
        return found[0] if len(found) == 1 else torch.cat(found)


def _attend(
    query: Tensor, shared: tuple[Tensor, Tensor] | None, own: tuple[Tensor, Tensor], mask: Tensor, cap: float | None
) -> Tensor:
    """Queries (H, R * L, D) over what is shared, (K, P, D) each, and own, (R, K, S, D) each -> (R * L, H, D)."""
    (rows, _, length, _), (_, groups, seen, size) = mask.shape, own[0].shape
    each = query.shape[0] // groups
    split = query.reshape(groups, each, rows, length, size)
    mine = split.permute(2, 0, 1, 3, 4).reshape(rows * groups, each * length, size)
    scores = capped(torch.bmm(mine, own[0].flatten(0, 1).transpose(1, 2)), cap)
    scores.view(rows, groups, each, length, seen).add_(mask[:, :, None])
    scores = scores.view(rows, groups, each * length, seen)
    if shared is not None:
        before = torch.bmm(split.reshape(groups, -1, size), shared[0].transpose(1, 2))  # (K, H/K * R * L, P)
        before = capped(before, cap).view(groups, each, rows, length, -1).permute(2, 0, 1, 3, 4)
        scores = torch.cat([scores, before.flatten(2, 3)], -1)
    weights = scores.softmax(-1, dtype=torch.float32).to(scores.dtype)
    found = torch.bmm(weights[..., :seen].flatten(0, 1), own[1].flatten(0, 1))  # (R * K, H/K * L, D)
    found = found.view(rows, groups, each, length, -1).permute(0, 3, 1, 2, 4)  # (R, L, K, H/K, D)
    if shared is not None:
        weighed = weights[..., seen:].view(rows, groups, each, length, -1).permute(1, 2, 0, 3, 4)
        before = torch.bmm(weighed.reshape(groups, each * rows * length, -1), shared[1])
        found = found + before.view(groups, each, rows, length, -1).permute(2, 3, 0, 1, 4)
    return found.reshape(rows * length, groups * each, -1)


def slot_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 (the step says what a token may see)
    *,
    step: Step,
    **given: Any,
) -> tuple[Tensor, None]:
    """Return the attention (1, T, H, D) of queries (1, H, T, D), keys and values (1, K, T, D).

    Of all else that transformers gives, `scaling` and `softcap` count.
    """
    scale, cap = given.get("scaling"), given.get("softcap")
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    layer = getattr(module, "layer_idx")  # noqa: B009 -- every attention of transformers has it, nn.Module has not
    return step.attended(layer, (query[0], key[0], value[0]), scale, cap).unsqueeze(0), None


AttentionInterface.register(ATTENTION, slot_attention)


@contextmanager
def attending(model: PreTrainedModel) -> Iterator[None]:
    """Give the model the attention of steps for a while."""
    inner: PreTrainedModel = model.get_base_model() if isinstance(model, PeftModel) else model
    before = inner.config._attn_implementation
    inner.set_attn_implementation(ATTENTION)
    try:
        yield
    finally:
        inner.set_attn_implementation(before)
