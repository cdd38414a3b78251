"""Headers of safetensors files, and what is damaged about them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from lfine.finetune.catalogue.weights import Tensor, read_header, read_tensors, weight_files
from lfine.schemas.errors import MachineError


def write(path: Path, *, shape: tuple[int, ...] = (2, 3), missing: int = 0) -> None:
    size = 4
    for side in shape:
        size *= side
    header = {"__metadata__": {"format": "pt"}, "w": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size - missing))


def test_tensor_names_and_shapes(tmp_path: Path) -> None:
    write(tmp_path / "model.safetensors")
    assert read_tensors(tmp_path) == (Tensor("w", "F32", (2, 3)),)
    assert read_tensors(tmp_path)[0].size == 6


def test_no_weights_is_no_error(tmp_path: Path) -> None:
    assert read_tensors(tmp_path) == ()


def test_index_names_the_files(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "b.safetensors", "c": "a.safetensors", "d": "b.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert weight_files(tmp_path) == ("a.safetensors", "b.safetensors")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header cannot be read"),
        (b"PK\x03\x04 not this at all", "does not begin as a safetensors file"),
        (struct.pack("<Q", 9) + b"{not json", "header cannot be read"),
        (struct.pack("<Q", 12) + b'{"w": [1,2]}', "header cannot be read"),
    ],
)
def test_damaged_header(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(MachineError, match=said) as caught:
        read_header(path)
    assert caught.value.problems[0].code == "LF407"


def test_a_download_that_broke_off_is_noticed(tmp_path: Path) -> None:
    write(tmp_path / "model.safetensors", missing=5)
    with pytest.raises(MachineError, match="its header promises"):
        read_tensors(tmp_path)


def test_missing_shard_and_broken_index(tmp_path: Path) -> None:
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "a.safetensors"}}))
    with pytest.raises(MachineError, match="cannot be read"):
        read_tensors(tmp_path)
    index.write_text("[]")
    with pytest.raises(MachineError, match="no index of weights"):
        read_tensors(tmp_path)
