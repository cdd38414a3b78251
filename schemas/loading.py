"""The way in: a task file becomes a LoadedTask, or a list of everything that is wrong with it.

    loaded = load_task("viggo.yaml", ["trainer.epochs=1"])
    loaded.task.trainer.epochs == 1.0
    loaded.origin("trainer.epochs") == "--set trainer.epochs=1"

*Not here:* the steps themselves (lfine.schemas.source, extending, overrides, validation, building), the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.schemas.building import build_task
from lfine.schemas.document import Document, path_of
from lfine.schemas.errors import TaskError
from lfine.schemas.extending import fragment_problem, is_fragment, read_chain
from lfine.schemas.overrides import apply_overrides
from lfine.schemas.problems import Problem, Severity
from lfine.schemas.schema import bare_key, node_at
from lfine.schemas.source import read_source
from lfine.schemas.task import Task
from lfine.schemas.validation import bounded, validate_document
from lfine.schemas.wording import source_of

__all__ = ["LoadedTask", "check_task", "check_text", "load_task"]


@dataclass(frozen=True)
class LoadedTask:
    """A valid task, and where in its file each value stands."""

    task: Task
    document: Document
    """With the files that it extends, and the overrides of the command line."""
    written: Document
    """Without the overrides."""
    file: Path
    """As the user named it."""
    folder: Path
    """Where relative data paths are looked for first, those of extended files too."""

    @property
    def text(self) -> str:
        """The task file as written; where it extends others, one file that says the same without them."""
        if not self.written.extended:
            return self.written.text
        from lfine.schemas.writing import document_text  # only what trains needs it

        return document_text(self.written)

    def problem(self, code: str, path: str, message: str, cure: str, severity: Severity = "error") -> Problem:
        """Return a problem placed at the value of a dotted path, or at its nearest parent that is written."""
        return self.document.problem(code, path_of(path), message=message, cure=cure, severity=severity)

    def origin(self, path: str) -> str:
        """Return where the value of a dotted path comes from: `viggo.yaml:14`, `--set …` or `default`."""
        parts = path_of(path)
        for length in range(len(parts), 0, -1):
            override = self.document.overrides.get(parts[:length])
            if override is not None:
                return override if self._says(parts) else "default"
        span = self.document.span(parts)
        file = self.document.source(parts).file
        return f"{file}:{span.line}" if span is not None and self._says(parts) else "default"

    def source_of_value(self, path: str) -> str:
        """Return a value as it was written, quotes included; empty for a default."""
        parts = path_of(path)
        return source_of(self.document, parts[:-1] if self._is_bare(parts) else parts) if self._says(parts) else ""

    def _says(self, parts: tuple[str | int, ...]) -> bool:
        """Tell whether the file or the command line says the value, in full or as a bare `output_feature: column`."""
        given = parts in self.document.places or self.document.has(parts) or self.document.at(parts) is not None
        return given or self._is_bare(parts)

    def _is_bare(self, parts: tuple[str | int, ...]) -> bool:
        """Tell whether `output_feature.name` was written as `output_feature: column`."""
        parent = self.document.at(parts[:-1])
        scalar = parent is not None and not isinstance(parent, dict | list)
        return scalar and bare_key(node_at(parts[:-1]) or {}) == parts[-1]


def check_task(path: str | Path, overrides: Sequence[str] = ()) -> tuple[LoadedTask | None, list[Problem]]:
    """Return the task, None if it has errors or is a fragment, and all problems of the file, warnings included."""
    try:
        text = read_source(str(path))
    except TaskError as error:
        return None, list(error.problems)
    return check_text(text, path, overrides)


def check_text(text: str, path: str | Path, overrides: Sequence[str] = ()) -> tuple[LoadedTask | None, list[Problem]]:
    """Check a text as if it stood in the file `path`; the files that it extends are read."""
    file = str(path)
    try:
        chain = read_chain(text, file)
    except TaskError as error:
        return None, list(error.problems)
    if chain.document is None:
        empty = Problem("LF108", "the file is empty", "write a task, or begin with `lfine init`", file=file)
        return None, [*chain.problems, empty]
    overridden = apply_overrides(chain.document, overrides)
    document, fragment = overridden.document, is_fragment(file)
    found = validate_document(document, fragment=fragment or not chain.complete)
    read = bounded([*chain.problems, *overridden.problems], file)
    problems = sorted([*read, *found], key=_by_place(file))
    if fragment or any(problem.severity == "error" for problem in problems):
        return None, problems
    source = Path(path)
    task = build_task(document.value, stem=source.stem)
    return LoadedTask(task, document, chain.document, source, source.parent), problems


def _by_place(file: str) -> Callable[[Problem], tuple[bool, str, int, int]]:
    """Return the order of problems: what has no line, then this file, then those that it extends, each by line."""

    def place(problem: Problem) -> tuple[bool, str, int, int]:
        other = problem.line is not None and problem.file != file
        return other, (problem.file or "") * other, problem.line or 0, problem.column or 0

    return place


def load_task(path: str | Path, overrides: Sequence[str] = ()) -> LoadedTask:
    """Return the task; raise TaskError with every problem of the file where there is an error, or for a fragment."""
    loaded, problems = check_task(path, overrides)
    if loaded is None:
        raise TaskError(*(problems or [fragment_problem(path)]))
    return loaded
