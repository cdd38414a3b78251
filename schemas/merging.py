"""One document laid over another, key by key: what `extends` means.

    over: adapter: {r: 16}            →  adapter: {type: lora, r: 16}, each value with the place where it was written
    base: adapter: {type: lora, r: 8}

Mappings are merged at every depth; lists, texts, numbers and null replace what was there. A bare form beside a mapping
(`output_feature: label` over `{type: category}`) counts as the mapping that it stands for.

*Not here:* reading the files (lfine.schemas.extending), overrides of the command line (lfine.schemas.overrides).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lfine.schemas.document import Document, FileText, Path, Place, Value
from lfine.schemas.schema import Node, bare_key, node_at

_MAPPING: Node = {"type": "object"}


def merged(over: Document, base: Document) -> Document:
    """Return `over` with what only `base` says; problems of either name the right file and line."""
    lower = {path: place if place.file else replace(place, file=base.file) for path, place in base.places.items()}
    merger = _Merger(dict(over.places), lower, set())
    value = merger.merge(over.value, base.value, ())
    places = {path: place for path, place in merger.lower.items() if not merger.is_replaced(path)}
    texts = {base.file: FileText(base.file, base.text, base.lines), **base.extended, **over.extended}
    return replace(over, value=value, places=places | merger.upper, extended=texts)


@dataclass
class _Merger:
    upper: dict[Path, Place]
    """Places of the document that is laid over."""
    lower: dict[Path, Place]
    replaced: set[Path]
    """Values of the lower document that are gone, with all below them."""

    def merge(self, over: Value, base: Value, path: Path) -> Value:
        over = self.expanded(over, base, path, self.upper)
        base = self.expanded(base, over, path, self.lower)
        if not isinstance(over, dict) or not isinstance(base, dict):
            self.replaced.add(path)
            return over
        keys = [*base, *(key for key in over if key not in base)]
        return {key: self.pick(over, base, (*path, key), key) for key in keys}

    def pick(self, over: dict[str, Value], base: dict[str, Value], path: Path, key: str) -> Value:
        if key not in over:
            return base[key]
        return self.merge(over[key], base[key], path) if key in base else over[key]

    def expanded(self, value: Value, other: Value, path: Path, places: dict[Path, Place]) -> Value:
        """Return `{name: x}` for a bare `x` that meets a mapping; its place moves along."""
        return as_mapping(value, path, places) if isinstance(other, dict) else value

    def is_replaced(self, path: Path) -> bool:
        return any(path[:length] in self.replaced for length in range(len(path) + 1))


def as_mapping(value: Value, path: Path, places: dict[Path, Place]) -> Value:
    """Return a bare value as the mapping that it stands for, its place moved to the key; other values as they are."""
    bare = bare_key(node_at(path) or _MAPPING)
    if bare is None or value is None or isinstance(value, dict | list):
        return value
    if path in places:
        places[*path, bare] = places[path]
    return {bare: value}


def without(places: Mapping[Path, Place], path: Path) -> dict[Path, Place]:
    """Return the places of all values but those at and below `path`."""
    return {place: spans for place, spans in places.items() if place[: len(path)] != path}
