"""The way in: a task file becomes a LoadedTask, or a list of everything that is wrong with it.

    loaded = load_task("viggo.yaml", ["trainer.epochs=1"])
    loaded.task.trainer.epochs == 1.0
    loaded.origin("trainer.epochs") == "--set trainer.epochs=1"

*Not here:* the steps themselves (lfine.schemas.source, yaml_text, overrides, validation, building), the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.schemas.building import build_task
from lfine.schemas.document import Document, path_of
from lfine.schemas.errors import TaskError
from lfine.schemas.overrides import apply_overrides
from lfine.schemas.problems import Problem, Severity
from lfine.schemas.source import read_source
from lfine.schemas.task import Task
from lfine.schemas.validation import validate_document
from lfine.schemas.wording import source_of
from lfine.schemas.yaml_text import compose

__all__ = ["LoadedTask", "check_task", "load_task"]


@dataclass(frozen=True)
class LoadedTask:
    """A valid task, and where in its file each value stands."""

    task: Task
    document: Document
    file: Path
    """As the user named it."""
    folder: Path
    """Where relative data paths are looked for first."""

    def problem(self, code: str, path: str, message: str, cure: str, severity: Severity = "error") -> Problem:
        """Return a problem placed at the value of a dotted path, or at its nearest parent that is written."""
        return self.document.problem(code, path_of(path), message=message, cure=cure, severity=severity)

    def origin(self, path: str) -> str:
        """Return where the value of a dotted path comes from: `viggo.yaml:14`, `--set …` or `default`."""
        parts = path_of(path)
        for length in range(len(parts), 0, -1):
            override = self.document.overrides.get(parts[:length])
            if override is not None:
                return override if self._says(path) else "default"
        span = self.document.span(parts)
        return f"{self.document.file}:{span.line}" if span is not None and self._says(path) else "default"

    def source_of_value(self, path: str) -> str:
        """Return a value as it was written, quotes included; empty for a default."""
        return source_of(self.document, path_of(path)) if self._says(path) else ""

    def _says(self, path: str) -> bool:
        """Tell whether the file or the command line says the value, in full or as a bare `output_feature: column`."""
        parts = path_of(path)
        bare = path == "output_feature.name" and isinstance(self.document.at(parts[:1]), str)
        return bare or parts in self.document.places or self.document.has(parts)


def check_task(path: str | Path, overrides: Sequence[str] = ()) -> tuple[LoadedTask | None, list[Problem]]:
    """Return the task, None if it has errors, and all problems of the file, warnings included."""
    file = str(path)
    try:
        reading = compose(read_source(file), file)
    except TaskError as error:
        return None, list(error.problems)
    if reading.document is None:
        empty = Problem("LF108", "the file is empty", "write a task, or begin with `lfine init`", file=file)
        return None, [*reading.problems, empty]
    overridden = apply_overrides(reading.document, overrides)
    document = overridden.document
    problems = [*reading.problems, *overridden.problems, *validate_document(document)]
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    source = Path(path)
    return LoadedTask(build_task(document.value, stem=source.stem), document, source, source.parent), problems


def load_task(path: str | Path, overrides: Sequence[str] = ()) -> LoadedTask:
    """Return the task; raise TaskError with every problem of the file where there is an error."""
    loaded, problems = check_task(path, overrides)
    if loaded is None:
        raise TaskError(*problems)
    return loaded
