"""One text out of the header of a GGUF file, without reading the rest.

    header_text(Path("SmolLM2-135M-Instruct.Q4_1.gguf"), "tokenizer.ggml.pre") == "smollm"

The header is a list of keys with typed values, little-endian (format version 2 and later: github.com/ggml-org/ggml,
docs/gguf.md). The library gguf builds an object for every token of the vocabulary, 5 s; walking over them takes 0.1 s.

*Not here:* the weights (transformers reads them).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

MAGIC = b"GGUF"
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a number by the code of its type: 8 to 64 bits, floats and booleans."""
TEXT, ARRAY = 8, 9


def header_text(path: Path, key: str) -> str | None:
    """Return the text stored under a key, None where it is absent; raises ValueError for a file that is no GGUF."""
    with path.open("rb") as stream:
        if stream.read(4) != MAGIC:
            raise ValueError("it does not begin as a GGUF file does")
        _version, _tensors, count = unpack(stream, "<IQQ")
        for _ in range(count):
            name = text(stream)
            (kind,) = unpack(stream, "<I")
            if name == key and kind == TEXT:
                return text(stream)
            skip(stream, kind)
    return None


def unpack(stream: BinaryIO, layout: str) -> tuple[int, ...]:
    data = stream.read(struct.calcsize(layout))
    try:
        return struct.unpack(layout, data)
    except struct.error:
        raise ValueError("its header is cut short") from None


def text(stream: BinaryIO) -> str:
    (length,) = unpack(stream, "<Q")
    return stream.read(length).decode("utf-8", errors="replace")


def skip(stream: BinaryIO, kind: int) -> None:
    """Walk over one value: a number, a text, or an array of either."""
    if kind == TEXT:
        stream.seek(unpack(stream, "<Q")[0], 1)
    elif kind == ARRAY:
        inner, count = unpack(stream, "<IQ")
        if inner in WIDTHS:
            stream.seek(WIDTHS[inner] * count, 1)
            return
        for _ in range(count):
            skip(stream, inner)
    elif kind in WIDTHS:
        stream.seek(WIDTHS[kind], 1)
    else:
        raise ValueError(f"its header has a value of unknown type {kind}")
