"""What became of each key of a foreign configuration.

    Key("trainer.train_steps", 40000, "converted", "trainer.train_steps", "2,500 updates: Ludwig counts micro-batches")

*Not here:* deciding it (lfine.converting.ludwig, lora_land).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Fate = Literal["kept", "moved", "converted", "left out"]
LONGEST = 36
"""Characters of a value that the table shows."""


@dataclass(frozen=True)
class Key:
    path: str
    """Dotted, as it stands in the foreign file; items of a list by their number."""
    value: object
    fate: Fate
    target: str
    """The task's key; empty for one left out."""
    why: str
    """What was done to it, or why it is not carried over; empty where it is just kept."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"key": self.path, "value": self.value, "fate": self.fate, "target": self.target, "why": self.why}


@dataclass(frozen=True)
class Conversion:
    form: str
    """What the file was: `Ludwig`, `LoRA Land`."""
    task: dict[str, Any]
    """The task's keys, nested."""
    keys: tuple[Key, ...]
    """Every key of the file, in its order."""
    notes: tuple[str, ...]
    """What differs although no key says it: defaults, data that the file does not name."""


def table(keys: Sequence[Key]) -> str:
    """Return the account for people: key, value, what happened, where to and why."""
    rows = [(key.path, _short(key.value), key.fate, _where(key)) for key in keys]
    wide = [max((len(row[at]) for row in rows), default=0) for at in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(wide[at]) if at < 3 else cell for at, cell in enumerate(row)).rstrip() for row in rows
    )


def _where(key: Key) -> str:
    target = key.target if key.target != key.path else ""
    return ": ".join(part for part in (target, key.why) if part)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def placed(task: dict[str, Any], dotted: str, value: object) -> None:
    """Put a value at a dotted key of a nested mapping."""
    *parents, last = dotted.split(".")
    for parent in parents:
        task = task.setdefault(parent, {})
    task[last] = value
