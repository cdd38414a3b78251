"""The stream that a file's bytes go through: as they are, or packed where the name ends in .gz or .zst.

    with packing(open("rows.csv.gz", "wb"), ".gz") as file: file.write(b"question,answer\\n")

The same bytes give the same file: neither name nor time stand in it.

*Not here:* reading packed files (lfine.finetune.data.formats.packed).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from lfine.finetune.data.extras import load


@contextmanager
def packing(file: IO[bytes], suffix: str) -> Iterator[IO[bytes]]:
    """Give the stream to write to; what is packed is complete when the block ends."""
    if suffix == ".gz":
        import gzip  # a few ms that other files need not wait for

        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield cast(IO[bytes], packed)
    elif suffix == ".zst":
        with load("pyarrow", reader=".zst files").CompressedOutputStream(file, "zstd") as packed:
            yield cast(IO[bytes], packed)
    else:
        yield file
