"""What some prompts of a micro-batch have in common behind the prefix that all share: one passage, many questions.

    stems_of([(1, 7, 7, 7, 4), (1, 9, 5), (1, 7, 7, 7, 5)], prefix=1, least=3) -> (Stem(members=(0, 2), length=3),)

Sorted by their tokens, prompts with a common beginning stand beside each other; of all ways to cut this order into
groups the one is taken that leaves the fewest tokens to compute.

*Not here:* laying them into a row (lfine.finetune.train.packed).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from lfine.finetune.compile.encoded import EncodedExample

LEAST = 16
"""Tokens of a stem, at least: for fewer it does not pay to widen the attention of every segment."""


UPDATES_LOOKED_AT = 16
"""Of the training rows, drawn at random, for what the plan says of stems."""


@dataclass(frozen=True)
class Stem:
    members: tuple[int, ...]
    """Places of the prompts that share it, two or more."""
    length: int
    """Tokens behind the prefix."""

    @property
    def saved(self) -> int:
        """Tokens that need not be computed."""
        return (len(self.members) - 1) * self.length


def stems_of(prompts: Sequence[Sequence[int]], prefix: int, *, least: int = LEAST) -> tuple[Stem, ...]:
    """Return the stems of prompts that begin with the same `prefix` tokens; each prompt is in one at most.

    Every prompt keeps a token of its own.
    """
    order = sorted(range(len(prompts)), key=lambda place: (tuple(prompts[place][prefix:]), place))
    common = [_common(prompts[one], prompts[other], prefix) for one, other in itertools.pairwise(order)]
    # saved[end]: the most tokens that the first `end` prompts of the order can save, and where their last group begins
    saved, begins = [0], [0]
    for end in range(1, len(order) + 1):
        best, begin = saved[end - 1], end - 1
        length = -1
        for start in range(end - 2, -1, -1):
            length = common[start] if length < 0 else min(length, common[start])
            if length < least:
                break
            found = saved[start] + (end - start - 1) * length
            if found > best:
                best, begin = found, start
        saved.append(best)
        begins.append(begin)
    return _cut(order, common, begins)


def _cut(order: Sequence[int], common: Sequence[int], begins: Sequence[int]) -> tuple[Stem, ...]:
    """Follow the groups' beginnings back from the last prompt; a group of one is no stem."""
    found: list[Stem] = []
    end = len(order)
    while end:
        begin = begins[end]
        if end - begin > 1:
            found.append(Stem(tuple(order[begin:end]), min(common[begin : end - 1])))
        end = begin
    return tuple(reversed(found))


def _common(one: Sequence[int], other: Sequence[int], prefix: int) -> int:
    """Return how many tokens two prompts share behind the prefix, leaving each at least one of its own."""
    most = max(0, min(len(one), len(other)) - prefix - 1)
    return next((at for at in range(most) if one[prefix + at] != other[prefix + at]), most)


def spared_share(rows: Sequence[EncodedExample], prefix: int, *, batch_size: int) -> float:
    """Return what share of the tokens behind the prefix stems spare, in some updates of rows drawn at random.

    0 where no stem is found, and where an update is one example.
    """
    if batch_size == 1:
        return 0.0
    draw = random.Random(0)  # noqa: S311 (the same sample at every compilation)
    size = min(batch_size, len(rows))
    spared = own = 0
    for _ in range(UPDATES_LOOKED_AT):
        chosen = [rows[place] for place in draw.sample(range(len(rows)), size)]
        spared += sum(stem.saved for stem in stems_of([row.prompt_ids for row in chosen], prefix))
        own += sum(row.length - prefix for row in chosen)
    return spared / own
