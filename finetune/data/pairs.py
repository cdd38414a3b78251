"""One row as an example: the texts that the prompt template needs, and the answer; or a whole conversation.

    Example(row_id=7, values={"premise": "A dog.", "hypothesis": "An animal."}, answer="entailment")
    Example(row_id=8, values={}, answer="hello", turns=(Turn("user", "hi", None), Turn("assistant", "hello", None)))

*Not here:* filling the template (lfine.schemas.template) and tokens (lfine.finetune.compile).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from lfine.finetune.data.conversations import ConversationError, Turn, conversation_of
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import answer_of, text_of
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

_MESSAGES = "prompt.messages"


@dataclass(frozen=True)
class Example:
    """One row, ready for the template."""

    row_id: int
    """0-based position of the row in the data as read."""
    values: dict[str, str]
    """Column → text, for the template's columns."""
    answer: str
    """Without white space around it; empty where the rows have no answers (new rows to predict). Of a conversation: the
    last turn of the assistant, which is what is scored."""
    turns: tuple[Turn, ...] | None = None
    """The conversation, whole; None: a template's row."""


class Examples(Sequence[Example]):
    """Examples that are made when they are asked for: a million of them would fill a gigabyte."""

    def __init__(self, row_ids: Sequence[int], make: Callable[[int], Example]) -> None:
        """`make` returns the example of a row id."""
        self.row_ids = row_ids
        self._make = make

    def __len__(self) -> int:
        return len(self.row_ids)

    @overload
    def __getitem__(self, at: int) -> Example: ...
    @overload
    def __getitem__(self, at: slice) -> Examples: ...
    def __getitem__(self, at: int | slice) -> Example | Examples:
        if isinstance(at, slice):
            return Examples(self.row_ids[at], self._make)
        return self._make(self.row_ids[at])

    def __iter__(self) -> Iterator[Example]:
        return map(self._make, self.row_ids)

    def chosen(self, places: Iterable[int]) -> Examples:
        """Return the examples at these places."""
        return Examples(array("q", (self.row_ids[place] for place in places)), self._make)


def chosen(rows: Sequence[Example], places: Sequence[int]) -> Sequence[Example]:
    """Return the examples at these places; those that are made when asked for stay so."""
    return rows.chosen(places) if isinstance(rows, Examples) else [rows[place] for place in places]


def row_ids_of(rows: Sequence[Example]) -> Sequence[int]:
    return rows.row_ids if isinstance(rows, Examples) else array("q", (row.row_id for row in rows))


def examples(
    table: Table,
    row_ids: Iterable[int],
    template_columns: Sequence[str],
    output_column: str | None,
    *,
    messages_column: str | None = None,
    place: Place = unplaced,
) -> tuple[Example, ...]:
    """Return the rows as examples in the order of `row_ids`; raises TaskError (LF201) for missing columns.

    With `messages_column` rows are conversations, and the other columns are not looked at; then it raises LF333 too,
    for cells that are no conversation with an answer, with the rows of each mistake.
    """
    found = lazy_examples(
        table, [*row_ids], template_columns, output_column, messages_column=messages_column, place=place
    )
    return tuple(found)


def lazy_examples(
    table: Table,
    row_ids: Sequence[int],
    template_columns: Sequence[str],
    output_column: str | None,
    *,
    messages_column: str | None = None,
    place: Place = unplaced,
) -> Examples:
    """Return what `examples` returns, checked in the same way, each one made when it is asked for."""
    if messages_column is not None:
        return _conversations(table, row_ids, messages_column, place)
    missing = [column for column in template_columns if column not in table.columns]
    problems = [_missing("prompt.template", column, table, place) for column in missing]
    if output_column is not None and output_column not in table.columns:
        problems.append(_missing("output_feature.name", output_column, table, place))
    if problems:
        raise TaskError(*problems)
    return Examples(row_ids, lambda row_id: _example(table, row_id, template_columns, output_column))


def _conversations(table: Table, row_ids: Sequence[int], column: str, place: Place) -> Examples:
    if column not in table.columns:
        raise TaskError(_missing(_MESSAGES, column, table, place))
    refused: dict[str, list[int]] = {}
    for row_id in row_ids:
        try:
            conversation_of(table.rows[row_id][column])
        except ConversationError as error:
            refused.setdefault(str(error), []).append(row_id)
    if refused:
        cure = "mend or remove the rows (counted from 0)"
        each = [f"{reason}: {counted(len(rows), 'row')}: {listed(rows)}" for reason, rows in refused.items()]
        raise TaskError(*[place("LF333", _MESSAGES, f"column {column!r}: {one}", cure) for one in each])
    return Examples(row_ids, lambda row_id: _conversation(table, row_id, column))


def _conversation(table: Table, row_id: int, column: str) -> Example:
    turns = conversation_of(table.rows[row_id][column])
    answers = [turn.content for turn in turns if turn.role == "assistant"]
    return Example(row_id, {}, answers[-1].strip(), turns)


def _missing(key: str, column: str, table: Table, place: Place) -> Problem:
    return place("LF201", key, f"the data have no column {column!r}", column_cure(column, table.columns))


def _example(table: Table, row_id: int, template_columns: Sequence[str], output_column: str | None) -> Example:
    row = table.rows[row_id]
    answer = "" if output_column is None else answer_of(row[output_column])
    return Example(row_id, {column: text_of(row[column]) for column in template_columns}, answer)
