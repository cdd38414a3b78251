"""What safetensors files say about their tensors, read from the headers alone.

    read_tensors(folder) == (Tensor("model.embed_tokens.weight", "BF16", (49152, 576)), …)

A file is 8 bytes (the header's length, little-endian), the header as JSON, then the tensors
(github.com/huggingface/safetensors); its size must be what the header says, so a download that broke off is noticed.

*Not here:* the values (lfine.finetune.models.loading).
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path

from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

LARGEST_HEADER = 100_000_000
"""The format's own limit in bytes."""


@dataclass(frozen=True)
class Tensor:
    name: str
    dtype: str
    """As the file writes it: F32, BF16, F16, U8, …"""
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_tensors(folder: Path) -> tuple[Tensor, ...]:
    """Return the tensors of all weight files of a model folder, none where it has none; raises MachineError LF407."""
    return tuple(tensor for name in weight_files(folder) for tensor in read_header(folder / name))


def weight_files(folder: Path) -> tuple[str, ...]:
    """Return the safetensors files that make up the model, in order."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return ("model.safetensors",) if (folder / "model.safetensors").is_file() else ()
    try:
        return tuple(sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise damaged(index, "it is no index of weights") from None


def read_header(path: Path) -> tuple[Tensor, ...]:
    """Return the tensors of one file; raises MachineError LF407 where it is missing, cut short or no safetensors."""
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > LARGEST_HEADER:
                raise damaged(path, "it does not begin as a safetensors file does")
            header = json.loads(stream.read(length))
            fields = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
            end = max((tensor["data_offsets"][1] for tensor in fields.values()), default=0)
            tensors = tuple(Tensor(name, tensor["dtype"], tuple(tensor["shape"])) for name, tensor in fields.items())
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error.strerror or error})") from None
    except (struct.error, ValueError, KeyError, AttributeError, TypeError, IndexError):
        raise damaged(path, "its header cannot be read") from None
    if path.stat().st_size != 8 + length + end:
        raise damaged(path, f"it has {path.stat().st_size} bytes, its header promises {8 + length + end}")
    return tensors


def damaged(path: Path, reason: str) -> MachineError:
    """Return the error for a file of a model folder that is missing or damaged."""
    return MachineError(
        Problem("LF407", f"the model file {str(path)!r} cannot be used: {reason}", "fetch the model again")
    )
