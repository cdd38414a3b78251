"""Which module reads a file, by the suffix of its name.

    read_columns(Path("a.csv")) ─▶ finetune/data/formats/delimited.py ─▶ ("question", "answer")

A new format is one module with `read_rows` and `read_columns`, and one line in MODULES.

*Not here:* the hub (lfine.finetune.data.formats.hub), which is not a file.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

from lfine.finetune.data.formats.rows import Rows, unreadable
from lfine.schemas.suggestions import closest

MODULES = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".json": "json_list",
    ".jsonl": "json_lines",
    ".ndjson": "json_lines",
    ".parquet": "parquet",
}
"""Suffix → module of this package."""


class Format(Protocol):
    """What a format's module offers."""

    def read_rows(self, path: Path) -> Rows:
        """Return the whole file; raises TaskError with file and line, MachineError for a missing library."""

    def read_columns(self, path: Path) -> tuple[str, ...]:
        """Return the names of the columns, reading no more of the file than that takes."""


def read_rows(path: Path) -> Rows:
    """Return all rows of the file; raises TaskError (LF302) or MachineError (LF401)."""
    try:
        return _format_of(path).read_rows(path)
    except OSError as error:
        raise _unopened(path, error) from error


def read_columns(path: Path) -> tuple[str, ...]:
    """Return the names of the file's columns; raises TaskError (LF302) or MachineError (LF401)."""
    try:
        return _format_of(path).read_columns(path)
    except OSError as error:
        raise _unopened(path, error) from error


def _format_of(path: Path) -> Format:
    module = MODULES.get(path.suffix.lower())
    if module is None:
        raise _unknown_suffix(path)
    return cast(Format, importlib.import_module(f"lfine.finetune.data.formats.{module}"))


def _unknown_suffix(path: Path) -> Exception:
    known = ", ".join(sorted(MODULES))
    got = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
    likely = closest(path.suffix, MODULES)
    cure = f"name the file {path.stem}{likely}" if likely else "convert the file"
    return unreadable(path, f"the name of a data file ends in one of {known}, got {got}", cure)


def _unopened(path: Path, error: OSError) -> Exception:
    return unreadable(path, f"the file cannot be read: {error.strerror or error}", "check its permissions and the disk")
