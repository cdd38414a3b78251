"""Columns of an arrow table, typed where one type gives every value back, else as text.

    arrow_table(Rows(("n", "x"), ({"n": 1, "x": [1]}, {"n": 2, "x": {"a": 1}})))
      ─▶  n: int64; x: string ("[1]", '{"a": 1}'), for a list and an object have no common type

A column has one type, and the objects of a column have the same keys: where that would change what the task language
sees of a value (1 beside 2.5 would become 1.0, an absent key a null), its values are written as their texts.

*Not here:* files (parquet, arrow_file).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.values import text_of
from lfine.finetune.data.writing.rewritten import Rewritten, as_text, by_column, tally


def arrow_table(rows: Rows) -> tuple[Any, tuple[Rewritten, ...]]:
    """Return the table, and what of it is written in another form; raises MachineError (LF401) without pyarrow."""
    arrow = load("pyarrow", reader="parquet and arrow files")
    columns: dict[str, Any] = {}
    said: list[Rewritten] = []
    for name, values in by_column(rows).items():
        typed = _typed(arrow, values)
        if typed is None:
            others = [value for value in values if value is not None and not isinstance(value, str)]
            said += tally(name, map(as_text, others))
            typed = arrow.array([None if value is None else text_of(value) for value in values], arrow.string())
        columns[name] = typed
    return arrow.table(columns), tuple(said)


def _typed(arrow: Any, values: Sequence[object]) -> Any | None:
    """Return the values as one array; None where they have no common type, or would not come back."""
    try:
        made = arrow.array(values)
    except (arrow.ArrowException, OverflowError, TypeError, ValueError):
        return None
    if arrow.types.is_null(made.type):
        return made.cast(arrow.string())
    if _is_empty_struct(arrow, made.type):
        return None  # parquet has no objects without keys
    same = all(text_of(one) == text_of(other) for one, other in zip(values, made.to_pylist(), strict=True))
    return made if same else None


def _is_empty_struct(arrow: Any, kind: Any) -> bool:
    if arrow.types.is_struct(kind) and kind.num_fields == 0:
        return True
    return any(_is_empty_struct(arrow, kind.field(number).type) for number in range(kind.num_fields))
