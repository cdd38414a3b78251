"""`lfine compile TASK --diff OTHER`: in what two plans differ in meaning, and what each difference changes.

    difference(plan, other) == Difference(changes=(Change("adapter.r", 8, 16, "weights"), …))

Two files that compile to the same plan mean the same, however they are written: comments, order, defaults spelt out and
the model's or the file's name make no difference.

*Not here:* compiling (lfine.compiling), what a run's plan and a task file differ in at training (lfine.changes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lfine.finetune.compile.files import read_plan
from lfine.finetune.compile.plan import HASHED_ELSEWHERE, NO_WEIGHTS, Plan
from lfine.schemas.records import to_json

Effect = Literal["weights", "score", "time"]
EFFECTS: dict[Effect, str] = {
    "weights": "the weights",
    "score": "the score",
    "time": "time, memory or what is shown",
}
"""In words; what changes the weights changes the score too."""
LONGEST = 40
"""Characters of a value that the table shows; a template can be a page."""
KEYS = {
    "training.adapter": "adapter",
    "training.data": "dataset",
    "training.decay": "trainer.learning_rate_scheduler.decay",
    "training.length": "lengths",
    "training.length.max_sequence_length": "preprocessing.max_sequence_length",
    "training.machine": "trainer",
    "training.model": "base_model",
    "training.model.dtype": "trainer.dtype",
    "training.model.quantization": "quantization",
    "training.prompt": "prompt",
    "training.truncation": "preprocessing.truncation",
    "training": "trainer",
    "evaluation.generation": "generation",
    "evaluation": "evaluation",
    "cost": "cost",
}
"""Where a part of the plan stands in the task file; the longest name that fits counts."""


@dataclass(frozen=True)
class Change:
    path: str
    """Dotted key, as in the task file where it has the value."""
    this: object
    other: object
    changes: Effect

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"path": self.path, "this": self.this, "other": self.other, "changes": self.changes}


@dataclass(frozen=True)
class Difference:
    changes: tuple[Change, ...]
    """Those of the weights first, then those of the score."""

    @property
    def equal(self) -> bool:
        """Whether both mean the same: the same weights, scored in the same way, computed in the same way."""
        return not self.changes

    def record(self) -> dict[str, object]:
        """Return the JSON document."""
        effects = {change.changes for change in self.changes}
        return {
            "equal": self.equal,
            "same_weights": "weights" not in effects,
            "same_score": effects <= {"time"},
            "differences": [change.record() for change in self.changes],
        }

    def text(self, this: str, other: str) -> str:
        """Return a table for people; `this` and `other` name the two sides."""
        if self.equal:
            return f"{this} and {other} mean the same"
        rows = [("", this, other, "changes")]
        rows += [(each.path, _short(each.this), _short(each.other), EFFECTS[each.changes]) for each in self.changes]
        wide = [max(len(row[at]) for row in rows) for at in range(4)]
        lines = ["  ".join(cell.ljust(wide[at]) for at, cell in enumerate(row)).rstrip() for row in rows]
        if {change.changes for change in self.changes} == {"time"}:
            lines.append("the weights and the score are the same")
        return "\n".join(lines)


def difference(this: Plan, other: Plan) -> Difference:
    """Compare two plans value by value."""
    found: list[Change] = []
    for part in ("training", "evaluation", "cost"):
        leaves = _leaves(to_json(getattr(this, part)), to_json(getattr(other, part)), (part,))
        found += [Change(task_key(path), before, after, effect(path)) for path, before, after in leaves]
    order = list(EFFECTS)
    return Difference(tuple(sorted(found, key=lambda change: order.index(change.changes))))


def stored_plan(path: Path) -> Plan | None:
    """Return the plan of a run folder or of a plan.json; None where the path is neither (a task file)."""
    if path.is_dir():
        return read_plan(path / "plan.json")
    return read_plan(path) if path.suffix == ".json" else None


def effect(path: tuple[str, ...]) -> Effect:
    """Return what a value of the plan decides, by what the plan's two hashes are made of."""
    part, *rest = path
    if part == "cost" or path in (("evaluation", "generation", "batch_size"), ("evaluation", "interval")):
        return "time"
    if part == "evaluation":
        return "score"
    hidden = rest[0] in HASHED_ELSEWHERE or (len(rest) > 1 and rest[1] in NO_WEIGHTS.get(rest[0], ()))
    return "time" if hidden else "weights"


def task_key(path: tuple[str, ...]) -> str:
    """Return the key of the task file that a value of the plan comes from, or the like of it."""
    for length in range(len(path), 0, -1):
        key = KEYS.get(".".join(path[:length]))
        if key is not None:
            return ".".join([key, *path[length:]])
    return ".".join(path)


def _leaves(this: Any, other: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object, object]]:
    """Yield path and both values wherever two JSON values differ; a record against null is one difference."""
    if isinstance(this, dict) and isinstance(other, dict):
        for key in {**this, **other}:
            yield from _leaves(this.get(key), other.get(key), (*path, key))
    elif this != other:
        yield path, this, other


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
