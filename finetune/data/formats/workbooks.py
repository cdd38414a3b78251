"""A look at the parts of an XLSX workbook before a reader opens it: what would fill the memory, what it would not say.

    inspect(Path("a.xlsx"))  ─▶  Findings(errors=1, uncomputed=0)

A reader makes room for every cell between the first and the last one: two cells in opposite corners are 17,179,869,184.
Cells that hold an error (#N/A) and formulas that were never computed come out of it as empty, in silence.

*Not here:* the values (xlsx).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.formats.packed import FREE_SIZE, MOST_RATIO
from lfine.finetune.data.formats.rows import unreadable

MOST_CELLS = 50_000_000
"""Cells of a sheet, empty ones too: 32 bytes each in the reader, 1.6 GB."""
_LOCKED = b"\xd0\xcf\x11\xe0"
"""How a compound file begins: a workbook that is encrypted, or of the time before XLSX."""
_CHUNK = 2**22
_OVERLAP = 2**10
"""Bytes of a chunk that are looked at again with the next: more than one cell's tags take."""
_CELL = re.compile(rb'\br="([A-Za-z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb'[<:]row\b[^>]*?\br="(\d{1,7})"')
_ERROR = re.compile(rb'\bt="e"')
_UNCOMPUTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>")


@dataclass(frozen=True)
class Findings:
    """What the workbook's values will not show."""

    errors: int
    """Cells that hold an error."""
    uncomputed: int
    """Formulas without a value."""


def inspect(path: Path) -> Findings:
    """Return what is found in all sheets; raises TaskError (LF302) for what is no workbook, or too large unpacked."""
    with path.open("rb") as file:
        if file.read(len(_LOCKED)) == _LOCKED:
            message = "the workbook is locked with a password, or of the format before .xlsx"
            raise unreadable(path, message, "save it as .xlsx without a password")
    errors = uncomputed = 0
    try:
        with zipfile.ZipFile(path) as book:
            _check_size(path, book)
            for part in book.infolist():
                if part.filename.lower().startswith("xl/worksheets/") and part.filename.lower().endswith(".xml"):
                    found = _scan(path, book, part)
                    errors, uncomputed = errors + found.errors, uncomputed + found.uncomputed
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        message = f"the file is no xlsx workbook: {str(error).partition(chr(10))[0].rstrip('.').lower()}"
        raise unreadable(path, message, "save it anew as .xlsx, or as .csv") from error
    return Findings(errors, uncomputed)


def _check_size(path: Path, book: zipfile.ZipFile) -> None:
    size = sum(part.file_size for part in book.infolist())
    if size > max(FREE_SIZE, MOST_RATIO * path.stat().st_size):
        message = f"the workbook holds {size // 2**20} MB, over {MOST_RATIO} times its packed size"
        raise unreadable(path, message, "save the sheet as .csv")


def _scan(path: Path, book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Findings:
    last_row, last_column, errors, uncomputed = 0, 0, 0, 0
    for text, fresh in _chunks(book, part):
        cells = _CELL.findall(text)
        letters = {letters for letters, _ in cells}
        rows = {number for _, number in cells} | set(_ROW.findall(text))
        last_row = max(last_row, max(map(int, rows), default=0))
        last_column = max(last_column, max(map(_column, letters), default=0))
        errors += sum(match.end() > fresh for match in _ERROR.finditer(text))
        uncomputed += sum(match.end() > fresh for match in _UNCOMPUTED.finditer(text))
    if last_row * last_column > MOST_CELLS:
        message = f"a sheet reaches to row {last_row} and column {last_column}: {last_row * last_column:,} cells"
        cure = "delete the cells far from the data (Ctrl+End shows the last one), or save the sheet as .csv"
        raise unreadable(path, f"{message}, more than {MOST_CELLS:,}", cure)
    return Findings(errors, uncomputed)


def _chunks(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """Yield pieces of a part, each after the end of the one before, and where the new bytes begin."""
    before = b""
    with book.open(part) as file:
        while piece := file.read(_CHUNK):
            yield before + piece, len(before)
            before = (before + piece)[-_OVERLAP:]


def _column(letters: bytes) -> int:
    """Return the number of a column: A is 1, XFD is 16,384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
