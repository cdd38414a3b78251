"""`extends: _base.yaml`: a task file read together with the files that it is laid over.

    read_chain("base_model: m\\nextends: _base.yaml\\n", "tasks/sql.yaml")  →  Chain(document, (), complete=True)

The name is looked up from the folder of the file that says it; a file that is extended may extend another one. Files
whose name begins with `_` are fragments: parts of tasks that need no key.

*Not here:* how two files become one (lfine.schemas.merging), judging what comes of it (lfine.schemas.validation).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from lfine.schemas.document import Document
from lfine.schemas.errors import TaskError
from lfine.schemas.merging import merged
from lfine.schemas.problems import Problem
from lfine.schemas.source import read_source
from lfine.schemas.validation import validate_document
from lfine.schemas.yaml_text import Duplicate, compose

MAX_CHAIN = 8
"""Files of one chain; more layers than a reader can hold in mind are a mistake."""
_EXTENDS = ("extends",)
_NAME = re.compile("`([^`]+)`")


@dataclass(frozen=True)
class Chain:
    """What came of a file and those that it extends."""

    document: Document | None
    """All of them merged; None for a file without any value."""
    problems: tuple[Problem, ...]
    """Of reading; their places are in the file that they are about."""
    complete: bool
    """Whether every extended file could be read; where not, missing keys prove nothing."""
    duplicates: tuple[Duplicate, ...] = ()
    """Keys that stand twice in the first file."""


def is_fragment(file: str | Path) -> bool:
    """Tell whether a file is a part of tasks by its name: `_base.yaml`."""
    return Path(file).name.startswith("_")


def fragment_problem(file: str | Path) -> Problem:
    """Return why a fragment cannot be compiled or trained."""
    name = Path(file).name
    message = "a file whose name begins with `_` is a fragment for other tasks, not a whole task"
    cure = f"name a task that says `extends: {name}`, or rename the file"
    return Problem("LF117", message, cure, file=str(file))


def read_chain(text: str, file: str) -> Chain:
    """Return the document of `text` laid over the files that it extends; raise TaskError where it is not YAML."""
    return _chain(text, file, ())


def _chain(text: str, file: str, above: tuple[str, ...]) -> Chain:
    reading = compose(text, file)
    document = reading.document
    name = document.at(_EXTENDS) if document is not None else None
    if document is None or not isinstance(name, str) or not name.strip():  # what is no name: validation says so
        return Chain(document, reading.problems, complete=True, duplicates=reading.duplicates)
    base, problems = _extended(document, name, (*above, file))
    if base is not None and base.document is not None:
        document = merged(document, base.document)
    complete = base is not None and base.complete and base.document is not None
    return Chain(document, (*reading.problems, *problems), complete, reading.duplicates)


def _extended(document: Document, name: str, chain: tuple[str, ...]) -> tuple[Chain | None, tuple[Problem, ...]]:
    """Return the chain below `document`, None where there is none, and the problems of reading it."""
    file = _neighbour(name, document.file)
    same = next((place for place, each in enumerate(chain) if _is_same(each, file)), None)
    if same is not None:
        circle = " → ".join([*chain[same:], file])
        return None, (_at(document, "LF118", f"files extend each other in a circle: {circle}", "remove one `extends`"),)
    if len(chain) >= MAX_CHAIN:
        message = f"more than {MAX_CHAIN} files extend one another: {' → '.join([*chain, file])}"
        return None, (_at(document, "LF118", message, "merge some of them into one file"),)
    try:
        below = _chain(read_source(file), file, chain)
    except TaskError as error:
        return None, tuple(_placed(document, each) for each in error.problems)
    if below.document is None:
        return None, (*below.problems, _at(document, "LF108", f"`{file}` is empty", "name a task file or a fragment"))
    if not isinstance(below.document.value, dict):
        return None, (*below.problems, *validate_document(below.document))
    return below, below.problems


def _neighbour(name: str, file: str) -> str:
    """Return the path of a file named in `file`, without needless `..` where the same file is meant."""
    joined = os.path.join(os.path.dirname(file), name)  # noqa: PTH118, PTH120 (Path drops a leading `./`)
    plain = os.path.normpath(joined)
    return plain if _is_same(plain, joined) else joined


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.realpath(one) == os.path.realpath(other)
    except (OSError, ValueError):  # ValueError: a name with a null character
        return False


def _placed(document: Document, problem: Problem) -> Problem:
    """Return a problem inside an extended file as it is, one of a file that cannot be read at its `extends`."""
    if problem.line is not None or problem.file == document.file:
        return problem
    folder = os.path.dirname(document.file) or "."  # noqa: PTH120 (as it is named, not as it is)
    cure = _NAME.sub(lambda match: f"`{os.path.relpath(match[1], folder)}`", problem.cure)
    return _at(document, problem.code, f"extends names `{problem.file}`: {problem.message}", cure)


def _at(document: Document, code: str, message: str, cure: str) -> Problem:
    return document.problem(code, _EXTENDS, message=message, cure=cure)
