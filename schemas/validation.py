"""All problems of one document at once: its shape by the JSON Schema, then what its keys say together.

    validate_document(document) == [Problem("LF102", 'adapter.r must be an integer of at least 1, got "16" (text)'), …]

jsonschema finds what is wrong; what is said about it is put together here from the schema and the value, so that one
sentence covers type, range, enumeration and alternatives: *key* must be *expected*, got *written*.

*Not here:* reading the file (lfine.schemas.yaml_text), rules between keys (lfine.schemas.sense), the data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from lfine.schemas.cures import Misfit, value_cures
from lfine.schemas.document import Document, Path, Value, dotted
from lfine.schemas.problems import Problem
from lfine.schemas.schema import Node, node_at, resolved, task_schema, types, variants
from lfine.schemas.sense import sense_problems
from lfine.schemas.suggestions import unknown_key_cure
from lfine.schemas.wording import expected, flow, got

_CODES = {
    "type": "LF102",
    "anyOf": "LF102",
    "enum": "LF104",
    "minimum": "LF105",
    "maximum": "LF105",
    "exclusiveMinimum": "LF105",
    "exclusiveMaximum": "LF105",
    "minItems": "LF105",
    "maxItems": "LF105",
    "pattern": "LF112",
    "minLength": "LF112",
    "maxLength": "LF112",
    "uniqueItems": "LF114",
}


def validate_document(document: Document) -> list[Problem]:
    """Return every problem of the document's shape and of its keys together, in the order of the file."""
    if not isinstance(document.value, dict):
        return [_not_a_mapping(document)]
    problems = [*_shape_problems(document), *sense_problems(document)]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0, problem.code, problem.path))


def accepts(node: Node, value: Value) -> bool:
    """Tell whether `value` satisfies a part of the task schema."""
    validator: bool = _validator().evolve(schema=dict(node)).is_valid(value)
    return validator and not _not_finite(value)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(task_schema())


def _not_finite(value: Value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _not_a_mapping(document: Document) -> Problem:
    if document.value is None:
        return Problem("LF108", "the file is empty", "write a task, or begin with `lfine init`", file=document.file)
    message = f"a task file must be a mapping of keys, got {got(document, ())}"
    at = document.places[()].value
    return document.problem("LF102", (), message=message, cure="write `key: value` lines", at=at)


def _shape_problems(document: Document) -> list[Problem]:
    problems: dict[tuple[Path, str], Problem] = {}
    for odd in _not_finite_numbers(document.value, ()):
        if any("number" in types(variant) for variant in variants(node_at(odd) or {})):
            problems[odd, ""] = _misfit(document, odd, "LF105")
    errors = _validator().iter_errors(document.value)
    for error in (inner for outer in errors for inner in _relevant(outer)):
        path: Path = tuple(error.absolute_path)
        for name, problem in _translated(document, path, error):
            problems.setdefault((path, name), problem)
    return list(problems.values())


def _not_finite_numbers(value: Value, path: Path) -> Iterator[Path]:
    """Yield where `.inf` or `.nan` stands: JSON has no such numbers, and `minimum` lets .nan through."""
    if _not_finite(value):
        yield path
    items: Iterable[tuple[str | int, Value]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for name, item in items:
        yield from _not_finite_numbers(item, (*path, name))


def _relevant(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what is wrong with the alternative that the value was meant to be, or `error` where it fits none."""
    if error.validator != "anyOf":
        yield error
        return
    alternatives: Any = error.validator_value
    instance: Any = error.instance
    meant = [index for index, variant in enumerate(alternatives) if _is_meant(variant, instance)]
    for inner in error.context:
        if inner.schema_path[0] in meant[:1]:
            yield from _relevant(inner)
    if not meant:
        yield error


def _is_meant(variant: Node, value: Value) -> bool:
    allowed = types(resolved(variant))
    return any(_validator().is_type(value, name) for name in allowed)


def _translated(document: Document, path: Path, error: ValidationError) -> Iterator[tuple[str, Problem]]:
    """Yield the error's problems with the key they are about: one mapping can have several unknown keys."""
    instance: Any = error.instance
    schema: Any = error.schema
    if error.validator == "additionalProperties":
        for name in instance:
            if name not in schema["properties"]:
                yield name, _unknown_key(document, path, name)
    elif error.validator == "required":
        for name in schema["required"]:
            if name not in instance:
                yield name, _missing_key(document, path, name)
    elif error.validator == "uniqueItems":
        yield "", _repeated(document, path, instance)
    else:
        yield "", _misfit(document, path, _CODES[str(error.validator)])


def _misfit(document: Document, path: Path, code: str) -> Problem:
    node = node_at(path) or {}
    cure = value_cures(Misfit(document, path, node, accepts))
    if cure == "remove the quotes":
        code = "LF102"  # "16" where a text is allowed too (`auto`) is still a number in quotes
    message = f"{dotted(path)} must be {expected(node)}, got {got(document, path)}"
    return document.problem(code, path, message=message, cure=cure)


def _unknown_key(document: Document, parent: Path, name: str) -> Problem:
    path = (*parent, name)
    overridden = document.override_of(path) is not None
    where = f" under `{dotted(parent)}`" if parent else ""
    cure = unknown_key_cure(parent, name)
    key, colon, value = name.partition(":")
    if colon and document.at(path) is None:
        cure = f"put a space after the colon: `{key}: {value}`"
    return document.problem(
        "LF111" if overridden else "LF103",
        path,
        message=f"there is no key `{name}`{where}",
        cure=cure,
        at=document.span(path, of_key=True),
    )


def _missing_key(document: Document, parent: Path, name: str) -> Problem:
    path = (*parent, name)
    node = node_at(path) or {}
    where = f" under `{dotted(parent)}`" if parent else ""
    cure = f"add `{name}: {flow(node['examples'][0])}`" if "examples" in node else f"add `{name}:`"
    return document.problem("LF101", path, message=f"the key `{name}` is missing{where}", cure=cure)


def _repeated(document: Document, path: Path, items: list[Value]) -> Problem:
    index = next(index for index, item in enumerate(items) if item in items[:index])
    message = f"{dotted(path)} holds {got(document, (*path, index))} twice"
    at = document.span((*path, index))
    return document.problem("LF114", path, message=message, cure="keep one of them", at=at)
