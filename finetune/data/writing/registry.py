"""Rows into a file: by the suffix of its name, whole or not at all, and read back before it takes its place.

    write_rows(Path("rows.xlsx"), rows)  ─▶  (Rewritten("tags", "list", "JSON text", 12),)

Whatever a format cannot hold is written in another form and given back, or refused; that nothing else changed is
checked by reading the file as every later stage will.

*Not here:* the formats (one module each).
"""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, Protocol, cast

from lfine.finetune.data.formats import registry as readers
from lfine.finetune.data.formats.packed import data_suffix, is_packed
from lfine.finetune.data.formats.rows import PANDAS_INDEX, Rows
from lfine.finetune.data.values import text_of
from lfine.finetune.data.wording import listed
from lfine.finetune.data.writing.packed import packing
from lfine.finetune.data.writing.rewritten import Rewritten
from lfine.finetune.data.writing.unheld import UnheldError
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

_OTHER = "write .jsonl or .parquet"
SHOWN = 60
"""Characters of a value in a message."""


class Writer(Protocol):
    """What a format's module offers."""

    def write(self, file: IO[bytes], rows: Rows, suffix: str) -> tuple[Rewritten, ...]:
        """Write all rows and return what has another form; raises UnheldError, MachineError (LF401), OSError."""


def check_target(path: Path, *, force: bool) -> None:
    """Raise TaskError where rows cannot be written to this name: LF302 no format, LF132 a file that exists."""
    if not readers.is_data_name(path.name):
        known = ", ".join(sorted(readers.MODULES))
        message = f"the name of a new data file ends in one of {known} (texts also .gz and .zst), got {path.name!r}"
        raise TaskError(Problem("LF302", message, "give it one of these suffixes", file=str(path)))
    if path.exists() and not force:
        cure = "--force writes over it; or name another"
        raise TaskError(Problem("LF132", "the file exists already", cure, file=str(path)))


def write_rows(path: Path, rows: Rows, *, force: bool = False) -> tuple[Rewritten, ...]:
    """Write the rows and return what of them has another form in the file.

    Raises TaskError (LF132 and LF302 as check_target, LF336 what the format cannot hold), MachineError (LF401 a missing
    library), OSError where the disk will not take it; then nothing has changed on it.
    """
    check_target(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        draft = folder / path.name  # of the same name: it is read back by its suffix
        said = _write(path, draft, rows)
        _check_same(path, rows, _read_back(path, draft))
        draft.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return said


def _write(path: Path, draft: Path, rows: Rows) -> tuple[Rewritten, ...]:
    suffix = data_suffix(path)
    module = importlib.import_module(f"lfine.finetune.data.writing.{readers.MODULES[suffix]}")
    _check_names(path, rows)
    try:
        with draft.open("wb") as file, packing(file, path.suffix.lower() if is_packed(path) else "") as packed:
            said = cast(Writer, module).write(packed, rows, suffix)
        with draft.open("rb+") as written:  # some libraries close what they write to
            os.fsync(written.fileno())
    except UnheldError as error:
        raise unheld(path, error.message, error.cure) from error
    return said


def unheld(path: Path, message: str, cure: str = _OTHER) -> TaskError:
    return TaskError(Problem("LF336", message, cure, file=str(path)))


def _check_names(path: Path, rows: Rows) -> None:
    taken = [name for name in rows.columns if name in PANDAS_INDEX]
    if taken:
        message = f"the column {taken[0]!r} has a name by which readers know the row index of pandas, and leave it out"
        raise unheld(path, message, "rename the column")


def _read_back(path: Path, draft: Path) -> Rows:
    try:
        return readers.read_rows(draft)
    except TaskError as error:
        message = f"the rows cannot be read back from a {data_suffix(path)} file: {error.problems[0].message}"
        raise unheld(path, message) from error


def _check_same(path: Path, rows: Rows, found: Rows) -> None:
    suffix = data_suffix(path)
    if found.columns != rows.columns:
        got = f"{listed(list(found.columns))!s} in place of {listed(list(rows.columns))}" if found.columns else "none"
        raise unheld(path, f"a {suffix} file does not give the columns back: {got}")
    if len(found.rows) != len(rows.rows):
        raise unheld(path, f"a {suffix} file gives {len(found.rows)} rows back, and not {len(rows.rows)}")
    for number, (row, other) in enumerate(zip(rows.rows, found.rows, strict=True)):
        for name in rows.columns:
            one, two = text_of(row[name]), text_of(other[name])
            if one != two:
                message = f"a {suffix} file does not give every value back: row {number} (counted from 0), column"
                raise unheld(path, f"{message} {name!r}: {two[:SHOWN]!r} in place of {one[:SHOWN]!r}")
