"""Texts out of the header of a GGUF file."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from lfine.finetune.models.gguf_header import header_text


def test_texts_and_absent_keys(gguf_file: Path) -> None:
    assert header_text(gguf_file, "general.architecture") == "llama"
    assert header_text(gguf_file, "tokenizer.ggml.pre") == "smollm"
    assert header_text(gguf_file, "llama.block_count") is None  # a number
    assert header_text(gguf_file, "no.such.key") is None  # after walking over every value, the vocabulary among them


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not begin as a GGUF file"),
        (b"PK\x03\x04", "does not begin as a GGUF file"),
        (b"GGUF\x03\x00", "cut short"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2), "cut short"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<I", 99), "unknown type 99"),
    ],
)
def test_damaged_header(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        header_text(path, "tokenizer.ggml.pre")
