"""Arrow IPC files, Feather of version 2 among them: memory-mapped by whoever reads them, so not compressed.

    ({"question": "2+2?", "answer": 4}, …)  ─▶  rows.arrow, question: string, answer: int64

*Not here:* which type a column has (arrow_columns); streams, which other programs than `datasets` do not expect.
"""

from __future__ import annotations

from typing import IO

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.arrow_columns import arrow_table
from lfine.finetune.data.writing.rewritten import Rewritten


def write(file: IO[bytes], rows: Rows, suffix: str) -> tuple[Rewritten, ...]:  # noqa: ARG001 (all writers take it)
    """Write all rows; MachineError (LF401) without pyarrow."""
    table, said = arrow_table(rows)
    with load("pyarrow.ipc", reader="arrow files").new_file(file, table.schema) as writer:
        writer.write_table(table)
    return said
