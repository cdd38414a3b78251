"""What can be answered at all: the one shape that labels and a JSON Schema have in common.

    walk = constraint.begin()         # one for each row
    walk.allowed()                    # (504, 811): no other token may come next
    walk.advance(811)
    walk.only_way()                   # (17, 2): nothing is left to choose; None while there is

*Not here:* the two constraints (label_trie.py, json_grammar.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Walk(Protocol):
    """How far one answer has come."""

    def allowed(self) -> Sequence[int]:
        """Return the ids of the tokens that may come next, at least one, rising."""

    def advance(self, token: int) -> None:
        """Take a token that was allowed."""

    def only_way(self) -> tuple[int, ...] | None:
        """Return all tokens to come, the end token among them, where nothing is left to choose; else None."""


class Constraint(Protocol):
    """What every answer of a task must be."""

    def begin(self) -> Walk:
        """Return the walk of a new answer."""
