"""A task file before it is text: its keys with values, and what is said of each.

    Section("output_feature", {"name": "label", "type": "category"}, ("output: label (sure): its name",))

*Not here:* filling it (lfine.starting.drafting), YAML (lfine.starting.writing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    key: str
    """A key of the task file's first level."""
    value: Any
    """Nested mappings, lists and scalars."""
    comments: tuple[str, ...] = ()
    """Sentences that stand above it."""


@dataclass(frozen=True)
class Draft:
    head: tuple[str, ...]
    """Lines of the comment at the top, without `#`."""
    sections: tuple[Section, ...]
    """In the order of the file."""

    @property
    def task(self) -> dict[str, Any]:
        """Return the keys, nested, without comments."""
        return {section.key: section.value for section in self.sections}
