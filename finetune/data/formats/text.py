"""The text of a data file: UTF-8 or an error that says where it is not.

    read_text(Path("a.csv"))  ─▶  "question,answer\\n2+2?,4\\n"    # a byte-order mark is dropped, line ends are kept

*Not here:* what the text means (delimited, json_list, json_lines).
"""

from __future__ import annotations

import codecs
from pathlib import Path

from lfine.finetune.data.formats.rows import unreadable

_TO_UTF8 = "save it as UTF-8, for instance: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"


def read_text(path: Path) -> str:
    """Return the whole file; raises TaskError (LF302) for UTF-16, NUL bytes and bytes that are not UTF-8."""
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise unreadable(path, "the file is UTF-16, not UTF-8", _TO_UTF8.replace("WINDOWS-1252", "UTF-16"))
    nul = data.find(b"\0")
    if nul >= 0:
        line = _line_of(data, nul)
        raise unreadable(path, "the file holds a NUL byte: it is damaged or no text", "write the file anew", line=line)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _line_of(error.object, error.start)  # of the error's own bytes: they begin after a byte-order mark
        message = f"the file is not UTF-8: byte 0x{error.object[error.start]:02x} on line {line}"
        raise unreadable(path, message, _TO_UTF8, line=line) from error


def _line_of(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
