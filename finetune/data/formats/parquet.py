"""Parquet, read by pyarrow: types come with the file, and columns without its rows.

    viggo.parquet  ─▶  ({"gem_id": "viggo-train-0", "target": "Dirt: Showdown from 2012 …", "split": "train"}, …)

*Not here:* folders of parquet files (lfine.finetune.data.folders).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.arrow_tables import columns_of_schema, damaged, rows_of
from lfine.finetune.data.formats.rows import Rows


def read_rows(path: Path) -> Rows:
    """Return all rows; raises TaskError (LF302) for a damaged file, MachineError (LF401) without pyarrow."""
    arrow, parquet = _libraries()
    columns_of_schema(path, _schema(path))  # before the rows: a column of bytes need not be read to be refused
    try:
        # ParquetFile, not read_table: a folder called `split=train` above the file would become a column
        return rows_of(path, parquet.ParquetFile(path).read())
    except (arrow.ArrowException, OSError, OverflowError, ValueError) as error:
        raise damaged(path, "parquet", error) from error


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the names in the file's schema, which stands at its end: no row is read."""
    return columns_of_schema(path, _schema(path))


def _libraries() -> tuple[Any, Any]:
    return load("pyarrow", reader="parquet files"), load("pyarrow.parquet", reader="parquet files")


def _schema(path: Path) -> Any:
    arrow, parquet = _libraries()
    try:
        return parquet.read_schema(path)
    except FileNotFoundError:
        raise
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise damaged(path, "parquet", error) from error
