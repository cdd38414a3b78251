"""Which tasks a command does: files and folders of them, less those that --only and --skip leave out.

    select_tasks(["task_configs/lora_land"], only=["glue_cola"], skip=[])
      ─▶  Selection(tasks=(Selected("glue_cola", Path("task_configs/lora_land/glue_cola.yaml")),), many=True)

A file that cannot be read is selected too, under its stem: the command that needs it says what is wrong with it.
*Not here:* doing something with them (lfine.cli.several).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.schemas.errors import TaskError
from lfine.schemas.loading import check_task
from lfine.schemas.problems import Problem
from lfine.schemas.suggestions import did_you_mean
from lfine.validating import task_files

SHOWN = 12
"""Task names listed where none is near."""


@dataclass(frozen=True)
class Selected:
    name: str
    """Of the task: its `name`, or the file's stem."""
    path: Path


@dataclass(frozen=True)
class Selection:
    tasks: tuple[Selected, ...]
    many: bool
    """A folder or several files were given, however few of them are left."""


def select_tasks(
    paths: Sequence[str], *, only: Sequence[str] = (), skip: Sequence[str] = (), overrides: Sequence[str] = ()
) -> Selection:
    """Return the tasks in the order given, those of a folder by their path.

    Raises TaskError: LF108 a folder without a task file, LF119 two files with the same task name, LF120 a name in
    `only` or `skip` that no task has, LF121 nothing is left.
    """
    many = len(paths) > 1 or any(Path(text).is_dir() for text in paths)
    if not many and not only and not skip:
        return Selection((Selected(Path(paths[0]).stem, Path(paths[0])),), many)
    files = dict.fromkeys(file for text in paths for file in task_files(Path(text)))
    tasks = [Selected(_name(path, overrides), path) for path in files]
    if many:
        _require_names_apart(tasks)
    _require_known("--only", only, tasks)
    _require_known("--skip", skip, tasks)
    left = tuple(each for each in tasks if (not only or each.name in only) and each.name not in skip)
    if not left:
        message = f"--only and --skip leave none of the {len(tasks)} tasks"
        raise TaskError(Problem("LF121", message, "name fewer in --skip, or others in --only"))
    return Selection(left, many)


def _name(path: Path, overrides: Sequence[str]) -> str:
    loaded, _ = check_task(path, overrides)
    return path.stem if loaded is None else loaded.task.name


def _require_names_apart(tasks: Iterable[Selected]) -> None:
    """Runs are found by the name of their task: two of one name would take each other's for their own."""
    seen: dict[str, Path] = {}
    problems = []
    for each in tasks:
        first = seen.setdefault(each.name, each.path)
        if first != each.path:
            message = f"the task {each.name!r} is also that of {first}: their runs could not be told apart"
            problems.append(Problem("LF119", message, "give one of them another `name`", file=str(each.path)))
    if problems:
        raise TaskError(*problems)


def _require_known(option: str, names: Sequence[str], tasks: Sequence[Selected]) -> None:
    known = [each.name for each in tasks]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise TaskError(
            *(Problem("LF120", f"{option} {name}: no task has this name", _near(name, known)) for name in unknown)
        )


def _near(name: str, known: Sequence[str]) -> str:
    listed = ", ".join(known[:SHOWN]) + (", …" if len(known) > SHOWN else "")
    return did_you_mean(name, known) or f"name one of {listed}"
