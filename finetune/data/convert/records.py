"""What the rows of a conversion are between two forms: turns, and the columns beside them.

    Dialogue(turns=(Turn("user", "2+2?", None), Turn("assistant", "4", None)), rest={"id": 7})

*Not here:* the forms (from_rows, to_rows).
"""

from __future__ import annotations

from dataclasses import dataclass

from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.forms import Kind
from lfine.finetune.data.values import Row


@dataclass(frozen=True)
class Names:
    """Columns of a table that are a conversation of one question and one answer."""

    prompt: str | None = None
    """The column of questions."""
    answer: str | None = None
    """The column of answers."""
    system: str | None = None
    """The column of system texts."""


@dataclass(frozen=True)
class Dialogue:
    """One row."""

    turns: tuple[Turn, ...]
    rest: Row
    """The other columns."""


@dataclass(frozen=True)
class Dialogues:
    """All rows of a data set."""

    kind: Kind
    """The form they had."""
    rest: tuple[str, ...]
    """Names of the other columns, in their order."""
    rows: tuple[Dialogue, ...]
    notes: tuple[str, ...] = ()
    """What is not as it stood."""
