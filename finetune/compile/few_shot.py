"""Which training rows stand as examples in every prompt: those with the smallest hash, or those that the task names.

    few_shot_rows(rows, 3, 42) == (512, 7, 90)         the same rows for every model; another seed, other rows
    shown_rows(rows)                                   what `prompt.examples` says
    few_shot_renderer(prepared, (512, 7, 90))          the task's renderer with other examples: a baseline

The rule is that of the held-out sample: only a row's own content and the seed decide its place, so an added row steps
in between and moves no other. Rows that read alike (the same values and answer) are shown once.

*Not here:* how examples are written into a prompt (lfine.finetune.catalogue.rendering).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.data.pairs import Example, chosen
from lfine.finetune.data.values import content_hash
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError

if TYPE_CHECKING:
    from lfine.finetune.compile.prepare import Prepared, PreparedRows

KEY = "prompt.examples"


def shown_rows(rows: PreparedRows) -> tuple[int, ...]:
    """Return the ids of the examples that the task asks for, in the order in which they are shown.

    Raises TaskError: LF340 rows that are not for training, LF341 fewer training rows than asked for.
    """
    asked = rows.task.prompt.examples
    if asked.row_ids is None:
        return few_shot_rows(rows, asked.count, asked.seed)
    training = set(rows.row_ids("train"))
    strangers = [_whose(rows, row_id) for row_id in asked.row_ids if row_id not in training]
    if strangers:
        message = f"only training rows can be shown as examples, and {listed(strangers)}"
        cure = "name training rows, or give only the count"
        raise TaskError(rows.place("LF340", f"{KEY}.row_ids", message, cure))
    return asked.row_ids


def few_shot_rows(rows: PreparedRows, count: int, seed: int, *, key: str = f"{KEY}.count") -> tuple[int, ...]:
    """Return the `count` different training rows with the smallest seeded hash; `key` is where the task asks for them.

    Raises TaskError LF341 where there are fewer.
    """
    if count == 0:
        return ()
    names = rows.splits.content_columns(rows.read)
    training = rows.row_ids("train")
    ordered = sorted(training, key=lambda row_id: (content_hash(rows.read.rows[row_id], names, seed), row_id))
    chosen: dict[str, int] = {}
    for row_id in ordered:
        chosen.setdefault(_reading(rows.examples_of([row_id])[0]), row_id)
        if len(chosen) == count:
            return tuple(chosen.values())
    message = f"{counted(count, 'example')} asked for, and there are {len(chosen)} different rows in the training split"
    raise TaskError(rows.place("LF341", key, message, f"set it to {max(0, len(chosen) - 1)} or less, or add rows"))


def few_shot_renderer(prepared: Prepared, row_ids: Sequence[int]) -> Renderer:
    """Return the task's renderer with these rows as its only examples."""
    prompt = prepared.rows.task.prompt
    return Renderer(
        template=prompt.template,
        system=prompt.system,
        chat=prompt.chat,
        tokenizer=prepared.model.tokenizer,
        shots=prepared.rows.examples_of(row_ids),
        loss_on=prompt.loss_on,
    )


def without_shown(examples: Sequence[Example], shots: Sequence[Example]) -> Sequence[Example]:
    """Return the rows whose answer does not stand in their own prompt: all that read otherwise than every example."""
    if not shots:
        return examples
    shown = {_reading(shot) for shot in shots}
    return chosen(examples, [place for place, example in enumerate(examples) if _reading(example) not in shown])


def _reading(example: Example) -> str:
    """Return a text that two rows share exactly when they read alike."""
    return repr((sorted(example.values.items()), example.answer))


def _whose(rows: PreparedRows, row_id: int) -> str:
    if row_id >= len(rows.splits.names):
        return f"there is no row {row_id} (the last is {len(rows.splits.names) - 1})"
    name = rows.splits.names[row_id]
    return f"row {row_id} is in the {name} split" if name != "train" else f"row {row_id} is not in the sample"
