"""How long the training rows are in tokens, and what happens to those that are too long.

    fit(examples, encoded, renderer, limit=240, truncation="end") -> Fitted(encoded=(…), cut=(7, 90), left_out=())

What is cut is the text of a row's longest column, and only in training rows: the template's own text, few-shot examples
and the answer are never cut. A conversation loses whole turns: the latest with `end`, the oldest after its system text
with `start`, and the oldest always where only its last turn is learned. A row that does not fit even so is left out,
and counted; with `drop` every row that is too long is.

*Not here:* choosing the limit (lfine.finetune.compile.passes), refusing rows (truncation `error`: .compiling).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from lfine.finetune.catalogue.dialogues import DialogueError, Dialogues, EncodedDialogue, for_each, learned_turns
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.places import Place, unplaced

if TYPE_CHECKING:
    from lfine.finetune.data.conversations import Turn


@dataclass(frozen=True)
class EncodedExample:
    """One row as token ids; prompt and completion were tokenized apart."""

    row_id: int
    prompt_ids: tuple[int, ...]
    """Everything before the first learned token."""
    completion_ids: tuple[int, ...]
    """The answer and the end token; of a conversation all from its first learned turn to the end of its last."""
    learned: tuple[bool, ...] | None = None
    """Which of completion_ids are learned; None: all of them."""

    @property
    def length(self) -> int:
        """Tokens of prompt and completion together."""
        return len(self.prompt_ids) + len(self.completion_ids)

    @property
    def learned_tokens(self) -> int:
        return len(self.completion_ids) if self.learned is None else sum(self.learned)

    @property
    def longest_answer(self) -> int:
        """Tokens of the longest run of learned ones: of the longest answer, its end token among them."""
        if self.learned is None:
            return len(self.completion_ids)
        return max((len(list(run)) for taught, run in groupby(self.learned) if taught), default=0)


@dataclass(frozen=True)
class Fitted:
    """The training rows within the length limit."""

    encoded: tuple[EncodedExample, ...]
    """In the order of the examples given."""
    cut: tuple[int, ...]
    """Row ids whose longest column lost text, or whose conversation lost turns."""
    left_out: tuple[int, ...]
    """Row ids that do not fit at all."""


def encode(examples: Sequence[Example], renderer: Renderer, *, place: Place = unplaced) -> tuple[EncodedExample, ...]:
    """Tokenize examples as they stand, nothing cut.

    Raises TaskError LF342 with the rows whose conversations the chat template refuses or does not cut into turns.
    """
    if renderer.dialogues is not None:
        return _encode_conversations(examples, renderer.dialogues, place)
    prompts = renderer.prompt_ids_batch([example.values for example in examples])
    completions = renderer.completion_ids_batch([example.answer for example in examples])
    return tuple(
        EncodedExample(example.row_id, tuple(prompt), tuple(completion))
        for example, prompt, completion in zip(examples, prompts, completions, strict=True)
    )


def _encode_conversations(
    examples: Sequence[Example], dialogues: Dialogues, place: Place
) -> tuple[EncodedExample, ...]:
    rows = [(example.row_id, example.turns or ()) for example in examples]
    found = for_each(rows, dialogues.encode, dialogues.loss_on, place)
    return tuple(_row(row_id, dialogue) for (row_id, _), dialogue in zip(rows, found, strict=True))


def _row(row_id: int, found: EncodedDialogue) -> EncodedExample:
    return EncodedExample(row_id, found.prompt_ids, found.completion_ids, None if all(found.learned) else found.learned)


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
        fitted = row if row.length <= limit else _shorter(example, renderer, limit=limit, truncation=truncation)
        if fitted is None:
            left_out.append(row.row_id)
            continue
        kept.append(fitted)
        if fitted is not row:
            cut.append(row.row_id)
    return Fitted(tuple(kept), tuple(cut), tuple(left_out))


def _shorter(example: Example, renderer: Renderer, *, limit: int, truncation: str) -> EncodedExample | None:
    """Return a row that was too long as it fits, None where it is left out."""
    if truncation == "drop":
        return None
    if renderer.dialogues is None:
        return _cut(example, renderer, limit=limit, truncation=truncation)
    for turns in _shorter_turns(example.turns or (), renderer.dialogues.loss_on, truncation):
        try:
            row = _row(example.row_id, renderer.dialogues.encode(turns))
        except DialogueError:
            continue  # a template that asks for something of the turns that are gone
        if row.learned_tokens and row.length <= limit:
            return row
    return None


def _shorter_turns(turns: Sequence[Turn], loss_on: Literal["all", "last"], truncation: str) -> Iterator[Sequence[Turn]]:
    """Return the conversation with ever fewer turns, down to one exchange."""
    if truncation == "end" and loss_on == "all":
        for number in reversed(learned_turns(turns, loss_on)[:-1]):
            yield turns[: number + 1]
        return
    head = next((at for at, turn in enumerate(turns) if turn.role != "system"), 0)
    for at in range(head + 1, len(turns)):
        if turns[at].role == "user":
            yield (*turns[:head], *turns[at:])


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
