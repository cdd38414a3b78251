"""Columns that teach nothing: all cells equal, or each row's own number.

    {"source": "web"} in every row        constant-columns
    {"id": 1}, {"id": 2}, {"id": 3} …     id-like-columns

A note for a column that stands beside; a warning where the prompt shows it.

*Not here:* guessing input and answer (…guessing).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lfine.finetune.data.check.records import Finding
from lfine.finetune.data.check.subject import Subject
from lfine.finetune.data.values import text_of
from lfine.finetune.data.wording import listed
from lfine.schemas.errors import TaskError

FEW = 20
"""Rows below which a column's cells may be all different, or all equal, by chance."""
_ID = re.compile(r"[\w:./-]{1,64}")
_ID_NAME = re.compile(r"(^|[_\W])(id|ids|idx|index|uuid|guid|key|hash)($|[_\W\d])|[a-z]I[dD]$", re.IGNORECASE)


def useless_columns(subject: Subject) -> Iterator[Finding]:
    """Find both kinds in one pass: rows may be read from disk."""
    if len(subject.rows) < FEW:
        return
    looked_at = [_Looked(name) for name in subject.columns if name != subject.output_column]
    open_ones = looked_at
    for row in subject.rows:
        for column in open_ones:
            column.look(row[column.name])
        open_ones = [column for column in open_ones if column.constant or column.id_like]
        if not open_ones:
            break
    equal = [column.name for column in looked_at if column.constant]
    what, cure = "the same cell in every row", "remove it from the prompt"
    yield from _of_columns(subject, equal, name="constant-columns", what=what, cure=cure)
    different = [column.name for column in looked_at if column.id_like]
    what = "another number or name in every row"
    cure = "remove it from the prompt: a model can only learn it by heart"
    yield from _of_columns(subject, different, name="id-like-columns", what=what, cure=cure)


class _Looked:
    """What a column can still be after the cells seen so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.constant = self.id_like = True
        self._numbered = _ID_NAME.search(name) is not None
        self._first: str | None = None
        self._seen: set[str] = set()

    def look(self, value: object) -> None:
        text = _text(value)
        self._first = text if self._first is None else self._first
        self.constant = self.constant and text is not None and text == self._first
        self.id_like = self.id_like and text is not None and text not in self._seen and self._like(value, text)
        if text is not None and self.id_like:
            self._seen.add(text)
        elif self._seen:
            self._seen = set()  # a million texts that are not needed any more

    def _like(self, value: object, text: str) -> bool:
        """Return whether it is a short name without blanks; without digits it takes a telling column name."""
        if isinstance(value, float) or _ID.fullmatch(text) is None:
            return False
        return self._numbered or any(character.isdigit() for character in text)


def _of_columns(subject: Subject, found: list[str], *, name: str, what: str, cure: str) -> Iterator[Finding]:
    shown = [column for column in found if column in subject.input_columns]
    for column in shown:
        yield Finding(name, "warning", f"column {column!r} of the prompt has {what}", cure, column=column)
    beside = [repr(column) for column in found if column not in shown]
    if beside:
        message = f"{'column' if len(beside) == 1 else 'columns'} {listed(beside)}: {what}"
        yield Finding(name, "note", message, "nothing to do: the prompt does not show it", column=found[0])


def _text(value: object) -> str | None:
    """Return the cell as text; None for what has none."""
    try:
        return text_of(value)
    except TaskError:
        return None
