"""Which form the rows of a table have, found out from columns and first rows, and conversations in one form.

    columns ("id", "conversations"), format auto  ─▶  Form("sharegpt", "conversations", "the column `conversations` …")
    {"id": 1, "conversations": [{"from": "human", …}, …]}  ─▶  {…, "messages": [{"role": "user", …}, …]}

An ordinary table stays as it is, and so do `instruction/input/output` and `prompt/completion`: they are tables already.

*Not here:* one conversation (lfine.finetune.data.conversations) and reading rows (lfine.finetune.data.tables).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from lfine.finetune.data.conversations import ConversationError, looks_like, normalised, read_conversation
from lfine.finetune.data.places import Place, as_warning
from lfine.finetune.data.stored import stored_rows
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

Kind = Literal["table", "messages", "sharegpt", "alpaca", "prompt_completion"]
Asked = Literal["auto", "table", "messages", "sharegpt", "alpaca", "prompt_completion"]

MESSAGES = "messages"
"""The column that conversations are put into."""
HEAD = 20
"""Cells of a column that decide whether it holds conversations."""
_KEY = "dataset.format"
_USUAL: dict[Kind, tuple[str, ...]] = {
    "messages": (MESSAGES,),
    "sharegpt": ("conversations", "conversation"),
}
"""Form → names that its column usually has."""
_TABLES: dict[Kind, tuple[str, ...]] = {
    "alpaca": ("instruction", "output"),
    "prompt_completion": ("prompt", "completion"),
}
"""Form → columns that it must have; `input` of alpaca may be absent."""


@dataclass(frozen=True)
class Form:
    """The form of a table's rows."""

    kind: Kind
    column: str | None
    """messages, sharegpt: the column that held the conversations; they are in `messages` now."""
    reason: str
    """Why, in one line."""


@dataclass(frozen=True)
class Formed:
    """Rows in their form."""

    form: Form
    columns: tuple[str, ...]
    rows: Sequence[Row]
    warnings: tuple[Problem, ...]


TABLE = Form("table", None, "columns as they stand")


def in_form(columns: tuple[str, ...], rows: Sequence[Row], asked: Asked, place: Place) -> Formed:
    """Return the rows, conversations as lists of role and content in the column `messages`.

    Raises TaskError with all of: LF334 rows that have not the form asked for, LF333 conversations that make no sense.
    """
    form = form_of(columns, rows, asked, place)
    if form.column is None:
        return Formed(form, columns, rows, ())
    _check_free(form, columns, place)
    named = columns if MESSAGES in columns else (*columns, MESSAGES)
    made, warnings = _conversations(form, named, rows, place)
    return Formed(form, named, made, warnings)


def header_in_form(columns: tuple[str, ...], asked: Asked, place: Place) -> tuple[str, ...]:
    """Return the columns as in_form would, as far as names can tell; raises TaskError (LF334) where they do."""
    likely: Asked = asked
    if asked == "auto" and MESSAGES not in columns and any(name in columns for name in _USUAL["sharegpt"]):
        likely = "sharegpt"
    if likely in _TABLES:
        form_of(columns, (), likely, place)
    made = likely in ("messages", "sharegpt") and MESSAGES not in columns
    return (*columns, MESSAGES) if made else columns


def form_of(columns: Sequence[str], rows: Sequence[Row], asked: Asked, place: Place) -> Form:
    """Return the form that is asked for, or for `auto` the one that columns and first rows have."""
    if asked == "table":
        return TABLE
    if asked == "auto":
        return _found(columns, rows)
    if asked in ("messages", "sharegpt"):
        column = _column(asked, columns, rows, place)
        return Form(asked, column, f"the task says so; the conversations stand in the column `{column}`")
    missing = [repr(name) for name in _TABLES[asked] if name not in columns]
    if missing:
        message = f"rows of the form {asked} have the columns {', '.join(_TABLES[asked])}; missing: {listed(missing)}"
        cure = "write `format: auto`, or name the columns so"
        raise TaskError(place("LF334", _KEY, message, cure))
    return Form(asked, None, "the task says so")


def _found(columns: Sequence[str], rows: Sequence[Row]) -> Form:
    for kind, names in _USUAL.items():
        for name in names:
            pair = _pair(name, rows) if name in columns else None
            if pair is not None:
                found: Kind = "messages" if kind == "messages" and pair[0] == "role" else "sharegpt"
                return Form(found, name, f"the column `{name}` holds turns with `{pair[0]}` and `{pair[1]}`")
    for kind, names in _TABLES.items():
        if all(name in columns for name in names):
            return Form(kind, None, f"the columns {', '.join(f'`{name}`' for name in names)}")
    return TABLE


def _column(kind: Literal["messages", "sharegpt"], columns: Sequence[str], rows: Sequence[Row], place: Place) -> str:
    """Return the column of conversations: by its usual name, else the only one whose cells look like it."""
    names = [name for usual in (_USUAL[kind], *_USUAL.values()) for name in usual if name in columns]
    if names:
        return names[0]
    alike = [name for name in columns if _pair(name, rows) is not None]
    if len(alike) == 1:
        return alike[0]
    got = f"several columns hold some: {listed(alike)}" if alike else f"none of {listed(columns, shown=20)} holds any"
    message = f"rows of the form {kind} have a column of conversations; {got}"
    raise TaskError(place("LF334", _KEY, message, f"name the column `{_USUAL[kind][0]}`, or write `format: auto`"))


def _pair(name: str, rows: Sequence[Row]) -> tuple[str, str] | None:
    """Return the keys of the first of the first cells that looks like a conversation."""
    cells = islice((row[name] for row in rows if row.get(name) not in (None, "")), HEAD)
    return next((pair for cell in cells if (pair := looks_like(cell)) is not None), None)


def _check_free(form: Form, columns: Sequence[str], place: Place) -> None:
    if form.column != MESSAGES and MESSAGES in columns:
        message = f"the conversations of the column {form.column!r} belong into a column `messages`, which is taken"
        cure = "rename that column, or write `format: table` and name the column of conversations in prompt.messages"
        raise TaskError(place("LF334", _KEY, message, cure))


def _conversations(
    form: Form, columns: Sequence[str], rows: Sequence[Row], place: Place
) -> tuple[Sequence[Row], tuple[Problem, ...]]:
    """Return the rows with these columns, conversations in the column `messages`."""
    refused: dict[str, list[int]] = {}
    noted: dict[str, list[int]] = {}

    def each_formed() -> Iterator[Row]:
        for row_id, row in enumerate(rows):
            try:
                found = read_conversation(row[form.column or MESSAGES])
            except ConversationError as error:
                refused.setdefault(str(error), []).append(row_id)
                continue
            for note in found.notes:
                noted.setdefault(note, []).append(row_id)
            yield {**row, MESSAGES: normalised(found.turns)}

    made = stored_rows(columns, each_formed())
    if refused:
        cure = "mend or remove the rows (counted from 0), or write `format: table` to read them as they stand"
        problems = [place("LF333", _KEY, _each(form, reason, ids), cure) for reason, ids in refused.items()]
        raise TaskError(*problems)
    cure = "nothing is left to do if that is what you mean"
    said = [place("LF333", _KEY, _each(form, note, ids), cure) for note, ids in sorted(noted.items())]
    return made, tuple(as_warning(problem) for problem in said)


def _each(form: Form, reason: str, rows: Sequence[int]) -> str:
    return f"column {form.column!r}: {reason}: {counted(len(rows), 'row')}: {listed(rows)}"
