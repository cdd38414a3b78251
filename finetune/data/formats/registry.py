"""Which module reads a file, by the suffix of its name.

    read_columns(Path("a.csv.gz")) ─▶ finetune/data/formats/delimited.py ─▶ ("question", "answer")

A new format is one module with `read_rows` and `read_columns`, and one line in MODULES.

*Not here:* the hub (lfine.finetune.data.formats.hub), which is not a file.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

from lfine.finetune.data.formats.names import bare_columns, bare_names
from lfine.finetune.data.formats.packed import PACKINGS, data_suffix, is_packed
from lfine.finetune.data.formats.rows import Rows, unreadable
from lfine.finetune.data.places import Place, unplaced
from lfine.schemas.errors import TaskError
from lfine.schemas.suggestions import closest

MODULES = {
    ".arrow": "arrow_file",
    ".csv": "delimited",
    ".feather": "arrow_file",
    ".json": "json_list",
    ".jsonl": "json_lines",
    ".ndjson": "json_lines",
    ".parquet": "parquet",
    ".tsv": "delimited",
    ".xlsx": "xlsx",
}
"""Suffix → module of this package."""
TEXTS = frozenset({".csv", ".json", ".jsonl", ".ndjson", ".tsv"})
"""Formats that may be packed as well: their name goes on with .gz or .zst."""
WORKBOOKS = frozenset({".xlsx"})
"""Formats of several sheets."""
LINES = TEXTS - {".json"}
"""Formats of a row on each line, of which --skip-bad-rows can leave some out."""


class Format(Protocol):
    """What a format's module offers."""

    def read_rows(self, path: Path) -> Rows:
        """Return the whole file; raises TaskError with file and line, MachineError for a missing library."""

    def read_columns(self, path: Path) -> tuple[str, ...]:
        """Return the names of the columns, reading no more of the file than that takes."""


class LineFormat(Protocol):
    """What the module of a format of lines offers in its place."""

    def read_rows(self, path: Path, *, skip_bad_rows: int) -> Rows:
        """Return the whole file but for so many lines that are no rows; raises as Format does for more."""

    def read_columns(self, path: Path, *, skip_bad_rows: int) -> tuple[str, ...]:
        """Return the names of the columns; raises as read_rows does, for the lines that it reads."""


class Workbook(Protocol):
    """What the module of a format with sheets offers besides."""

    def read_sheet(self, path: Path, sheet: str | int | None, *, place: Place) -> Rows:
        """Return the rows of one sheet; raises TaskError (LF332) at `dataset.sheet` where there is none such."""

    def read_sheet_columns(self, path: Path, sheet: str | int | None, *, place: Place) -> tuple[str, ...]:
        """Return the names of the columns of one sheet; raises as read_sheet does."""

    def sheet_names(self, path: Path) -> tuple[str, ...]:
        """Return the names of all sheets, in their order."""


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of a workbook's sheets; none for a file of another format. Raises as read_rows does."""
    if data_suffix(path) not in WORKBOOKS:
        return ()
    return cast(Workbook, _module_of(path, None, unplaced)).sheet_names(path)


def is_data_name(name: str) -> bool:
    """Tell whether a file of this name would be read."""
    path = Path(name)
    suffix = data_suffix(path)
    return suffix in TEXTS if is_packed(path) else suffix in MODULES


def read_rows(path: Path, *, sheet: str | int | None = None, skip_bad_rows: int = 0, place: Place = unplaced) -> Rows:
    """Return all rows of the file; raises TaskError (LF302, LF332) or MachineError (LF401).

    `skip_bad_rows`: lines that are no rows and may be left out, in formats of a row on each line.
    """
    module = _module_of(path, sheet, place)
    try:
        if data_suffix(path) in WORKBOOKS:
            rows = cast(Workbook, module).read_sheet(path, sheet, place=place)
        elif data_suffix(path) in LINES:
            rows = cast(LineFormat, module).read_rows(path, skip_bad_rows=skip_bad_rows)
        else:
            rows = cast(Format, module).read_rows(path)
    except OSError as error:
        raise _unopened(path, error) from error
    return bare_names(path, rows)


def read_columns(
    path: Path, *, sheet: str | int | None = None, skip_bad_rows: int = 0, place: Place = unplaced
) -> tuple[str, ...]:
    """Return the names of the file's columns; raises TaskError (LF302, LF332) or MachineError (LF401)."""
    module = _module_of(path, sheet, place)
    try:
        if data_suffix(path) in WORKBOOKS:
            columns = cast(Workbook, module).read_sheet_columns(path, sheet, place=place)
        elif data_suffix(path) in LINES:
            columns = cast(LineFormat, module).read_columns(path, skip_bad_rows=skip_bad_rows)
        else:
            columns = cast(Format, module).read_columns(path)
    except OSError as error:
        raise _unopened(path, error) from error
    return bare_columns(path, columns)


def _module_of(path: Path, sheet: str | int | None, place: Place) -> object:
    if not is_data_name(path.name):
        raise _unknown_suffix(path)
    if sheet is not None and data_suffix(path) not in WORKBOOKS:
        message = f"only an .xlsx file has sheets, and {path.name!r} is none"
        raise TaskError(place("LF332", "dataset.sheet", message, "remove dataset.sheet"))
    return importlib.import_module(f"lfine.finetune.data.formats.{MODULES[data_suffix(path)]}")


def _unknown_suffix(path: Path) -> Exception:
    known = ", ".join(sorted(MODULES))
    if is_packed(path) and data_suffix(path) in MODULES:
        message = f"only text formats are read from a {path.suffix} file, got {path.name!r}"
        return unreadable(path, message, "unpack it: this format is compressed inside")
    got = f"the suffix {path.suffix!r}" if path.suffix else "no suffix"
    likely = closest(path.suffix, MODULES)
    cure = f"name the file {path.stem}{likely}" if likely else "convert the file"
    packings = " and ".join(PACKINGS)
    return unreadable(path, f"the name of a data file ends in one of {known} (texts also {packings}), got {got}", cure)


def _unopened(path: Path, error: OSError) -> Exception:
    return unreadable(path, f"the file cannot be read: {error.strerror or error}", "check its permissions and the disk")
