"""How long the training rows are in tokens, and what happens to those that are too long.

    fit(examples, renderer, limit=240, truncation="end") -> Fitted(encoded=(…), cut=(7, 90), left_out=())

What is cut is the text of a row's longest column, and only in training rows: the template's own text and the
answer are never cut. A row that does not fit even with that column empty is left out, and counted.

*Not here:* choosing the limit (lfine.finetune.compile.passes).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.data.pairs import Example


@dataclass(frozen=True)
class EncodedExample:
    """One row as token ids; prompt and completion were tokenized apart."""

    row_id: int
    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]
    """The answer and the end token: the learned tokens."""

    @property
    def length(self) -> int:
        """Tokens of prompt and completion together."""
        return len(self.prompt_ids) + len(self.completion_ids)


@dataclass(frozen=True)
class Fitted:
    """The training rows within the length limit."""

    encoded: tuple[EncodedExample, ...]
    """In the order of the examples given."""
    cut: tuple[int, ...]
    """Row ids whose longest column lost text."""
    left_out: tuple[int, ...]
    """Row ids that do not fit at all."""


def encode(examples: Sequence[Example], renderer: Renderer) -> tuple[EncodedExample, ...]:
    """Tokenize examples as they stand, nothing cut."""
    prompts = renderer.prompt_ids_batch([example.values for example in examples])
    completions = renderer.completion_ids_batch([example.answer for example in examples])
    return tuple(
        EncodedExample(example.row_id, tuple(prompt), tuple(completion))
        for example, prompt, completion in zip(examples, prompts, completions, strict=True)
    )


def percentile(lengths: Sequence[int], share: float) -> int:
    """Return the smallest length that at least `share` (0–1) of the rows do not exceed (nearest-rank percentile)."""
    ordered = sorted(lengths)
    rank = math.ceil(Fraction(repr(share)) * len(ordered))  # in doubles 56% of 25 rows are more than 14
    return ordered[max(0, rank - 1)] if ordered else 0


def common_prefix(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all prompts begin with, leaving each at least one token of its own."""
    if not prompts:
        return 0
    first, last = min(prompts, key=tuple), max(prompts, key=tuple)  # what these two share, all between them share
    shortest = min(len(prompt) for prompt in prompts) - 1
    differing = (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return max(0, min(next(differing, len(first)), shortest))


def fit(
    examples: Sequence[Example],
    encoded: Sequence[EncodedExample],
    renderer: Renderer,
    *,
    limit: int,
    truncation: str,
) -> Fitted:
    """Cut what is longer than `limit` tokens, leave out what still does not fit; see the module's text."""
    kept: list[EncodedExample] = []
    cut: list[int] = []
    left_out: list[int] = []
    for example, row in zip(examples, encoded, strict=True):
        fitted = row if row.length <= limit else _cut(example, renderer, limit=limit, truncation=truncation)
        if fitted is None:
            left_out.append(row.row_id)
            continue
        kept.append(fitted)
        if fitted is not row:
            cut.append(row.row_id)
    return Fitted(tuple(kept), tuple(cut), tuple(left_out))


def _cut(example: Example, renderer: Renderer, *, limit: int, truncation: str) -> EncodedExample | None:
    """Keep as many characters of the longest column as fit; None when none do.

    Bisection, each step tokenized afresh. One character more may cost a token less, so a longer text could fit too;
    what is returned fits, and with one more character it would not.
    """
    if not example.values:
        return None
    column = max(sorted(example.values), key=lambda name: len(example.values[name]))
    text = example.values[column]
    best: EncodedExample | None = None
    low, high = 0, len(text) - 1
    while low <= high:
        keep = (low + high) // 2
        part = text[:keep] if truncation == "end" else text[len(text) - keep :]
        shorter = replace(example, values={**example.values, column: part})
        (row,) = encode([shorter], renderer)
        if row.length <= limit:
            best, low = row, keep + 1
        else:
            high = keep - 1
    return best
