"""The bytes of a data file, unpacked where its name ends in .gz or .zst.

    rows.csv.gz  ─▶  b"question,answer\\n2+2?,4\\n"        data_suffix(Path("rows.csv.gz")) == ".csv"

Only text formats are packed so: the others are compressed inside.

*Not here:* what the bytes mean (text, and one module per format).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.rows import unreadable

FREE_SIZE = 256 * 2**20
"""Unpacked bytes that any file may have."""
MOST_RATIO = 100
"""Unpacked bytes for each packed one, above FREE_SIZE: texts reach 3 to 20, a file made to fill the memory 1,000."""


def data_suffix(path: Path) -> str:
    """Return the suffix that says the format, in lower case: `.csv` for `a.CSV.gz`."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in PACKINGS else suffix


def is_packed(path: Path) -> bool:
    return path.suffix.lower() in PACKINGS


@contextmanager
def open_bytes(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """Open what the file holds unpacked; raises TaskError (LF302) while it is read, where it is damaged."""
    if not is_packed(path):
        with path.open("rb") as plain:
            yield plain
        return
    name, unpack = PACKINGS[path.suffix.lower()]
    try:
        with unpack(path) as packed, io.BufferedReader(_Bounded(path, packed)) as file:
            yield file
    except (EOFError, OSError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's affair, not the format's
            raise
        message = f"the file cannot be unpacked as {name}: {str(error).partition(chr(10))[0].rstrip('.').lower()}"
        cure = f"pack it anew, or leave {path.suffix} out of the name if it is not packed"
        raise unreadable(path, message, cure) from error


def read_bytes(path: Path) -> bytes:
    """Return all that the file holds, unpacked; raises as open_bytes does."""
    with open_bytes(path) as file:
        return file.read()


class _Bounded(io.RawIOBase):
    """A stream that ends in an error before a small file fills the memory."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        super().__init__()
        self._path = path
        self._file = file
        self._size = 0
        self._most = max(FREE_SIZE, MOST_RATIO * path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._size += len(data)
        if self._size > self._most:
            message = f"the file holds more than {self._most // 2**20} MB, over {MOST_RATIO} times its packed size"
            raise unreadable(self._path, message, "unpack it, look what it holds, and name the unpacked file")
        return len(data)


def _open_gzip(path: Path) -> IO[bytes]:
    import gzip  # a few ms that other files need not wait for

    return cast(IO[bytes], gzip.open(path, "rb"))


def _open_zstd(path: Path) -> IO[bytes]:
    arrow = load("pyarrow", reader=".zst files")
    return cast(IO[bytes], arrow.CompressedInputStream(arrow.OSFile(str(path), "rb"), "zstd"))


PACKINGS: dict[str, tuple[str, Callable[[Path], IO[bytes]]]] = {
    ".gz": ("gzip", _open_gzip),
    ".zst": ("zstd", _open_zstd),
}
"""Suffix → name, and what opens it."""
