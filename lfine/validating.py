"""`lfine validate`: every problem of every file, from the files' text and the data's headers; no model, no torch.

    validate_paths([Path("task_configs")], overrides=(), data=False) -> Validation(files=3, problems=(…))

*Not here:* the checks themselves (lfine.schemas, lfine.finetune.compile.headers).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.finetune.catalogue.sources import near_entry, resolve_source
from lfine.finetune.compile.headers import header_problems, metric_problems, module_problems
from lfine.finetune.data.tables import read_header
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.extending import fragment_problem
from lfine.schemas.loading import LoadedTask, check_task
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.schemas.fixing import Change

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Validation:
    files: int
    """Task files looked at."""
    names: tuple[str, ...]
    """Their names, as they were given or found."""
    problems: tuple[Problem, ...]
    """Errors and warnings of all of them, file by file; one of a file that several tasks extend stands once."""
    changes: tuple[Change, ...] = ()
    """What `fix` changed, file by file."""

    @property
    def failed(self) -> bool:
        """Whether there is an error among the problems."""
        return any(problem.severity == "error" for problem in self.problems)


def validate_paths(
    paths: Iterable[Path],
    overrides: Sequence[str] = (),
    *,
    data: bool = False,
    fix: bool = False,
    skip_bad_rows: int = 0,
) -> Validation:
    """Check task files; a folder is searched for YAML, fragments (names beginning with `_`) left out.

    With `data` the rows are read and checked too, but for `skip_bad_rows` lines that are none; with `fix` the
    sure cures are applied to the files before.
    """
    files: list[Path] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            files += task_files(path)
        except TaskError as error:  # one folder without tasks does not hide the problems of the others
            problems += error.problems
    changes = _mended(files, overrides) if fix else ()
    found = [check_file(file, overrides, data=data, skip_bad_rows=skip_bad_rows)[1] for file in files]
    problems += [problem for each in found for problem in each]
    return Validation(len(files), tuple(str(file) for file in files), tuple(dict.fromkeys(problems)), changes)


def _mended(files: Sequence[Path], overrides: Sequence[str]) -> tuple[Change, ...]:
    from lfine.schemas.fixing import fix_file

    return tuple(change for file in files for change in fix_file(file, overrides))


def task_files(path: Path) -> list[Path]:
    """Return the task files that a path means; TaskError LF108 for a folder without one."""
    if not path.is_dir():
        return [path]
    found = sorted(
        file for suffix in SUFFIXES for file in path.rglob(f"*{suffix}") if not file.name.startswith(("_", "."))
    )
    if not found:
        problem = Problem("LF108", "the folder holds no .yaml or .yml file", "name a task file", file=str(path))
        raise TaskError(problem)
    return found


def check_file(
    path: Path, overrides: Sequence[str] = (), *, data: bool = False, skip_bad_rows: int = 0
) -> tuple[LoadedTask | None, list[Problem]]:
    """Return the task and all problems of file, header and, with `data`, rows.

    The task is None when its file has errors, and for a fragment.
    """
    loaded, problems = check_task(path, overrides)
    if loaded is None:
        return None, problems
    problems = [*problems, *metric_problems(loaded), *module_problems(loaded), *_model(loaded)]
    problems += _header(loaded, skip_bad_rows, must_exist=data)
    if data and not any(problem.severity == "error" for problem in problems):
        problems += _rows(loaded, skip_bad_rows)
    return loaded, sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _model(loaded: LoadedTask) -> list[Problem]:
    """Name a misspelt name of the catalogue; folders and hub ids may be elsewhere than on this machine."""
    name = loaded.task.base_model.id
    if "/" in name or name.endswith(".gguf") or not near_entry(name):
        return []
    try:
        resolve_source(name, loaded.folder)
    except TaskError as error:
        return [loaded.problem(each.code, each.path, each.message, each.cure) for each in error.problems]
    return []


def checked_task(
    path: Path, overrides: Sequence[str] = (), *, skip_bad_rows: int = 0
) -> tuple[LoadedTask, list[Problem]]:
    """Return a task whose file and header are in order, and warnings; TaskError with all problems otherwise."""
    loaded, problems = check_file(path, overrides, skip_bad_rows=skip_bad_rows)
    errors = [problem for problem in problems if problem.severity == "error"]
    if loaded is None or errors:
        raise TaskError(*(errors or [fragment_problem(path)]))
    return loaded, problems


def _header(loaded: LoadedTask, skip_bad_rows: int, *, must_exist: bool) -> list[Problem]:
    """Check the columns; what cannot be looked at here and now is a warning, not a guess."""
    if loaded.task.dataset.hub is not None:
        return []
    try:
        columns = read_header(loaded.task.dataset, loaded.folder, skip_bad_rows=skip_bad_rows, place=loaded.problem)
    except TaskError as error:
        elsewhere = not must_exist and _may_lie_elsewhere(loaded)
        return [_not_checked(each) if elsewhere and each.code == "LF301" else each for each in error.problems]
    except MachineError as error:
        return [_not_checked(each) for each in error.problems]
    return header_problems(loaded, columns)


def _may_lie_elsewhere(loaded: LoadedTask) -> bool:
    """A bare file name is looked for in LFINE_DATA, so without that variable its absence proves nothing."""
    dataset = loaded.task.dataset
    names = [name for name in (dataset.path, dataset.train, dataset.validation, dataset.test) if name is not None]
    return "LFINE_DATA" not in os.environ and all(Path(name).name == name for name in names)


def _not_checked(problem: Problem) -> Problem:
    message = f"the columns were not checked: {problem.message}"
    return replace(problem, severity="warning", message=message)


def _rows(loaded: LoadedTask, skip_bad_rows: int) -> list[Problem]:
    from lfine.compiling import needed_splits
    from lfine.finetune.compile.prepare import prepare_rows
    from lfine.finetune.data.held_out import fewer_than_asked

    task = loaded.task
    try:
        needed = needed_splits(task)
        rows = prepare_rows(task, loaded.folder, needed=needed, skip_bad_rows=skip_bad_rows, place=loaded.problem)
    except TaskError as error:
        return list(error.problems)
    wanted = task.evaluation.sample_size
    few = fewer_than_asked(rows.held_out(), wanted, origin=loaded.origin, place=loaded.problem)
    return [*rows.warnings, *few]
