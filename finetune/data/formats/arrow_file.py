"""Arrow IPC files and streams, Feather among them, read by pyarrow.

    rows.arrow  ─▶  ({"question": "2+2?", "answer": 4}, …)      # what `datasets` keeps in its cache and `save_to_disk`

A file begins with `ARROW1` and ends with its index; a stream has neither, and ends with a mark of its own.

*Not here:* parquet, and Feather of version 1 (written before 2020).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.arrow_tables import columns_of_schema, damaged, rows_of
from lfine.finetune.data.formats.rows import Rows, unreadable

_Found = TypeVar("_Found")
_FILE_MARK = b"ARROW1"
_END_MARK = b"\0\0\0\0"
"""The last bytes of a stream: the length of a message that does not follow."""


def read_rows(path: Path) -> Rows:
    """Return all rows; raises TaskError (LF302) for a damaged file, MachineError (LF401) without pyarrow."""

    def read(reader: Any) -> Rows:
        return rows_of(path, reader.read_all())

    return _opened(path, read)


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the names in the schema: no row is read."""

    def read(reader: Any) -> tuple[str, ...]:
        return columns_of_schema(path, reader.schema)

    return _opened(path, read)


def _opened(path: Path, read: Callable[[Any], _Found]) -> _Found:
    arrow, ipc = load("pyarrow", reader="arrow files"), load("pyarrow.ipc", reader="arrow files")
    with path.open("rb") as file:
        is_file = file.read(len(_FILE_MARK)) == _FILE_MARK
    if not is_file:
        _check_end(path)
    try:
        with arrow.memory_map(str(path)) as source, (ipc.open_file if is_file else ipc.open_stream)(source) as reader:
            return read(reader)
    except (arrow.ArrowException, OSError, OverflowError, ValueError) as error:
        raise damaged(path, "arrow", error) from error


def _check_end(path: Path) -> None:
    """A stream that is cut between two batches would be read as a shorter one."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_END_MARK)))
        if file.read() == _END_MARK:
            return
    message = "the file is no arrow file, or a stream that is cut short: the mark of its end is missing"
    raise unreadable(path, message, "write the file anew")
