"""What a row is judged by besides its gold answer: further right answers, and the texts that its labels stand for.

    texts_of(["Paris", "the city of Paris", None])  →  ("Paris", "the city of Paris")
    texts_of('["Paris", "Lutetia"]')                →  ("Paris", "Lutetia")       # a list as CSV holds it
    texts_of("Paris")                               →  ("Paris",)

*Not here:* scoring against them (lfine.evaluation.metrics); the gold answer itself (lfine.finetune.data.pairs).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from lfine.finetune.data.places import Place
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import answer_of
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError


def texts_of(value: object) -> tuple[str, ...]:
    """Return the texts of a cell: of a list, of JSON that is one, or the one text that it is; blank ones left out."""
    found = value
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = value
    each = found if isinstance(found, list | tuple) else [found]
    return tuple(text for text in map(answer_of, each) if text)


def further_answers(table: Table, row_ids: Sequence[int], column: str, *, place: Place) -> list[tuple[str, ...]]:
    """Return the further right answers of each row; TaskError LF201 for a column that is not there."""
    _check(table, column, "evaluation.references", place)
    return [texts_of(table.rows[row_id][column]) for row_id in row_ids]


def label_texts(
    table: Table, row_ids: Sequence[int], column: str, labels: Sequence[str], *, place: Place
) -> list[tuple[str, ...]]:
    """Return the texts of each row's labels; TaskError LF201, and LF316 for rows without two, or with too many."""
    _check(table, column, "evaluation.choices", place)
    found = [texts_of(table.rows[row_id][column]) for row_id in row_ids]
    most = max(2, len(labels))
    odd = [row_id for row_id, texts in zip(row_ids, found, strict=True) if not 2 <= len(texts) <= most]
    if odd:
        wanted = "2" if most == 2 else f"2 to {most}"
        message = f"column {column!r} holds no list of {wanted} texts in {counted(len(odd), 'row')}: "
        cure = "write a list in each row, one text for each label (rows are counted from 0)"
        raise TaskError(place("LF316", "evaluation.choices", message + listed(odd), cure))
    return found


def _check(table: Table, column: str, path: str, place: Place) -> None:
    if column not in table.columns:
        message = f"{path} is {column!r}, and the data have no such column"
        raise TaskError(place("LF201", path, message, column_cure(column, table.columns)))
