"""`--set key.path=value`: single values of a task file given on the command line.

    apply_overrides(document, ["trainer.epochs=1", "adapter=null"]).document.at(("trainer", "epochs")) == 1

A value is read by the YAML rules of the file. It counts as written at that place: it is validated with the rest, and a
problem with it names the argument in place of a file.

*Not here:* whether the key exists and takes the value (lfine.schemas.validation).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from lfine.schemas.document import Document, Path, Place, Value, dotted, path_of
from lfine.schemas.errors import TaskError
from lfine.schemas.merging import as_mapping, without
from lfine.schemas.problems import Problem
from lfine.schemas.source import check_characters
from lfine.schemas.yaml_text import compose

# A plain name, then names of any letters (columns have those), quoted names and numbers of items. No key of a task
# stands deeper than five; a longer path would only fill the stack.
_PART = r'\.[^.\[\]"\s]([^.\[\]"\n\r\t]*[^.\[\]"\s])?|\[[0-9]{1,5}\]|\["[^"\\\n\r\t]+"\]'
_KEY_PATH = re.compile(rf"[A-Za-z_][\w-]*({_PART}){{0,9}}\Z")


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
    if key.strip() == "extends":
        message = "`extends` stands in the file only: overrides are laid over what it says"
        raise _bad(f"--set {argument}", message, "write `extends` into the task file")
    return path_of(key.strip()), reading.document.value if reading.document else None


def quoted_override(argument: str) -> str:
    """Return the cure for an override whose value was meant as text but means something to YAML."""
    key, _, text = argument.partition("=")
    return f"put the value in double quotes inside single ones: --set '{key}=\"{text}\"'"


def _bad(argument: str, message: str, cure: str) -> TaskError:
    return TaskError(Problem("LF111", message, cure, file=argument))


def _with_value(document: Document, path: Path, value: Value, argument: str) -> Document:
    if not isinstance(document.value, dict):  # validation says so
        return document
    root, places = deepcopy(document.value), dict(document.places)
    parent: Value = root
    for length in range(1, len(path)):
        parent = _opened(parent, path[:length], places, argument)
    _put(parent, path, value, argument)
    overrides = {given: text for given, text in document.overrides.items() if given[: len(path)] != path}
    return replace(document, value=root, places=without(places, path), overrides={**overrides, path: argument})


def _opened(parent: Value, path: Path, places: dict[Path, Place], argument: str) -> Value:
    """Return the value at `path` made ready to take a key: null becomes a mapping, `x` becomes `{name: x}`."""
    last = path[-1]
    child: Value = None
    if isinstance(parent, dict) and isinstance(last, str):
        child = parent.get(last)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        child = parent[last]
    child = {} if child is None else as_mapping(child, path, places)
    _put(parent, path, child, argument)
    return child


def _put(parent: Value, path: Path, value: Value, argument: str) -> None:
    last, name = path[-1], dotted(path[:-1])
    if isinstance(parent, dict) and isinstance(last, str):
        parent[last] = value
        return
    if not isinstance(parent, list) or not isinstance(last, int) or last >= len(parent):
        what = "a mapping" if isinstance(parent, dict) else "a list" if isinstance(parent, list) else "a single value"
        lacks = "has no keys" if isinstance(last, str) else f"has no item {last}"
        raise _bad(argument, f"`{name}` is {what} and {lacks}", f"set it whole: `--set {name}=…`")
    parent[last] = value
