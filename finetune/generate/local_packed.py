"""Answers of many rows at once, without padding: each step is one row of the tokens that have come.

    for done in answer_packed(model, rows, settings): ...      # rows that ended in this step

    step:  [ last token of row 7 | of row 9 | … | prompt of row 12 behind the shared beginning | … ]

What all prompts begin with is run once. A row that ends leaves its slot to the next one waiting, whose prompt joins
the step of those that go on. The projection sees the last token of each row alone.

*Not here:* running a step (local_steps.py), the choice of a token (local_choice.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import torch
from transformers import PreTrainedModel

from lfine.finetune.generate.local_choice import Choice
from lfine.finetune.generate.local_keys import attending
from lfine.finetune.generate.local_rows import GenerationSettings, Row
from lfine.finetune.generate.local_steps import MOST_TOKENS, Steps
from lfine.finetune.models.laid_out import laid_out
from lfine.finetune.models.parts import parts_of, projection_of

REFILL = 8
"""Rows wait until this share (one in so many) of the slots is free: a step with prompts has more operations."""


def answer_packed(model: PreTrainedModel, rows: Sequence[Row], settings: GenerationSettings) -> Iterator[list[Row]]:
    """Answer the rows, shortest first; yield those that ended, step by step."""
    with attending(model), laid_out(model, tokens=settings.batch_size):
        engine = _Engine(model, rows, settings)
        while engine.busy:
            done = engine.step()
            if done:
                yield done


class _Engine:
    def __init__(self, model: PreTrainedModel, rows: Sequence[Row], settings: GenerationSettings) -> None:
        self._settings = settings
        self._logits = projection_of(model) if settings.exact_logits else parts_of(model)[1]
        self._choice = Choice(settings)
        self._waiting = deque(rows)
        self._going: list[Row] = []
        """The rows that are being answered, each in the slot of its place."""
        self._steps = Steps(model, [row.prompt for row in rows], slots=min(settings.batch_size, len(rows)))

    @property
    def busy(self) -> bool:
        return bool(self._going or self._waiting)

    def step(self) -> list[Row]:
        """Give every row one more token, new rows their first; return the rows that ended."""
        steps, going = self._steps, len(self._going)
        entering = self._enter()
        begins = [len(row.prompt) - steps.prefix + len(row.tokens) - 1 for row in self._going[:going]]
        groups = [steps.group(0, begins, [1] * going)] if going else []
        tokens = [row.tokens[-1] for row in self._going[:going]]
        ends = list(range(going))
        if entering:
            starts, counts = zip(*entering, strict=True)
            groups.append(steps.group(going, starts, counts))
        for row, (start, count) in zip(self._going[going:], entering, strict=True):
            tokens += row.prompt[steps.prefix + start :]
            ends.append(ends[-1] + count if ends else count - 1)
        states = steps.run(tokens, groups)
        states = states[torch.tensor(ends, device=states.device)]  # (B, width)
        chosen = self._choice(self._going, self._logits(states))
        return self._leave([self._choice.goes_on(*each) for each in zip(self._going, chosen, strict=True)])

    def _enter(self) -> list[tuple[int, int]]:
        """Take rows that wait into free slots; return where in its slot each last piece begins, and its length."""
        steps = self._steps
        free, room = steps.slots - len(self._going), MOST_TOKENS
        found: list[tuple[int, int]] = []
        if free < min(len(self._waiting), max(1, steps.slots // REFILL)):
            return found
        while free and self._waiting:
            own = len(self._waiting[0].prompt) - steps.prefix
            start = (own - 1) // MOST_TOKENS * MOST_TOKENS
            if found and own - start > room:
                break
            row = self._waiting.popleft()
            steps.reserve(own + self._settings.max_new_tokens)
            steps.feed(row.prompt[steps.prefix : steps.prefix + start], slot=len(self._going))
            self._going.append(row)
            found.append((start, own - start))
            free, room = free - 1, room - (own - start)
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
                    self._steps.move(len(left), place)
        self._going = [row for row, _ in left]
        return done
