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
        return ".".join(self.path)


@cache
def task_schema() -> dict[str, Any]:
    """Return the schema as published; callers must not change it."""
    text = files("lfine.schemas").joinpath("task.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def resolved(node: Node) -> Node:
    """Return `node` with its reference replaced by what it refers to; its own keywords win."""
    if "$ref" not in node:
        return node
    target = task_schema()["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return {**target, **{keyword: value for keyword, value in node.items() if keyword != "$ref"}}


def variants(node: Node) -> tuple[Node, ...]:
    """Return the schemas of which a value may satisfy any: one, unless the node says `anyOf`."""
    node = resolved(node)
    return tuple(resolved(variant) for variant in node.get("anyOf", (node,)))


def types(node: Node) -> tuple[str, ...]:
    """Return the JSON types that one variant allows."""
    declared = node.get("type", ())
    return (declared,) if isinstance(declared, str) else tuple(declared)


def mapping_variant(node: Node) -> Node | None:
    """Return the variant of `node` that is a mapping with keys, if there is one."""
    return next((variant for variant in variants(node) if "properties" in variant), None)


def node_at(path: tuple[str | int, ...]) -> Node | None:
    """Return the schema of the value at `path` (a number stands for a list's item), None for an unknown key."""
    node: Node | None = task_schema()
    for part in path:
        if node is None:
            return None
        if isinstance(part, int):
            node = next((variant["items"] for variant in variants(node) if "items" in variant), None)
        else:
            mapping = mapping_variant(node)
            node = None if mapping is None else mapping["properties"].get(part)
    return None if node is None else resolved(node)


def _keys_below(path: tuple[str, ...], node: Node) -> Iterator[SchemaKey]:
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
