"""A valid document made into a Task: defaults of the schema filled in, mappings made records.

    build_task({"base_model": "m", "output_feature": "y", …}, stem="viggo") == Task(name="viggo", …)

Records say what they hold in their annotations, so this module names none of their fields: a new key is a schema
property and a field, and nothing here.

*Not here:* checking (lfine.schemas.validation), deriving values from data and model (lfine.finetune.compile).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lfine.schemas.document import Value
from lfine.schemas.schema import Node, mapping_variant, resolved, task_schema
from lfine.schemas.task import Task


def build_task(value: Value, *, stem: str) -> Task:
    """Return the task that a valid document's value describes; `stem` names it when it does not say its name."""
    filled = with_defaults(value, task_schema())
    if isinstance(filled, dict) and filled.get("name") is None:
        filled["name"] = stem
    task = _build(Task, filled)
    if not isinstance(task, Task):
        raise TypeError(f"a task cannot be built from {filled!r}")
    return task


def with_defaults(value: Value, node: Node) -> Value:
    """Return `value` with the schema's default for every key that is not given, at every depth."""
    mapping = mapping_variant(node)
    if mapping is None or value is None:
        return value
    if not isinstance(value, dict):
        value = {resolved(node)["x-bare"]: value}
    return {
        name: with_defaults(value[name] if name in value else deepcopy(resolved(child).get("default")), child)
        for name, child in mapping["properties"].items()
    }


@cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _build(hint: Any, value: Value) -> object:
    """Return `value` as what the annotation asks for: records, tuples, 16.0 as 16 where an int is asked for."""
    for option in _options(hint):
        if _suits(option, value):
            return _made(option, value)
    raise TypeError(f"{value!r} does not fit {hint!r}: the schema and the record disagree")


def _suits(option: Any, value: Value) -> bool:
    origin = get_origin(option)
    if origin is Literal:
        return value in get_args(option)
    if origin is tuple:
        return isinstance(value, list)
    if is_dataclass(option):
        return isinstance(value, dict)
    if option in (int, float):
        whole = option is float or not isinstance(value, float) or value.is_integer()
        return isinstance(value, int | float) and not isinstance(value, bool) and whole
    return isinstance(value, NoneType if option is None else option)


def _made(option: Any, value: Value) -> object:
    origin = get_origin(option)
    if origin is Literal:
        return next(allowed for allowed in get_args(option) if allowed == value)
    if origin is tuple and isinstance(value, list):
        arguments = get_args(option)
        kinds = arguments if Ellipsis not in arguments else arguments[:1] * len(value)
        return tuple(_build(kind, item) for kind, item in zip(kinds, value, strict=True))
    if isinstance(option, type) and is_dataclass(option) and isinstance(value, dict):
        hints = _hints(option)
        return option(**{field.name: _build(hints[field.name], value[field.name]) for field in fields(option)})
    return option(value) if option in (int, float) else value
