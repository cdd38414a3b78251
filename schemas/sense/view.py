"""A document as checks see it: bare forms written out, defaults filled in, values of a wrong type left out.

    output_feature: label                →  view.text("output_feature.name") == "label"
    a file without `trainer`             →  view.value("trainer.batch_size") == 16
    trainer: {epochs: "three"}           →  view.number("trainer.epochs") is None, which has been reported already

*Not here:* judging (the checks beside this file), positions (lfine.schemas.document).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeGuard

from lfine.schemas.document import Document, Span, Value, path_of
from lfine.schemas.schema import Node, mapping_variant, resolved, task_schema, types, variants

_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "array": list,
    "object": dict,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class View:
    """Values by their dotted paths."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._walked: dict[tuple[str, bool], Value] = {}

    def value(self, path: str) -> Value:
        """Return what the file says, else the schema's default; None where that is null or not of the key's type."""
        return self._walk(path, defaults=True)

    def given(self, path: str) -> bool:
        """Tell whether the file says something but null, and of the key's type."""
        return self._walk(path, defaults=False) is not None

    def nulled(self, path: str) -> bool:
        """Tell whether the file says null."""
        parts = path_of(path)
        return self.document.has(parts) and self.document.at(parts) is None

    def text(self, path: str) -> str | None:
        value = self.value(path)
        return value if isinstance(value, str) else None

    def number(self, path: str) -> float | None:
        value = self.value(path)
        return value if _is_number(value) else None

    def numbers(self, path: str) -> list[float]:
        """Return the numbers of a list, its other items left out; an empty list where there is none."""
        value = self.value(path)
        return [item for item in value if _is_number(item)] if isinstance(value, list) else []

    def texts(self, path: str) -> list[str]:
        """Return the texts of a list, its other items left out; an empty list where there is none."""
        value = self.value(path)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def mapping(self, path: str) -> Mapping[str, Value]:
        value = self.value(path)
        return value if isinstance(value, dict) else {}

    def span(self, path: str) -> Span | None:
        """Return where a bare form stands that says the value at `path`: `label` in `output_feature: label`."""
        *parent, _ = path_of(path)
        bare = self.document.at(tuple(parent)) if parent else None
        return self.document.span(tuple(parent)) if isinstance(bare, str | int | float) else None

    def _walk(self, path: str, *, defaults: bool) -> Value:
        if (path, defaults) not in self._walked:  # 130 questions for each file, most of them asked several times
            self._walked[path, defaults] = self._found(path, defaults=defaults)
        return self._walked[path, defaults]

    def _found(self, path: str, *, defaults: bool) -> Value:
        value = self.document.value if _steps(path) is not None else None
        for step in _steps(path) or ():
            entries = _written_out(step, value)
            if entries is None:
                return None
            value = entries[step.key] if step.key in entries else step.node.get("default") if defaults else None
            if value is None or not _fits(step, value):
                return None
        return value


@dataclass(frozen=True)
class _Step:
    """One key on the way to a value, taken from the schema once and not for every file."""

    key: str
    bare: str | None
    """The key of the same mapping that a bare value stands for."""
    node: Node
    kinds: frozenset[str]
    """JSON types that the key takes."""


@cache
def _steps(path: str) -> tuple[_Step, ...] | None:
    """Return the keys of a path, None for one that the language does not have."""
    node: Node = task_schema()
    steps = []
    for part in path_of(path):
        mapping = mapping_variant(node)
        if mapping is None or part not in mapping["properties"]:
            return None
        bare = mapping.get("x-bare")
        node = resolved(mapping["properties"][str(part)])
        kinds = frozenset(name for variant in variants(node) for name in types(variant))
        steps.append(_Step(str(part), bare, node, kinds))
    return tuple(steps)


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written_out(step: _Step, value: Value) -> Mapping[str, Value] | None:
    """Return the mapping that a value is, or that a bare value stands for."""
    if isinstance(value, dict):
        return value
    return {step.bare: value} if step.bare is not None and isinstance(value, str | int | float) else None


def _fits(step: _Step, value: Value) -> bool:
    """Tell whether the value is of a type that the key takes; ranges and the like are left to validation."""
    if isinstance(value, bool):
        return "boolean" in step.kinds
    if isinstance(value, float) and value.is_integer() and "integer" in step.kinds:
        return True
    return any(isinstance(value, _KINDS.get(name, ())) for name in step.kinds)
