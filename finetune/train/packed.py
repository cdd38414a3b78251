"""A micro-batch as one row: the prompt tokens that all examples share once, then every example's own tokens.

    [ shared prefix | stem 0 | stem 1 | … | rest of example 0 | rest of example 1 | … ]      (1, T)

A causal model's states over the prefix do not depend on what follows, so they are computed once and every example
attends to them, forward and backward: the loss and gradients of the plain padded batch, not an approximation. A stem
is what some of the examples have in common behind the prefix (one passage, many questions): computed once for these.
Linear layers see no padding. Stems and rests are the segments of the row; a segment sees the prefix, its stem where it
has one, and itself up to each token.

*Not here:* the attention over such a row (shared_attention.py), families that it does not fit (padded.py), and when to
use which (lfine.finetune.compile.machine_passes).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.stems import Stem, stems_of
from lfine.finetune.models.parts import parts_of
from lfine.finetune.train.shared_attention import Segments
from lfine.finetune.train.targets import token_weights
from lfine.finetune.train.vocabulary import Learned


@dataclass(frozen=True)
class PackedRow:
    """The tensors of one packed micro-batch."""

    input_ids: Tensor
    """(1, T)"""
    position_ids: Tensor
    """(1, T): as in the plain sequences, so what follows on the prefix begins at P."""
    segments: Segments
    """Which token sees which."""
    predicting: Tensor
    """(N,): the places whose next token is learned."""
    learned: Learned
    """(N,): the learned tokens and what each of them weighs."""


@dataclass(frozen=True)
class Place:
    """Where on the device, and in which numbers, a row's tensors lie."""

    device: str
    dtype: torch.dtype = torch.float32
    """Of the attention's scores."""


def pack(
    rows: Sequence[EncodedExample], prefix: int, place: Place, *, prompt_weight: float = 0.0, stems: bool = True
) -> PackedRow:
    """Lay examples that begin with the same `prefix` tokens into one row.

    With a prompt weight a token that several examples share counts once for each of them. Without `stems` nothing but
    the prefix is shared.
    """
    found = stems_of([row.prompt_ids for row in rows], prefix) if stems else ()
    begins, owner = [prefix] * len(rows), [-1] * len(rows)  # of each rest: its first position, its stem
    for number, stem in enumerate(found):
        for member in stem.members:
            begins[member], owner[member] = prefix + stem.length, number
    tokens = [(*row.prompt_ids, *row.completion_ids) for row in rows]
    parts = [tokens[stem.members[0]][prefix : prefix + stem.length] for stem in found]
    parts += [each[begin:] for each, begin in zip(tokens, begins, strict=True)]
    firsts = [prefix] * len(found) + begins
    starts = list(itertools.accumulate((len(part) for part in parts), initial=prefix))
    ids = [*tokens[0][:prefix], *itertools.chain.from_iterable(parts)]
    positions = [*range(prefix)]
    for part, first in zip(parts, firsts, strict=True):
        positions += range(first, first + len(part))
    learned = _learned(rows, tokens, prefix, prompt_weight, _Layout(begins, owner, found, starts[:-1]))
    device = place.device
    return PackedRow(
        input_ids=torch.tensor([ids], device=device),
        position_ids=torch.tensor([positions], device=device),
        segments=Segments.of(
            prefix,
            [len(part) for part in parts],
            parents=[-1] * len(found) + owner,
            device=device,
            dtype=place.dtype,
        ),
        predicting=torch.tensor([where for where, _, _ in learned], device=device, dtype=torch.long),
        learned=Learned(
            torch.tensor([token for _, token, _ in learned], device=device, dtype=torch.long),
            torch.tensor([weight for _, _, weight in learned], device=device, dtype=torch.float32),
        ),
    )


@dataclass(frozen=True)
class _Layout:
    """Where the tokens of each example lie in the row."""

    begins: list[int]
    """Of each example: the position where its rest begins."""
    owner: list[int]
    """Its stem; -1: none."""
    stems: Sequence[Stem]
    starts: list[int]
    """Of each segment: its first place in the row."""

    def place(self, example: int, position: int, prefix: int) -> int:
        """Return the place of an example's token at a position of its own sequence."""
        if position < prefix:
            return position
        if position < self.begins[example]:
            return self.starts[self.owner[example]] + position - prefix
        return self.starts[len(self.stems) + example] + position - self.begins[example]


def _learned(
    rows: Sequence[EncodedExample],
    tokens: Sequence[tuple[int, ...]],
    prefix: int,
    prompt_weight: float,
    layout: _Layout,
) -> list[tuple[int, int, float]]:
    """Return place before it, token and weight of every learned token; shared ones once, their weights added up."""
    found: dict[tuple[int, int], float] = {}
    for number, row in enumerate(rows):
        for position, weight in enumerate(token_weights(row, prompt_weight)):
            if weight:
                key = (layout.place(number, position - 1, prefix), tokens[number][position])
                found[key] = found.get(key, 0.0) + weight
    return [(place, token, weight) for (place, token), weight in found.items()]


def packed_states(model: PreTrainedModel, row: PackedRow, noise: Sequence[Tensor] | None = None) -> Tensor:
    """Return the hidden states (N, width) of the places before the learned tokens.

    `noise`: one (length, width) for each example, only without a prefix and stems.
    """
    layers, _ = parts_of(model)
    given: dict[str, Tensor] = {"input_ids": row.input_ids}
    if noise is not None:
        embedded = model.get_input_embeddings()(row.input_ids)  # (1, T, width)
        given = {"inputs_embeds": embedded + torch.cat(list(noise)).to(embedded)}
    hidden: Tensor = layers(
        **given, position_ids=row.position_ids, use_cache=False, segments=row.segments
    ).last_hidden_state
    return hidden[0].index_select(0, row.predicting)
