"""The rows that a guess looks at: all of a file, or the beginning of a large one.

    sample("logs.jsonl") -> Sample(table=Table(…), whole=False, note="logs.jsonl has 2.1 GB: the first 31,204 rows …")

A large file is never read whole: of a text its first megabytes, up to the end of a line outside quotes; of parquet its
first rows. Of a folder or pattern of large files it is the first file.

*Not here:* formats (lfine.finetune.data.formats).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from lfine.finetune.data.extras import load
from lfine.finetune.data.files import find_files
from lfine.finetune.data.formats.arrow_tables import damaged
from lfine.finetune.data.formats.packed import data_suffix
from lfine.finetune.data.formats.registry import LINES
from lfine.finetune.data.formats.rows import unreadable
from lfine.finetune.data.formats.text import from_head
from lfine.finetune.data.tables import Table, file_dataset, read_table
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

LARGE = 64 * 2**20
"""Bytes from which a file is not read whole."""
HEAD = 8 * 2**20
"""Characters of a large text that are read."""
HEAD_ROWS = 20_000
"""Rows of a large parquet file that are read."""


@dataclass(frozen=True)
class Sample:
    """Rows to look at."""

    table: Table
    whole: bool
    """Whether these are all rows of the data."""
    note: str = ""
    """What was read, where it is not all."""


def sample(path: str, *, sheet: str | int | None = None, large: int = LARGE) -> Sample:
    """Return the rows to look at; raises as read_table does."""
    found = find_files(path, Path())
    size = sum(one.path.stat().st_size for one in found)
    first = found[0].path
    suffix = data_suffix(first)
    if size <= large or suffix not in (*LINES, ".parquet"):
        return Sample(read_table(file_dataset(path, sheet=sheet), Path()), whole=True)
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder) / f"head{suffix if suffix in LINES else '.parquet'}"
        if suffix in LINES:
            head.write_text(_lines(first, suffix), encoding="utf-8", newline="")
        else:
            _write_rows(first, head)
        table = _read(head, first)
    named = tuple(replace(one, name=path) for one in table.files)
    what = f"{path} has {_size(size)}{'' if len(found) == 1 else f' in {len(found)} files'}"
    note = f"{what}: the guess is from the first {len(table.rows):,} rows"
    return Sample(replace(table, files=named), whole=False, note=note)


def _read(head: Path, whole: Path) -> Table:
    """Return the rows of a beginning; what is wrong with them is said of the file that they stand in."""
    try:
        return read_table(file_dataset(str(head)), Path())
    except TaskError as error:
        if any(problem.code == "LF301" for problem in error.problems):
            message = f"the first {_size(HEAD)} of the file hold no whole row"
            cure = "give a smaller file with some of the rows; is it of the format that its name says?"
            raise unreadable(whole, message, cure) from error
        raise TaskError(*(_of_whole(problem, head, whole) for problem in error.problems)) from error


def _of_whole(problem: Problem, head: Path, whole: Path) -> Problem:
    file = str(whole) if problem.file == str(head) else problem.file
    return replace(problem, message=problem.message.replace(str(head), str(whole)), file=file)


def _lines(path: Path, suffix: str) -> str:
    """Return the beginning of a text, up to the end of its last whole row."""
    text = from_head(path, lambda file: file.read(HEAD), newline="")
    return text if len(text) < HEAD else text[: _end_of_rows(text, quoted=suffix in (".csv", ".tsv"))]


def _end_of_rows(text: str, *, quoted: bool) -> int:
    """Return where the last whole row ends: behind a line's end, of a table one that no quote marks enclose."""
    end = last = text.rfind("\n")
    marks = text.count('"', 0, max(end, 0))
    while quoted and marks % 2 and end > len(text) // 2:
        nearer = max(text.rfind("\n", 0, end), 0)
        marks -= text.count('"', nearer, end)
        end = nearer
    return (last if quoted and marks % 2 else end) + 1  # odd to the middle: quote marks that are text like any other


def _write_rows(path: Path, head: Path) -> None:
    """Write the first rows of a parquet file to a small one."""
    arrow, parquet = load("pyarrow", reader="parquet files"), load("pyarrow.parquet", reader="parquet files")
    try:
        file = parquet.ParquetFile(path)
        rows = list(islice(file.iter_batches(batch_size=HEAD_ROWS), 1))
        parquet.write_table(arrow.Table.from_batches(rows, file.schema_arrow), head)
    except (arrow.ArrowException, OSError, OverflowError, ValueError) as error:
        raise damaged(path, "parquet", error) from error


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.0f} MB"
