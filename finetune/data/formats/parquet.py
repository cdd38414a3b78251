"""Parquet, read by pyarrow: types come with the file, and columns without its rows.

    viggo.parquet  ─▶  ({"gem_id": "viggo-train-0", "target": "Dirt: Showdown from 2012 …", "split": "train"}, …)

*Not here:* folders of parquet files (name them in dataset.train, .validation, .test, or load them as a hub data set).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import PANDAS_INDEX, Rows, check_names, index_warning, unreadable
from lfine.finetune.data.wording import listed


def read_rows(path: Path) -> Rows:
    """Return all rows; raises TaskError (LF302) for a damaged file, MachineError (LF401) without pyarrow."""
    arrow, parquet = _libraries()
    names = _checked_names(path, _schema(path))
    try:
        # ParquetFile, not read_table: a folder called `split=train` above the file would become a column
        table = parquet.ParquetFile(path).read()
        kept = [name for name in names if name not in PANDAS_INDEX]
        rows = tuple(table.select(kept).to_pylist())
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, error) from error
    left_out = [number for number, name in enumerate(names, 1) if name in PANDAS_INDEX]
    return Rows(tuple(kept), rows, tuple(index_warning(path, number) for number in left_out))


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the names in the file's schema, which stands at its end: no row is read."""
    names = _checked_names(path, _schema(path))
    return tuple(name for name in names if name not in PANDAS_INDEX)


def binary_columns(schema: Any) -> list[str]:
    """Return the columns of an arrow schema that hold bytes at any depth: pictures, sound."""
    return [field.name for field in schema if _holds_bytes(field.type)]


def _libraries() -> tuple[Any, Any]:
    return load("pyarrow", reader="parquet files"), load("pyarrow.parquet", reader="parquet files")


def _schema(path: Path) -> Any:
    arrow, parquet = _libraries()
    try:
        return parquet.read_schema(path)
    except arrow.ArrowException as error:
        raise _damaged(path, error) from error


def _checked_names(path: Path, schema: Any) -> list[str]:
    check_names(path, [name for name in schema.names if name not in PANDAS_INDEX])
    binary = binary_columns(schema)
    if binary:
        message = f"columns hold bytes, which no prompt can show: {listed([repr(name) for name in binary])}"
        raise unreadable(path, message, "leave these columns out of the file, or store them as text")
    return list(schema.names)


def _holds_bytes(kind: Any) -> bool:
    types = load("pyarrow", reader="parquet files").types
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return True
    if types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    return any(_holds_bytes(kind.field(number).type) for number in range(kind.num_fields))


def _damaged(path: Path, error: Exception) -> Exception:
    reason = str(error).partition("\n")[0].rstrip(".")
    return unreadable(path, f"the file cannot be read as parquet: {reason}", "write the file anew")
