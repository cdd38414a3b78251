"""Speeds of training that were measured, so that the time of a run can be told before it is begun.

    measured("cpu", "bfloat16") == Speed(operations=1.9e11, said="measured on 2 cores with AMX, 2026-11-22: …")

throughput.json is made by `make generate` from the rows of benchmarks/results.csv that state a speed.

*Not here:* measuring (benchmarks/), the operations of a token (lfine.finetune.compile.estimates).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Speed:
    operations: float
    """Multiplications and additions a second, of the training arithmetic that estimates counts."""
    said: str
    """Where and when it was measured."""


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    text = files(__package__).joinpath("throughput.json").read_text(encoding="utf-8")
    return tuple(json.loads(text))


def measured(device: str, dtype: str) -> Speed | None:
    """Return the newest speed for a device (cpu, or a GPU's name) and a dtype; None where none was measured."""
    fitting = [row for row in _rows() if row["device"].lower() in device.lower() and row["dtype"] == dtype]
    if not fitting:
        return None
    row = fitting[-1]
    return Speed(row["operations"], f"measured on {row['hardware']}, {row['date']}: {row['command']}")
