"""Parquet, written by pyarrow: types stand in the file, and columns can be read without its rows.

    ({"question": "2+2?", "answer": 4}, …)  ─▶  rows.parquet, question: string, answer: int64

*Not here:* which type a column has (arrow_columns).
"""

from __future__ import annotations

from typing import IO

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.arrow_columns import arrow_table
from lfine.finetune.data.writing.rewritten import Rewritten


def write(file: IO[bytes], rows: Rows, suffix: str) -> tuple[Rewritten, ...]:  # noqa: ARG001 (all writers take it)
    """Write all rows, compressed by snappy, which every reader knows; MachineError (LF401) without pyarrow."""
    table, said = arrow_table(rows)
    load("pyarrow.parquet", reader="parquet files").write_table(table, file, compression="snappy")
    return said
