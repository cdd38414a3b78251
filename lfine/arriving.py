"""Lines of a stream as they come: blocks until there is one, then takes what has come with it.

    for lines in arriving(sys.stdin.buffer, most=512): ...      # [b'{"question": "…"}\\n', …]

*Not here:* what stands in the lines (lfine.finetune.data.questions).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

AT_ONCE = 2**20
"""Bytes that are taken at once."""


class Source(Protocol):
    def read1(self, size: int, /) -> bytes:
        """Return what has come, waiting only where that is nothing; nothing at the end."""


def arriving(source: Source, *, most: int) -> Iterator[list[bytes]]:
    """Yield the lines, at most so many at once; the last may be without its end."""
    rest = b""
    while data := source.read1(AT_ONCE):
        *lines, rest = (rest + data).split(b"\n")
        for start in range(0, len(lines), most):
            yield lines[start : start + most]
    if rest:
        yield [rest]
