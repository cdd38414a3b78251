"""`lfine compile`: from a task file to a plan, with the base model's folder found or fetched.

    compile_file(Path("task.yaml"), ["trainer.epochs=1"], fetch=False) -> CompiledTask(plan=…, rows=…, prepared=…)

*Not here:* the passes (lfine.finetune.compile).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.catalogue.sources import local_folder, needed_folder, resolve_source
from lfine.finetune.compile.compiling import Source, compile_task
from lfine.finetune.compile.fitting import CompiledRows
from lfine.finetune.compile.machine import Machine, this_machine
from lfine.finetune.compile.plan import Plan
from lfine.finetune.compile.prepare import Prepared, prepare_model, prepare_rows
from lfine.finetune.data.places import Place
from lfine.schemas.errors import TaskError
from lfine.schemas.loading import LoadedTask
from lfine.schemas.problems import Problem
from lfine.schemas.task import SplitName, Task
from lfine.validating import checked_task


@dataclass(frozen=True)
class CompiledTask:
    """A plan and what it was decided from."""

    plan: Plan
    rows: CompiledRows
    prepared: Prepared
    text: str
    """The task file as written."""


def compile_file(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    fetch: bool = False,
    allow_code: bool = False,
    machine: Machine | None = None,
) -> CompiledTask:
    """Load, prepare and compile one task file; with `fetch` a base model that is not here is pulled first.

    `machine` is what the plan is for (None: this one); `allow_code` lets a model run code that comes with it.
    Warnings go to stderr. Raises TaskError, MachineError with every problem of the stage that failed.
    """
    loaded, noticed = checked_task(path, overrides)
    source = Source(loaded.task, loaded.folder, loaded.origin, place_of(loaded))
    rows = prepare_rows(loaded.task, loaded.folder, needed=needed_splits(loaded.task), place=source.place)
    folder = model_folder(loaded.task, loaded.folder, fetch=fetch, place=source.place, allow_code=allow_code)
    model = prepare_model(loaded.task, folder, rows)
    prepared = Prepared(rows, model)
    compiled = compile_task(source, prepared, machine or this_machine())
    warn((*noticed, *compiled.warnings))
    return CompiledTask(compiled.plan, compiled.rows, prepared, loaded.text)


def place_of(loaded: LoadedTask) -> Place:
    """Return how to place a problem at a key of this task file."""
    return loaded.problem


def needed_splits(task: Task) -> tuple[SplitName, ...]:
    """Return the splits without which the task cannot be trained and scored."""
    return ("train", task.evaluation.split)


def model_folder(task: Task, folder: Path, *, fetch: bool, place: Place, allow_code: bool = False) -> Path:
    """Return the base model's folder; LF402 with the command that fetches it, unless `fetch` does."""
    try:
        source = resolve_source(task.base_model, folder, allow_code=allow_code)
    except TaskError as error:
        raise TaskError(
            *(place(each.code, each.path or "base_model", each.message, each.cure) for each in error.problems)
        ) from None
    if fetch and local_folder(source) is None:
        from lfine.finetune.models.pulling import pull  # torch: only when something must be fetched

        return pull(source, progress=say)
    return needed_folder(source)


def say(line: str) -> None:
    """Say on stderr what takes a while."""
    print(line, file=sys.stderr)


def warn(problems: Sequence[Problem]) -> None:
    """Print warnings on stderr, each once."""
    for text in dict.fromkeys(problem.text() for problem in problems):
        print(text, file=sys.stderr)
