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
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from lfine.finetune.catalogue.dialogues import DialogueError, Dialogues, EncodedDialogue, for_each, learned_turns
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.encoded import ChosenRows, EncodedExample, counts_of
from lfine.finetune.data.pairs import Example, chosen
from lfine.finetune.data.places import Place, unplaced

if TYPE_CHECKING:
    from lfine.finetune.data.conversations import Turn


__all__ = ["CutRows", "EncodedExample", "Fitted", "common_prefix", "encode", "fit", "percentile", "shortened"]


@dataclass(frozen=True)
class CutRows:
    """Those of the rows that are too long that fit once they are cut."""

    rows: Sequence[EncodedExample]
    numbers: Sequence[int]
    """Of each its place among the rows that are too long, ascending."""


@dataclass(frozen=True)
class Fitted:
    """The training rows within the length limit."""

    encoded: Sequence[EncodedExample]
    """In the order of the examples given; those that fit are the very ones that were given."""
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


def common_prefix(prompts: Iterable[Sequence[int]]) -> int:
    """Return how many tokens all prompts begin with, leaving each at least one token of its own."""
    first: tuple[int, ...] | None = None
    common, shortest = 0, 0
    for prompt in map(tuple, prompts):
        if first is None:
            first, common, shortest = prompt, len(prompt), len(prompt)
        shortest = min(shortest, len(prompt))
        if prompt[:common] != first[:common]:
            common = next((at for at, (a, b) in enumerate(zip(first, prompt, strict=False)) if a != b), len(prompt))
    return max(0, min(common, shortest - 1))


Shorten = Callable[[Sequence[Example]], CutRows]
"""What cuts the rows that are too long."""


def fit(
    examples: Sequence[Example],
    encoded: Sequence[EncodedExample],
    renderer: Renderer,
    *,
    limit: int,
    truncation: str,
    shorten: Shorten | None = None,
) -> Fitted:
    """Cut what is longer than `limit` tokens, leave out what still does not fit; see the module's text.

    `shorten` may know the cut rows from before; it gets those that are too long, nothing with `drop`.
    """
    lengths = counts_of(encoded).lengths
    too_long = [place for place, length in enumerate(lengths) if length > limit]
    if not too_long:
        return Fitted(encoded, (), ())
    cut = CutRows((), ())
    if truncation != "drop":
        long = chosen(examples, too_long)
        cut = _cut_now(long, renderer, limit, truncation) if shorten is None else shorten(long)
    among = {too_long[number]: at for at, number in enumerate(cut.numbers)}
    places = array("q")
    for place, length in enumerate(lengths):
        if length <= limit:
            places.append(place)
        elif place in among:
            places.append(len(encoded) + among[place])
    left_out = tuple(encoded[place].row_id for place in too_long if place not in among)
    cut_ids = tuple(encoded[place].row_id for place in too_long if place in among)
    return Fitted(ChosenRows(encoded, cut.rows, places), cut_ids, left_out)


def _cut_now(examples: Sequence[Example], renderer: Renderer, limit: int, truncation: str) -> CutRows:
    found = shortened(examples, renderer, limit=limit, truncation=truncation)
    return CutRows(
        tuple(row for row in found if row is not None), tuple(at for at, row in enumerate(found) if row is not None)
    )


def shortened(
    examples: Sequence[Example], renderer: Renderer, *, limit: int, truncation: str
) -> list[EncodedExample | None]:
    """Return rows that were too long as they fit, None for each that does not fit even so."""
    if renderer.dialogues is None:
        return _cut(examples, renderer, limit=limit, truncation=truncation)
    return [_without_turns(example, renderer.dialogues, limit=limit, truncation=truncation) for example in examples]


def _without_turns(example: Example, dialogues: Dialogues, *, limit: int, truncation: str) -> EncodedExample | None:
    for turns in _shorter_turns(example.turns or (), dialogues.loss_on, truncation):
        try:
            row = _row(example.row_id, dialogues.encode(turns))
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


@dataclass
class _Cutting:
    """The bisection of one row."""

    example: Example
    column: str
    room: int
    """Tokens for the prompt."""
    low: int
    high: int
    """Least and most characters that may still be the longest text that fits."""
    best: list[int] | None = None

    @property
    def keep(self) -> int:
        return (self.low + self.high) // 2

    def values(self, truncation: str) -> dict[str, str]:
        text = self.example.values[self.column]
        part = text[: self.keep] if truncation == "end" else text[len(text) - self.keep :]
        return {**self.example.values, self.column: part}

    def judge(self, prompt: list[int]) -> None:
        if len(prompt) <= self.room:
            self.best, self.low = prompt, self.keep + 1
        else:
            self.high = self.keep - 1


def _cut(
    examples: Sequence[Example], renderer: Renderer, *, limit: int, truncation: str
) -> list[EncodedExample | None]:
    """Keep as many characters of the longest column as fit; None for a row of which none do.

    Bisection, each step tokenized afresh, for all rows at once. One character more may cost a token less, so a longer
    text could fit too; what is returned fits, and with one more character it would not.
    """
    completions = renderer.completion_ids_batch([example.answer for example in examples])
    rows: list[_Cutting] = []
    for example, completion in zip(examples, completions, strict=True):
        column = max(sorted(example.values), key=lambda name: len(example.values[name]), default="")
        text = example.values.get(column, "")
        rows.append(_Cutting(example, column, limit - len(completion), 0, len(text) - 1))
    while open_rows := [row for row in rows if row.low <= row.high]:
        prompts = renderer.prompt_ids_batch([row.values(truncation) for row in open_rows])
        for row, prompt in zip(open_rows, prompts, strict=True):
            row.judge(prompt)
    return [
        None if row.best is None else EncodedExample(row.example.row_id, tuple(row.best), tuple(completion))
        for row, completion in zip(rows, completions, strict=True)
    ]
