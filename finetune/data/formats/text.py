"""The text of a data file: UTF-8, UTF-16 with its mark, or Windows-1252, which is said; else an error that says where.

    read_text(Path("a.csv"))  ─▶  Text("question,answer\\n2+2?,4\\n")    # no byte-order mark, line ends as they are

Windows-1252 (which holds the letters of Latin-1) is taken only where no byte speaks for UTF-8: a file that is UTF-8
here and something else there is damaged, and is refused.

*Not here:* packed files (packed) and what the text means (delimited, json_list, json_lines).
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from lfine.finetune.data.formats.packed import open_bytes, read_bytes
from lfine.finetune.data.formats.rows import otherwise, unreadable
from lfine.finetune.data.wording import counted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

_Found = TypeVar("_Found")

_TO_UTF8 = "save it as UTF-8, for instance: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UNDECODED = re.compile("[\udc80-\udcff]")
_DECODED = re.compile("[^\0-\x7f\udc80-\udcff]")
_LETTER = re.compile(r"[^\W\d_]")
FEWEST_LETTERS, MOST_ACCENTED = 20, 0.3
"""Letters beyond ASCII from which their share counts; above that share a text is hardly western (French: 0.04)."""
_ZIP = b"PK\x03\x04"
_HEAD, UTF16_SHARE = 2**12, 0.5
"""Characters that are looked at, and the share of them beyond which a NUL in each means UTF-16."""
UTF8_SHARE = 0.1
"""Characters that are good UTF-8 for each byte that is not, above which the file is UTF-8 with damage."""


@dataclass(frozen=True)
class Text:
    """A file's text."""

    text: str
    warnings: tuple[Problem, ...] = ()
    """LF330 where it is not UTF-8."""


def read_text(path: Path) -> Text:
    """Return the whole file; raises TaskError (LF302) with the line of what is no text."""
    data = read_bytes(path)
    if data.startswith(_UTF16_MARKS):
        return _utf16(path, data)
    nul = data.find(b"\0")
    if nul >= 0:
        _check_unmarked(path, data)
        if data.startswith(_ZIP):
            raise unreadable(
                path, "the file is no text but a zip archive, as .xlsx is one", "name it .xlsx, or unpack it"
            )
        line = _line_of(data, nul)
        raise unreadable(path, "the file holds a NUL byte: it is damaged or no text", "write the file anew", line=line)
    try:
        return Text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _windows(path, error.object, error.start)  # the error's own bytes begin after a byte-order mark


def from_head(path: Path, read: Callable[[TextIO], _Found], *, newline: str) -> _Found:
    """Return what `read` finds at the beginning of the text, decoding no more of it than `read` takes."""
    try:
        with open_bytes(path) as file:
            encoding = "utf-16" if file.peek(2)[:2] in _UTF16_MARKS else "utf-8-sig"
            return read(io.TextIOWrapper(file, encoding, newline=newline))
    except UnicodeDecodeError:
        return read(io.StringIO(read_text(path).text, newline=newline))


def _check_unmarked(path: Path, data: bytes) -> None:
    """Raise what is wrong with UTF-16 without its mark: there every other byte of a western text is NUL."""
    for name, first in (("UTF-16LE", 1), ("UTF-16BE", 0)):
        head = data[: 2 * _HEAD]
        if head[first::2].count(0) > UTF16_SHARE * len(head[first::2]) and not head[1 - first :: 2].count(0):
            message = "every other byte of the file is NUL: it is UTF-16 without the mark that says so"
            raise unreadable(path, message, _TO_UTF8.replace("WINDOWS-1252", name), line=1)


def _utf16(path: Path, data: bytes) -> Text:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        line = data[: error.start].decode("utf-16", "ignore").count("\n") + 1
        raise unreadable(path, f"the file is not UTF-16: {error.reason} on line {line}", _TO_UTF8, line=line) from error
    nul = text.find("\0")
    if nul >= 0:
        message = "the file holds a NUL character: it is damaged or no text"
        raise unreadable(path, message, "write the file anew", line=text.count("\n", 0, nul) + 1)
    return Text(
        text, (otherwise(path, "the file is UTF-16, and is read so", _TO_UTF8.replace("WINDOWS-1252", "UTF-16")),)
    )


def _windows(path: Path, data: bytes, offset: int) -> Text:
    """Read as Windows-1252 what cannot be UTF-8, unless the bytes speak against that too."""
    marked = data.decode("utf-8", "surrogateescape")  # a byte that is no UTF-8 becomes a surrogate of its own
    bad, good = len(_UNDECODED.findall(marked)), len(_DECODED.findall(marked))
    if good > UTF8_SHARE * bad:
        raise _not_utf8(path, data, offset, f"and {counted(good, 'other character')} of it are UTF-8")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _not_utf8(path, data, error.start, "which Windows-1252 does not have either") from error
    letters = _LETTER.findall(text)
    accented = sum(not letter.isascii() for letter in letters)
    if accented >= FEWEST_LETTERS and accented > MOST_ACCENTED * len(letters):
        reason = f"and as Windows-1252 {accented} of its {len(letters)} letters would be accented ones"
        raise _not_utf8(path, data, offset, reason)
    line = _line_of(data, offset)
    word = re.split(r"[\s,;\t|]", text[:offset])[-1] + re.split(r"[\s,;\t|]", text[offset:])[0]
    message = f"the file is not UTF-8, and is read as Windows-1252: {word[-60:]!r} on line {line}"
    return Text(text, (otherwise(path, message, _TO_UTF8, line=line),))


def _not_utf8(path: Path, data: bytes, offset: int, reason: str) -> TaskError:
    line = _line_of(data, offset)
    message = f"the file is not UTF-8: byte 0x{data[offset]:02x} on line {line}, {reason}"
    return unreadable(path, message, _TO_UTF8.replace("WINDOWS-1252", "ITS-ENCODING"), line=line)


def _line_of(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
