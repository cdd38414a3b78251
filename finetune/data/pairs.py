"""One row as an example: the texts that the prompt template needs, and the answer; or a whole conversation.

    Example(row_id=7, values={"premise": "A dog.", "hypothesis": "An animal."}, answer="entailment")
    Example(row_id=8, values={}, answer="hello", turns=(Turn("user", "hi", None), Turn("assistant", "hello", None)))

*Not here:* filling the template (lfine.schemas.template) and tokens (lfine.finetune.compile).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    if messages_column is not None:
        return _conversations(table, row_ids, messages_column, place)
    missing = [column for column in template_columns if column not in table.columns]
    problems = [_missing("prompt.template", column, table, place) for column in missing]
    if output_column is not None and output_column not in table.columns:
        problems.append(_missing("output_feature.name", output_column, table, place))
    if problems:
        raise TaskError(*problems)
    return tuple(_example(table, row_id, template_columns, output_column) for row_id in row_ids)


def _conversations(table: Table, row_ids: Iterable[int], column: str, place: Place) -> tuple[Example, ...]:
    if column not in table.columns:
        raise TaskError(_missing(_MESSAGES, column, table, place))
    found: list[Example] = []
    refused: dict[str, list[int]] = {}
    for row_id in row_ids:
        try:
            turns = conversation_of(table.rows[row_id][column])
        except ConversationError as error:
            refused.setdefault(str(error), []).append(row_id)
            continue
        answers = [turn.content for turn in turns if turn.role == "assistant"]
        found.append(Example(row_id, {}, answers[-1].strip(), turns))
    if refused:
        cure = "mend or remove the rows (counted from 0)"
        each = [f"{reason}: {counted(len(rows), 'row')}: {listed(rows)}" for reason, rows in refused.items()]
        raise TaskError(*[place("LF333", _MESSAGES, f"column {column!r}: {one}", cure) for one in each])
    return tuple(found)


def _missing(key: str, column: str, table: Table, place: Place) -> Problem:
    return place("LF201", key, f"the data have no column {column!r}", column_cure(column, table.columns))


def _example(table: Table, row_id: int, template_columns: Sequence[str], output_column: str | None) -> Example:
    row = table.rows[row_id]
    answer = "" if output_column is None else answer_of(row[output_column])
    return Example(row_id, {column: text_of(row[column]) for column in template_columns}, answer)
