"""The next token of every row, and whether the row goes on after it.

    choice = Choice(settings)
    tokens = choice(rows, logits)                          # (B, V) -> one token for each row
    going = [row for row, token in zip(rows, tokens) if choice.goes_on(row, token)]

*Not here:* the logits (local_packed.py, local_padded.py), chance and penalties (local_sampling.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lfine.finetune.generate.constraints import Walk
from lfine.finetune.generate.local_rows import GenerationSettings, Row
from lfine.finetune.generate.local_sampling import draw, narrow, penalise, uniform


class Choice:
    """Chooses for all rows of one call of `generate`; remembers how far each has come in the constraint."""

    def __init__(self, settings: GenerationSettings) -> None:
        self._settings = settings
        self._walks: dict[tuple[int, ...], Walk] = {}

    def __call__(self, rows: Sequence[Row], logits: Tensor) -> list[int]:
        settings = self._settings
        if settings.exact_logits:
            logits = logits.float()
        if settings.repetition_penalty != 1:
            logits = penalise(logits, [(*row.prompt, *row.tokens) for row in rows], settings.repetition_penalty)
        if not settings.drawn:
            return self._likeliest(rows, logits)
        if settings.constraint is not None:
            allowed = torch.full_like(logits, -torch.inf)
            for place, row in enumerate(rows):
                ids = torch.tensor(self._walk(row).allowed(), device=logits.device)
                allowed[place, ids] = logits[place, ids]
            logits = allowed
        seed = settings.drawing.seed
        chances = [uniform(seed=seed, row_id=row.row_id, step=len(row.tokens)) for row in rows]
        return draw(narrow(logits, settings.drawing), chances)

    def _likeliest(self, rows: Sequence[Row], logits: Tensor) -> list[int]:
        if self._settings.constraint is None:
            return [int(token) for token in logits.argmax(-1).tolist()]
        tokens = []
        for row, scores in zip(rows, logits, strict=True):
            allowed = self._walk(row).allowed()
            tokens.append(allowed[int(scores[torch.tensor(allowed, device=scores.device)].argmax())])
        return tokens

    def _walk(self, row: Row) -> Walk:
        limit = self._settings.constraint
        if limit is None:
            raise ValueError("nothing limits what can be answered")
        if row.numbers not in self._walks:
            self._walks[row.numbers] = limit.begin()
        return self._walks[row.numbers]

    def goes_on(self, row: Row, token: int) -> bool:
        """Give the row its token and say whether another one follows."""
        settings = self._settings
        row.generated += 1
        if token in settings.stop_ids:
            row.reason = "stop"
            return False
        row.tokens.append(token)
        if settings.stop is not None:
            row.cut = settings.stop.found_in(row.tokens)
        if row.cut is not None or (settings.constraint is not None and self._only_way(row, token)):
            row.reason = "stop"
            return False
        return row.generated < settings.max_new_tokens

    def _only_way(self, row: Row, token: int) -> bool:
        """Advance in the constraint; where nothing is left to choose, give the row the rest."""
        walk = self._walk(row)
        walk.advance(token)
        rest = walk.only_way()
        if rest is None:
            return False
        row.tokens += rest[:-1]
        row.generated += len(rest)
        return True
