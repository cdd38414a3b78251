"""The list that every pass writes its decisions into, so that no value of a plan comes without a reason.

    notes.derived("adapter.alpha", 16, "twice the rank") -> 16

*Not here:* the decisions themselves (lfine.finetune.compile.passes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lfine.finetune.compile.plan import Decision
from lfine.schemas.records import to_json

Value = TypeVar("Value")


class Notes:
    """Collects decisions in the order they are made."""

    def __init__(self, origin: Callable[[str], str]) -> None:
        self._origin = origin
        self.decisions: list[Decision] = []

    def written(self, path: str, value: Value, reason: str = "") -> Value:
        """Record a value taken from the task (or its constant default) as it stands."""
        self._add(path, value, self._origin(path), reason)
        return value

    def settled(self, path: str, value: Value, reason: str, *, said: bool) -> Value:
        """Record a value that the task says, or that was worked out because it does not."""
        return self.written(path, value, reason) if said else self.derived(path, value, reason)

    def derived(self, path: str, value: Value, reason: str) -> Value:
        """Record a value that was worked out because the task leaves it open."""
        self._add(path, value, "derived", reason)
        return value

    def _add(self, path: str, value: object, origin: str, reason: str) -> None:
        self.decisions.append(Decision(path, to_json(value), origin, reason))
