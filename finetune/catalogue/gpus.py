"""GPUs by name, for plans that are made where there is none: memory, and what it can multiply.

    gpu("a40") == Gpu("A40", memory=47_850_000_000, bf16=True, tflops=150)

Memory is what the driver of such a card reports as usable, not the round number of its name; tflops is the maker's
figure for dense 16-bit matrices, which training never reaches.

*Not here:* the GPU that this machine has (lfine.finetune.compile.machine).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Gpu:
    name: str
    memory: int
    """Bytes."""
    bf16: bool
    """Has bfloat16 units (Ampere and later)."""
    tflops: float
    """Dense 16-bit matrix multiplication by the maker's sheet, in 10^12 operations a second."""


GIB = 2**30


def _gpu(name: str, gib: float, tflops: float, *, bf16: bool = True) -> Gpu:
    return Gpu(name, round(gib * GIB), bf16, tflops)


GPUS = (
    _gpu("T4", 14.6, 65, bf16=False),
    _gpu("V100-16GB", 15.8, 125, bf16=False),
    _gpu("V100-32GB", 31.7, 125, bf16=False),
    _gpu("RTX-3090", 23.7, 71),
    _gpu("RTX-4090", 23.6, 165),
    _gpu("RTX-5090", 31.4, 210),
    _gpu("A10", 22.2, 125),
    _gpu("A10G", 22.1, 70),
    _gpu("L4", 22.2, 121),
    _gpu("A40", 44.6, 150),
    _gpu("RTX-A6000", 47.5, 155),
    _gpu("L40S", 44.6, 362),
    _gpu("A100-40GB", 39.5, 312),
    _gpu("A100-80GB", 79.2, 312),
    _gpu("H100", 79.2, 989),
    _gpu("H200", 139.8, 989),
    _gpu("B200", 178.4, 2250),
)
"""In the order of their names' generations; the first of several sizes is not the default: the size must be said."""


def gpu(name: str) -> Gpu | None:
    """Return the card of that name, whatever its case, blanks and hyphens; None for a name that is not known."""
    wanted = _plain(name)
    return next((card for card in GPUS if _plain(card.name) in (wanted, wanted + "gb")), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("nvidia"))
