"""Answers of many rows at once, without padding: each step is one row of the tokens that have come.

    for done in answer_packed(model, rows, settings): ...      # rows that ended in this step

    step:  [ last token of row 7 | of row 9 | … | prompt of row 12 behind the shared beginning | … ]

What all prompts begin with is run once. A row that ends leaves its slot to the next one waiting, whose prompt joins
the step of those that go on. The projection sees the last token of each row alone.

*Not here:* the attention (local_keys.py), the choice of a token (local_choice.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import common_prefix
from lfine.finetune.generate.local_choice import Choice
from lfine.finetune.generate.local_keys import Group, KeyStore, Step, attending
from lfine.finetune.generate.local_rows import GenerationSettings, Row
from lfine.finetune.models.parts import parts_of, projection_of

MOST_TOKENS = 1024
"""Of prompts in one step; a longer prompt goes in pieces."""
REFILL = 8
"""Rows wait until this share (one in so many) of the slots is free: a step with prompts has more operations."""


def answer_packed(model: PreTrainedModel, rows: Sequence[Row], settings: GenerationSettings) -> Iterator[list[Row]]:
    """Answer the rows, shortest first; yield those that ended, step by step."""
    with attending(model):
        engine = _Engine(model, rows, settings)
        while engine.busy:
            done = engine.step()
            if done:
                yield done


class _Engine:
    def __init__(self, model: PreTrainedModel, rows: Sequence[Row], settings: GenerationSettings) -> None:
        self._model = model
        self._settings = settings
        self._layers, head = parts_of(model)
        self._logits = projection_of(model) if settings.exact_logits else head
        self._choice = Choice(settings)
        self._waiting = deque(rows)
        self._going: list[Row] = []
        """The rows that are being answered, each in the slot of its place."""
        self._store = KeyStore(min(settings.batch_size, len(rows)))
        self._prefix = common_prefix([row.prompt for row in rows])
        if self._prefix:
            self._store.reserve(self._prefix)
            self._feed(rows[0].prompt[: self._prefix], slot=0)
            self._store.share(self._prefix)

    @property
    def busy(self) -> bool:
        return bool(self._going or self._waiting)

    def step(self) -> list[Row]:
        """Give every row one more token, new rows their first; return the rows that ended."""
        going = len(self._going)
        entering = self._enter()
        begins = [len(row.prompt) - self._prefix + len(row.tokens) - 1 for row in self._going[:going]]
        groups = [Group.of(self._model, 0, begins, [1] * going)] if going else []
        if entering:
            starts, counts = zip(*entering, strict=True)
            groups.append(Group.of(self._model, going, starts, counts))
        tokens = [row.tokens[-1] for row in self._going[:going]]
        ends = list(range(going))
        for row, (start, count) in zip(self._going[going:], entering, strict=True):
            tokens += row.prompt[self._prefix + start :]
            ends.append(ends[-1] + count if ends else count - 1)
        states = self._run(tokens, groups)[torch.tensor(ends, device=self._model.device)]  # (B, width)
        chosen = self._choice(self._going, self._logits(states))
        return self._leave([self._choice.goes_on(*each) for each in zip(self._going, chosen, strict=True)])

    def _enter(self) -> list[tuple[int, int]]:
        """Take rows that wait into free slots; return where in its slot each one's last piece begins, and its length."""
        free = self._store.slots - len(self._going)
        found: list[tuple[int, int]] = []
        if free < min(len(self._waiting), max(1, self._store.slots // REFILL)):
            return found
        room = MOST_TOKENS
        while free and self._waiting and (room > 0 or not found):
            own = len(self._waiting[0].prompt) - self._prefix
            piece = (own - 1) % MOST_TOKENS + 1
            if found and piece > room:
                break
            row = self._waiting.popleft()
            self._store.reserve(own + self._settings.max_new_tokens)
            if piece < own:
                self._feed(row.prompt[self._prefix : len(row.prompt) - piece], slot=len(self._going))
            self._going.append(row)
            found.append((own - piece, piece))
            free, room = free - 1, room - piece
        return found

    def _leave(self, stays: Sequence[bool]) -> list[Row]:
        """Let the rows that ended go; the last ones take their slots."""
        done = [row for row, stay in zip(self._going, stays, strict=True) if not stay]
        left = list(zip(self._going, stays, strict=True))
        place = 0
        while place < len(left):
            if left[place][1]:
                place += 1
                continue
            last = left.pop()
            if place < len(left):
                left[place] = last
                if last[1]:
                    self._store.move(len(left), place)
        self._going = [row for row, _ in left]
        return done

    def _feed(self, tokens: Sequence[int], slot: int) -> None:
        """Run the first tokens of a sequence, a piece at a time, for their keys and values alone."""
        for start in range(0, len(tokens), MOST_TOKENS):
            piece = tokens[start : start + MOST_TOKENS]
            self._run(piece, [Group.of(self._model, slot, [start], [len(piece)])])

    def _run(self, tokens: Sequence[int], groups: Sequence[Group]) -> Tensor:
        """Return the hidden states (T, width) of one step's tokens."""
        device = self._model.device
        places = torch.cat([group.places for group in groups]) + self._store.prefix
        states: Tensor = self._layers(
            input_ids=torch.tensor([list(tokens)], device=device),
            position_ids=places[None],
            use_cache=False,
            step=Step(self._store, tuple(groups)),
        ).last_hidden_state
        return states[0]
