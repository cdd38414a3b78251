"""Tables of the arrow library as rows: names checked, bytes refused, the row index of pandas left out.

    pyarrow.table({"q": ["2+2?"], "a": [4]})  ─▶  Rows(columns=("q", "a"), rows=({"q": "2+2?", "a": 4},))

*Not here:* opening files (parquet, arrow_file) and hubs (hub).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import PANDAS_INDEX, Rows, check_names, index_warning, unreadable
from lfine.finetune.data.stored import stored_rows
from lfine.finetune.data.wording import listed
from lfine.schemas.errors import TaskError

BATCH = 4096
"""Rows that are Python objects at one time."""


def rows_of(path: Path, table: Any) -> Rows:
    """Return the rows of a table; raises TaskError (LF302) for its names and columns, and arrow's own errors."""
    names = columns_of_schema(path, table.schema)
    table.validate(full=True)  # offsets and texts: what is damaged inside shows here, not as a wrong value
    chosen = table.select(list(names)).to_batches(max_chunksize=BATCH) if names else []
    rows = stored_rows(names, (row for batch in chosen for row in batch.to_pylist()))
    left_out = [number for number, name in enumerate(table.schema.names, 1) if name in PANDAS_INDEX]
    return Rows(names, rows, tuple(index_warning(path, number) for number in left_out))


def columns_of_schema(path: Path, schema: Any) -> tuple[str, ...]:
    """Return the names of the columns that rows have; raises TaskError (LF302) for names and for columns of bytes."""
    names = tuple(name for name in schema.names if name not in PANDAS_INDEX)
    check_names(path, names)
    binary = binary_columns(schema)
    if binary:
        message = f"columns hold bytes, which no prompt can show: {listed([repr(name) for name in binary])}"
        raise unreadable(path, message, "leave these columns out of the file, or store them as text")
    return names


def binary_columns(schema: Any) -> list[str]:
    """Return the columns of an arrow schema that hold bytes at any depth: pictures, sound."""
    return [field.name for field in schema if _holds_bytes(field.type)]


def damaged(path: Path, form: str, error: Exception) -> TaskError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return unreadable(path, f"the file cannot be read as {form}: {reason}", "write the file anew")


def _holds_bytes(kind: Any) -> bool:
    types = load("pyarrow", reader="data files").types
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return True
    if types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    return any(_holds_bytes(kind.field(number).type) for number in range(kind.num_fields))
