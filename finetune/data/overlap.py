"""Rows to score that read like a training row: the model has learned their answers.

    split_overlap(training_examples, test_examples, split="test", place=loaded.problem)
      ─▶  (LF323 "2 of 1083 test rows read like a training row: 5107, 5110 …",)

Two rows read alike when the columns of the prompt and the answer are equal to the letter: an id or a date beside them
does not tell them apart for the model. `input_hash` says the same of the prompt alone, in 8 bytes that a run can keep.

*Not here:* dividing rows so that this does not happen (lfine.finetune.data.divisions).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.finetune.data.pairs import Example
from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.values import content_hash
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.problems import Problem
from lfine.schemas.task import SplitName

SPLIT = "preprocessing.split"


def split_overlap(
    training: Sequence[Example], held_out: Sequence[Example], *, split: SplitName, place: Place = unplaced
) -> tuple[Problem, ...]:
    """Return a warning with the held-out rows that read like a training row, nothing where there is none."""
    asked: dict[tuple[object, ...], list[int]] = {}  # the smaller side in memory, the larger one row by row
    for example in held_out:
        asked.setdefault(reading(example), []).append(example.row_id)
    learned = {seen for seen in map(reading, training) if seen in asked}
    rows = sorted(row for seen in learned for row in asked[seen])
    if not rows:
        return ()
    share = f"{len(rows)} of {counted(len(held_out), f'{split} row')}"
    verb = "reads" if len(rows) == 1 else "read"
    message = f"{share} {verb} like a training row, prompt and answer: row {listed(rows)} (counted from 0)"
    cure = "remove the copies from one side, or let `preprocessing.split` divide the rows by group"
    cure += " (by hash only where all columns of the copies are equal)"
    return (as_warning(place("LF323", SPLIT, message, cure)),)


def reading(example: Example) -> tuple[object, ...]:
    """Return what the model would see of a row, as a key: the prompt's columns and the answer, or the conversation."""
    if example.turns is not None:
        return tuple((turn.role, turn.content) for turn in example.turns)
    return (*sorted(example.values.items()), example.answer)


def input_hash(example: Example) -> bytes:
    """Return 8 bytes of what the model is asked: the prompt's columns, or the turns before the last answer.

    Of a million rows two unequal ones have one hash with a chance of 3 in 100 million.
    """
    values: dict[str, object] = dict(example.values)
    if example.turns is not None:
        last = max((at for at, turn in enumerate(example.turns) if turn.role == "assistant"), default=0)
        values = {f"{at:06}": f"{turn.role}\n{turn.content}" for at, turn in enumerate(example.turns[:last])}
    return content_hash(values, values, 0)[:8]
