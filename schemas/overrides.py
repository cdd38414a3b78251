"""`--set key.path=value`: single values of a task file given on the command line.

    apply_overrides(document, ["trainer.epochs=1", "adapter=null"]).document.at(("trainer", "epochs")) == 1

A value is read by the YAML rules of the file. It counts as written at that place: it is validated with the rest, and a
problem with it names the argument in place of a file.

*Not here:* whether the key exists and takes the value (lfine.schemas.validation).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from lfine.schemas.cures import quoted_override
from lfine.schemas.document import Document, Path, Place, Value
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.schema import node_at
from lfine.schemas.source import check_characters
from lfine.schemas.yaml_text import compose

# No key of a task stands deeper than four; a longer path would only fill the stack.
_KEY_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*){0,9}\Z")


@dataclass(frozen=True)
class Overridden:
    """What came of the overrides."""

    document: Document
    problems: tuple[Problem, ...]
    """Arguments that could not be understood, or do not fit the file; they change nothing."""


def apply_overrides(document: Document, arguments: Sequence[str]) -> Overridden:
    """Return the document with the values of `key.path=value` arguments, later ones over earlier ones."""
    problems: list[Problem] = []
    for argument in arguments:
        try:
            path, value = parse_override(argument)
            document = _with_value(document, path, value, f"--set {argument}")
        except TaskError as error:
            problems += error.problems
    return Overridden(document, tuple(problems))


def parse_override(argument: str) -> tuple[Path, Value]:
    """Return the path and the value of `key.path=value`; raise TaskError (LF111) where it is not that."""
    key, equals, text = argument.partition("=")
    if not equals or not _KEY_PATH.match(key.strip()):
        message = f"an override must be `key.path=value`, got `{argument}`"
        raise _bad(f"--set {argument}", message, "write for instance `--set trainer.epochs=3`")
    try:
        check_characters(text, "")
        reading = compose(text, "")
    except TaskError as error:
        message = f"the value of `{key}` is not YAML: {error.problems[0].message}"
        raise _bad(f"--set {argument}", message, quoted_override(argument)) from None
    if reading.problems:
        raise _bad(f"--set {argument}", reading.problems[0].message, reading.problems[0].cure)
    return tuple(key.strip().split(".")), reading.document.value if reading.document else None


def _bad(argument: str, message: str, cure: str) -> TaskError:
    return TaskError(Problem("LF111", message, cure, file=argument))


def _with_value(document: Document, path: Path, value: Value, argument: str) -> Document:
    root = deepcopy(document.value)
    parent = root
    for length, part in enumerate(path[:-1], start=1):
        child = _as_mapping(parent, path[:length], argument)
        if isinstance(parent, dict):
            parent[str(part)] = child
        parent = child
    if not isinstance(parent, dict):  # the file as a whole is no mapping; validation says so
        return document
    parent[str(path[-1])] = value
    overrides = {given: text for given, text in document.overrides.items() if given[: len(path)] != path}
    return replace(
        document, value=root, places=_without(document.places, path), overrides={**overrides, path: argument}
    )


def _as_mapping(parent: Value, path: Path, argument: str) -> Value:
    """Return the value of `path` made ready to take a key: null becomes a mapping, `x` becomes `{name: x}`."""
    child = parent.get(str(path[-1])) if isinstance(parent, dict) else None
    if child is None:
        return {}
    if isinstance(child, dict):
        return child
    bare = (node_at(path) or {}).get("x-bare")
    if bare is not None:
        return {bare: child}
    name = ".".join(str(part) for part in path)
    what = "a list" if isinstance(child, list) else "a single value"
    raise _bad(argument, f"`{name}` is {what} and has no keys", f"set it whole: `--set {name}=…`")


def _without(places: Mapping[Path, Place], path: Path) -> dict[Path, Place]:
    return {place: spans for place, spans in places.items() if place[: len(path)] != path}
