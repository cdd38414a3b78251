"""Training answers that `generation.max_new_tokens` leaves no room for.

    answers_without_room(rows.train, 8, place=source.place)
      ─▶  (LF317 "12 training answers are longer than max_new_tokens, 8; the longest has 21",)

*Not here:* deriving max_new_tokens (lfine.finetune.compile.passes), lengths of prompts (lengths.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.finetune.compile.encoded import EncodedExample, counts_of
from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.problems import Problem

PATH = "generation.max_new_tokens"


def answers_without_room(
    encoded: Sequence[EncodedExample], max_new_tokens: int, *, place: Place = unplaced
) -> tuple[Problem, ...]:
    """Return a warning with the rows whose answer has more tokens than may be generated, nothing where all fit.

    The end token needs no room: generation that is full stops by itself.
    """
    counts = counts_of(encoded).longest_answers
    longer = [encoded[place].row_id for place, tokens in enumerate(counts) if tokens - 1 > max_new_tokens]
    if not longer:
        return ()
    longest = max(counts) - 1
    verb = "is" if len(longer) == 1 else "are"
    message = f"{counted(len(longer), 'training answer')} {verb} longer than generation.max_new_tokens, "
    message += f"{max_new_tokens}; the longest has {longest} tokens: row {listed(longer)}"
    return (as_warning(place("LF317", PATH, message, f"write `max_new_tokens: auto`, or {longest} and more")),)
