"""One row as an example: the texts that the prompt template needs, and the answer.

    Example(row_id=7, values={"premise": "A dog.", "hypothesis": "An animal."}, answer="entailment")

*Not here:* filling the template (lfine.schemas.template) and tokens (lfine.finetune.compile).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import answer_of, text_of
from lfine.finetune.data.wording import column_cure
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class Example:
    """One row, ready for the template."""

    row_id: int
    """0-based position of the row in the data as read."""
    values: dict[str, str]
    """Column → text, for the template's columns."""
    answer: str
    """Without white space around it; empty where the rows have no answers (new rows to predict)."""


def examples(
    table: Table,
    row_ids: Iterable[int],
    template_columns: Sequence[str],
    output_column: str | None,
    *,
    place: Place = unplaced,
) -> tuple[Example, ...]:
    """Return the rows as examples in the order of `row_ids`; raises TaskError (LF201) for missing columns."""
    missing = [column for column in template_columns if column not in table.columns]
    problems = [_missing("prompt.template", column, table, place) for column in missing]
    if output_column is not None and output_column not in table.columns:
        problems.append(_missing("output_feature.name", output_column, table, place))
    if problems:
        raise TaskError(*problems)
    return tuple(_example(table, row_id, template_columns, output_column) for row_id in row_ids)


def _missing(key: str, column: str, table: Table, place: Place) -> Problem:
    return place("LF201", key, f"the data have no column {column!r}", column_cure(column, table.columns))


def _example(table: Table, row_id: int, template_columns: Sequence[str], output_column: str | None) -> Example:
    row = table.rows[row_id]
    answer = "" if output_column is None else answer_of(row[output_column])
    return Example(row_id, {column: text_of(row[column]) for column in template_columns}, answer)
