"""All problems of one document at once: its shape by the JSON Schema, then what its keys say together.

    validate_document(document) == [Problem("LF102", 'adapter.r must be an integer of at least 1, got "16" (text)'), …]

What is said about a fault is put together here from the schema and the value, so that one sentence covers type, range,
enumeration and alternatives: *key* must be *expected*, got *written*.

*Not here:* comparing values with the schema (lfine.schemas.shape), reading the file (lfine.schemas.yaml_text), rules
between keys (lfine.schemas.sense), the data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice

from lfine.schemas.document import Document, Path, Value, dotted
from lfine.schemas.problems import Problem
from lfine.schemas.schema import Node, node_at, task_schema, types, variants
from lfine.schemas.sense import sense_problems
from lfine.schemas.shape import Fault, faults, repeated_index
from lfine.schemas.wording import expected, flow, got, shortened

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


MAX_PROBLEMS = 100
"""Of the shape of one file; a list of 10,000 wrong items is one mistake, and nobody reads it 10,000 times."""


def validate_document(document: Document, *, fragment: bool = False) -> list[Problem]:
    """Return every problem of the document's shape and of its keys together, in the order of the file.

    In a `fragment` keys may be missing, and what they say together is only known once a task extends it.
    """
    if not isinstance(document.value, dict):
        return [_not_a_mapping(document)]
    problems = _shape_problems(document, fragment=fragment)
    if not fragment:  # what is said about a value that was refused would only repeat it in other words
        refused = {problem.path for problem in problems}
        judged = [problem for problem in sense_problems(document) if problem.path not in refused]
        problems += bounded(judged, document.file)
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0, problem.code, problem.path))


def accepts(node: Node, value: Value) -> bool:
    """Tell whether `value` satisfies a part of the task schema."""
    return next(faults(node, value), None) is None and not _not_finite(value)


def _not_finite(value: Value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _not_a_mapping(document: Document) -> Problem:
    if document.value is None:
        return Problem("LF108", "the file is empty", "write a task, or begin with `lfine init`", file=document.file)
    message = f"a task file must be a mapping of keys, got {got(document, ())}"
    at = document.places[()].value
    return document.problem("LF102", (), message=message, cure="write `key: value` lines", at=at)


def _shape_problems(document: Document, *, fragment: bool) -> list[Problem]:
    problems: dict[tuple[Path, str], Problem] = {}
    for odd in islice(_not_finite_numbers(document.value, ()), MAX_PROBLEMS):
        if any("number" in types(variant) for variant in variants(node_at(odd) or {})):
            problems[odd, ""] = _misfit(document, odd, "LF105")
    every = faults(task_schema(), document.value)
    for fault in islice((each for each in every if not fragment or each.keyword != "required"), MAX_PROBLEMS):
        for name, problem in _translated(document, fault):
            problems.setdefault((fault.path, name), problem)
    return bounded(list(problems.values()), document.file, uncounted=sum(1 for _ in every))


def bounded(problems: list[Problem], file: str, *, uncounted: int = 0) -> list[Problem]:
    """Return at most MAX_PROBLEMS of the problems of one file, errors before warnings, and how many there are more."""
    rest = uncounted + max(0, len(problems) - MAX_PROBLEMS)
    if not rest:
        return problems
    first = sorted(problems, key=lambda problem: problem.severity == "warning")[:MAX_PROBLEMS]
    kept = set(first)
    message = f"{rest:,} more problems of the same file are not shown"
    more = Problem(first[-1].code, message, "mend those that are shown first", first[-1].severity, file=file)
    return [*(problem for problem in problems if problem in kept), more]


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


def _translated(document: Document, fault: Fault) -> Iterator[tuple[str, Problem]]:
    """Yield the fault's problems with the key they are about: one mapping can have several unknown keys."""
    path, value = fault.path, fault.value
    if fault.keyword == "additionalProperties" and isinstance(value, dict):
        for name in islice((name for name in value if name not in fault.node["properties"]), MAX_PROBLEMS + 1):
            yield name, _unknown_key(document, path, name)
    elif fault.keyword == "required" and isinstance(value, dict):
        for name in fault.node["required"]:
            if name not in value:
                yield name, _missing_key(document, path, name)
    elif fault.keyword == "uniqueItems" and isinstance(value, list):
        yield "", _repeated(document, path, value)
    else:
        yield "", _misfit(document, path, _CODES[fault.keyword])


def _misfit(document: Document, path: Path, code: str) -> Problem:
    from lfine.schemas.cures import Misfit, value_cures  # only a file with a mistake pays for finding its cure

    node = node_at(path) or {}
    cure = value_cures(Misfit(document, path, node, accepts))
    if cure == "remove the quotes":
        code = "LF102"  # "16" where a text is allowed too (`auto`) is still a number in quotes
    message = f"{shortened(dotted(path))} must be {expected(node)}, got {got(document, path)}"
    return document.problem(code, path, message=message, cure=cure)


def _unknown_key(document: Document, parent: Path, name: str) -> Problem:
    from lfine.schemas.suggestions import unknown_key_cure

    path = (*parent, name)
    overridden = document.override_of(path) is not None
    where = f" under `{dotted(parent)}`" if parent else ""
    beside = document.at(parent)
    present = beside if isinstance(beside, dict) else {}
    cure = unknown_key_cure(parent, shortened(name), value=document.at(path), present=present)
    key, colon, value = name.partition(":")
    if colon and document.at(path) is None:
        cure = shortened(f"put a space after the colon: `{key}: {value}`")
    return document.problem(
        "LF111" if overridden else "LF103",
        path,
        message=f"there is no key `{shortened(name)}`{where}",
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
    index = repeated_index(items) or 0
    message = f"{dotted(path)} holds {got(document, (*path, index))} twice"
    at = document.span((*path, index))
    return document.problem("LF114", path, message=message, cure="keep one of them", at=at)
