"""The JSON Schema of a task file, loaded once, and ways to walk it.

    node_at(("adapter", "r")) == {"description": "Rank of the update.", "type": "integer", "minimum": 1, …}

A node may point to another one (`$ref`) or list variants (`anyOf`); everything here returns nodes with both undone.

*Not here:* checking a value against a node (lfine.schemas.validation), a node in words (lfine.schemas.wording).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Node = Mapping[str, Any]
"""One schema or part of it: JSON as it stands in the file."""
EACH = "*"
"""Part of a SchemaKey's path: every item of a list, every entry of a mapping with the user's own keys."""


@dataclass(frozen=True)
class SchemaKey:
    """One key of the task language."""

    path: tuple[str, ...]
    """Where it stands, from the top."""
    node: Node
    """Its schema, references undone."""
    required: bool
    """Its mapping must have it."""

    @property
    def dotted(self) -> str:
        """`trainer.epochs`; `dataset.columns.*.pick` for the key of each entry or item."""
        return ".".join(self.path)


@cache
def task_schema() -> dict[str, Any]:
    """Return the schema as published; callers must not change it."""
    text = files("lfine.schemas").joinpath("task.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


class _Known:
    """A node as the key of a cache: the same object is the same node, and is kept as long as the cache."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __hash__(self) -> int:
        return id(self.node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.node is self.node


def resolved(node: Node) -> Node:
    """Return `node` with its reference replaced by what it refers to; its own keywords win."""
    return _resolved(_Known(node)) if "$ref" in node else node


# 150 tasks ask for the variants of a node 120,000 times; worked out each time that took half of a validation
@cache
def _resolved(known: _Known) -> Node:
    node = known.node
    target = task_schema()["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return {**target, **{keyword: value for keyword, value in node.items() if keyword != "$ref"}}


def variants(node: Node) -> tuple[Node, ...]:
    """Return the schemas of which a value may satisfy any: one, unless the node says `anyOf`."""
    return _variants(_Known(node))


@cache
def _variants(known: _Known) -> tuple[Node, ...]:
    node = resolved(known.node)
    return tuple(resolved(variant) for variant in node.get("anyOf", (node,)))


def types(node: Node) -> tuple[str, ...]:
    """Return the JSON types that one variant allows."""
    declared = node.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(declared)


def mapping_variant(node: Node) -> Node | None:
    """Return the variant of `node` that is a mapping with keys, if there is one."""
    return _mapping_variant(_Known(node))


@cache
def _mapping_variant(known: _Known) -> Node | None:
    return next((variant for variant in variants(known.node) if "properties" in variant), None)


@dataclass(frozen=True)
class Form:
    """What can stand below a node."""

    item: Node | None
    """Of a list of mappings: the schema of each."""
    entry: Node | None
    """Of a mapping with keys of the user's own: the schema of each value."""
    children: tuple[tuple[str, Node], ...] | None
    """Of a mapping: its keys and their schemas, references undone."""
    bare: str | None
    """The key that a bare value stands for."""


def form_of(node: Node) -> Form:
    """Return what can stand below a node, worked out once."""
    return _form_of(_Known(node))


@cache
def _form_of(known: _Known) -> Form:
    node, mapping = known.node, mapping_variant(known.node)
    children = tuple((name, resolved(child)) for name, child in mapping["properties"].items()) if mapping else None
    return Form(item_variant(node), entry_variant(node), children, resolved(node).get("x-bare"))


def bare_key(node: Node) -> str | None:
    """Return the key that a bare value stands for (`output_feature: label`), None where only a mapping is taken."""
    takes_bare = any("properties" not in variant and types(variant) != ("null",) for variant in variants(node))
    bare: str | None = resolved(node).get("x-bare") if takes_bare else None
    return bare


def item_variant(node: Node) -> Node | None:
    """Return the schema of the items where `node` is a list of mappings, or of bare words for them."""
    return _item_variant(_Known(node))


@cache
def _item_variant(known: _Known) -> Node | None:
    node = known.node
    items = next((resolved(variant["items"]) for variant in variants(node) if "items" in variant), None)
    return items if items is not None and mapping_variant(items) is not None else None


def entry_variant(node: Node) -> Node | None:
    """Return the schema of the values where `node` is a mapping with keys of the user's own; None for plain values."""
    return _entry_variant(_Known(node))


@cache
def _entry_variant(known: _Known) -> Node | None:
    node = known.node
    entries = (variant.get("additionalProperties") for variant in variants(node))
    entry = next((resolved(each) for each in entries if isinstance(each, dict)), None)
    return entry if entry is not None and mapping_variant(entry) is not None else None


def node_at(path: tuple[str | int, ...]) -> Node | None:
    """Return the schema of the value at `path` (a number stands for a list's item), None for an unknown key."""
    node: Any = task_schema()
    for part in path:
        if node is None:
            return None
        if isinstance(part, int):
            node = next((variant["items"] for variant in variants(node) if "items" in variant), None)
        else:
            node = _value_of(node, part)
    return None if node is None else resolved(node)


def _value_of(node: Node, name: str) -> Node | None:
    """Return the schema of the value under a key, one of the user's own where the mapping takes those."""
    mapping = mapping_variant(node)
    if mapping is not None:
        known: Node | None = mapping["properties"].get(name)
        return known
    entries = (variant.get("additionalProperties") for variant in variants(node))
    return next((entry for entry in entries if isinstance(entry, dict)), None)


def _keys_below(path: tuple[str, ...], node: Node) -> Iterator[SchemaKey]:
    inner = item_variant(node) or entry_variant(node)
    if inner is not None:
        yield from _keys_below((*path, EACH), inner)
        return
    mapping = mapping_variant(node)
    if mapping is None:
        return
    for name, child in mapping["properties"].items():
        key = SchemaKey((*path, name), resolved(child), required=name in mapping.get("required", ()))
        yield key
        yield from _keys_below(key.path, key.node)


@cache
def schema_keys() -> tuple[SchemaKey, ...]:
    """Return every key of the task language, parents before children, in the order of the file."""
    return tuple(_keys_below((), task_schema()))
