"""Steps of a model over sequences that share a beginning: the beginning once, then whatever comes, as one flat row.

    steps = Steps(model, prompts, slots=64)
    steps.reserve(60)
    states = steps.run(tokens, [steps.group(0, starts=[0, 0], counts=[42, 40])])       # (82, width)

*Not here:* which tokens come (local_packed.py, local_likelihood.py), the attention (local_keys.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.generate.local_keys import Group, KeyStore, Step
from lfine.finetune.models.parts import parts_of

MOST_TOKENS = 1024
"""Of prompts in one step; a longer prompt goes in pieces."""


class Steps:
    """A model in the attention of local_keys.py (`attending`), and the keys and values of its sequences."""

    def __init__(self, model: PreTrainedModel, prompts: Sequence[Sequence[int]], *, slots: int) -> None:
        """Run what all `prompts` begin with; each keeps a token of its own at least."""
        self.slots = slots
        self.prefix = 0
        """Tokens of the beginning."""
        self._model = model
        self._layers = parts_of(model)[0]
        self._store = KeyStore(slots)
        shared = common_prefix(prompts)
        if shared:
            self.reserve(shared)
            self.feed(prompts[0][:shared], slot=0)
            self._store.share(shared)
            self.prefix = shared

    def reserve(self, tokens: int) -> None:
        """Make room for so many tokens behind the beginning, in every slot."""
        self._store.reserve(tokens)

    def move(self, source: int, target: int) -> None:
        """Put the sequence of one slot into another."""
        self._store.move(source, target)

    def group(self, first: int, starts: Sequence[int], counts: Sequence[int]) -> Group:
        """Lay out sequences in the slots from `first` on: tokens that they have behind the beginning, and get."""
        return Group.of(self._model, first, starts, counts)

    def feed(self, tokens: Sequence[int], slot: int) -> None:
        """Run the first tokens of a sequence, a piece at a time, for their keys and values alone."""
        for start in range(0, len(tokens), MOST_TOKENS):
            piece = tokens[start : start + MOST_TOKENS]
            self.run(piece, [self.group(slot, [start], [len(piece)])])

    def run(self, tokens: Sequence[int], groups: Sequence[Group], positions: Tensor | None = None) -> Tensor:
        """Return the hidden states (T, width) of one step; `positions` (T,) are those of the slots unless given."""
        if positions is None:
            positions = torch.cat([group.places for group in groups]) + self.prefix
        states: Tensor = self._layers(
            input_ids=torch.tensor([list(tokens)], device=self._model.device),
            position_ids=positions[None],
            use_cache=False,
            step=Step(self._store, tuple(groups)),
        ).last_hidden_state
        return states[0]
