"""A valid document made into a Task: defaults of the schema filled in, mappings made records.

    build_task({"base_model": "m", "output_feature": "y", …}, stem="viggo") == Task(name="viggo", …)

Records say what they hold in their annotations, so this module names none of their fields: a new key is a schema
property and a field, and nothing here.

*Not here:* checking (lfine.schemas.validation), deriving values from data and model (lfine.finetune.compile).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from lfine.schemas.document import Value
from lfine.schemas.schema import Node, form_of, task_schema
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
    if value is None:
        return value
    form = form_of(node)
    if form.item is not None and isinstance(value, list):
        return [with_defaults(each, form.item) for each in value]
    if form.entry is not None and isinstance(value, dict):
        return {name: with_defaults(each, form.entry) for name, each in value.items()}
    if form.children is None:
        return value
    given = value if isinstance(value, dict) else {str(form.bare): value}
    return {
        name: with_defaults(given[name] if name in given else _default(child), child) for name, child in form.children
    }


def _default(node: Node) -> Value:
    """Return the schema's default, a copy where it could be changed."""
    default: Value = node.get("default")
    return deepcopy(default) if isinstance(default, dict | list) else default


def key_of(field: str) -> str:
    """Return the key of a record's field: `from` is `from_` there, because Python keeps the word for itself."""
    return field.removesuffix("_")


@dataclass(frozen=True)
class _Kind:
    """One kind of value that an annotation allows, taken apart once: typing is slow at it."""

    option: Any
    origin: Any
    arguments: tuple[Any, ...]
    fields: tuple[tuple[str, str, Any], ...]
    """Of a record: name, key and annotation of each field."""
    is_record: bool


@cache
def _kinds(hint: Any) -> tuple[_Kind, ...]:
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(_kind(option) for option in options)


def _kind(option: Any) -> _Kind:
    is_record = is_dataclass(option)
    hints = get_type_hints(option) if is_record else {}
    named = tuple((field.name, key_of(field.name), hints[field.name]) for field in fields(option)) if is_record else ()
    return _Kind(option, get_origin(option), get_args(option), named, is_record)


def _build(hint: Any, value: Value) -> object:
    """Return `value` as what the annotation asks for: records, tuples, 16.0 as 16 where an int is asked for."""
    kinds = _kinds(hint)
    for kind in kinds:
        if kind.option is type(value):  # 1.0 stays 1.0 for `int | float`
            return value
    for kind in kinds:
        if _suits(kind, value):
            return _made(kind, value)
    raise TypeError(f"{value!r} does not fit {hint!r}: the schema and the record disagree")


def _suits(kind: _Kind, value: Value) -> bool:
    if kind.origin is Literal:
        return value in kind.arguments
    if kind.origin is tuple:
        return isinstance(value, list)
    if kind.origin is dict or kind.is_record:
        return isinstance(value, dict)
    if kind.option in (int, float):
        whole = kind.option is float or not isinstance(value, float) or value.is_integer()
        return isinstance(value, int | float) and not isinstance(value, bool) and whole
    return isinstance(value, NoneType if kind.option is None else kind.option)


def _made(kind: _Kind, value: Value) -> object:
    if kind.origin is Literal:
        return next(allowed for allowed in kind.arguments if allowed == value)
    if kind.origin is tuple and isinstance(value, list):
        kinds = kind.arguments if Ellipsis not in kind.arguments else kind.arguments[:1] * len(value)
        return tuple(_build(each, item) for each, item in zip(kinds, value, strict=True))
    if kind.origin is dict and isinstance(value, dict):
        return {name: _build(kind.arguments[1], item) for name, item in value.items()}
    if kind.is_record and isinstance(value, dict):
        return kind.option(**{name: _build(hint, value[key]) for name, key, hint in kind.fields})
    return kind.option(value) if kind.option in (int, float) else value
