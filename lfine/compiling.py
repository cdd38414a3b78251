"""`lfine compile`: from a task file to a plan, with the base model's folder found or fetched.

    compile_file(Path("task.yaml"), ["trainer.epochs=1"], fetch=False) -> CompiledTask(plan=…, rows=…, prepared=…)

*Not here:* the passes (lfine.finetune.compile).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.finetune.catalogue.sources import local_folder, needed_folder, resolve_source
from lfine.finetune.compile.compiling import Source, compile_task
from lfine.finetune.compile.fitting import CompiledRows
from lfine.finetune.compile.machine import Machine, this_machine
from lfine.finetune.compile.plan import Plan
from lfine.finetune.compile.prepare import Prepared, PreparedRows, prepare_model, prepare_rows
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
    skip_bad_rows: int = 0,
    score_only: bool = False,
) -> CompiledTask:
    """Load, prepare and compile one task file; with `fetch` a base model that is not here is pulled first.

    `machine` is what the plan is for (None: this one); `allow_code` lets a model run code that comes with it;
    `skip_bad_rows` lines of the data may be left out; with `score_only` there may be no
    training rows, and the rows to score decide lengths in their place. Warnings go to stderr.
    Raises TaskError, MachineError with every problem of the stage that failed.
    """
    loaded, noticed = checked_task(path, overrides, skip_bad_rows=skip_bad_rows)
    source = Source(loaded.task, loaded.folder, loaded.origin, place_of(loaded))
    rows = _rows(source, skip_bad_rows, score_only=score_only)
    folder = model_folder(loaded.task, loaded.folder, fetch=fetch, place=source.place, allow_code=allow_code)
    model = prepare_model(loaded.task, folder, rows)
    prepared = Prepared(rows, model)
    lent = prepared if rows.sample else _lent(prepared)
    compiled = compile_task(replace(source, task=lent.rows.task), lent, machine or this_machine())
    warn((*noticed, *compiled.warnings))
    return CompiledTask(compiled.plan, compiled.rows, prepared, loaded.text)


def _rows(source: Source, skip_bad_rows: int, *, score_only: bool) -> PreparedRows:
    """Read and divide the data; with `score_only` they may be without training rows."""
    task = source.task
    needed = needed_splits(task)
    try:
        return prepare_rows(task, source.folder, needed=needed, skip_bad_rows=skip_bad_rows, place=source.place)
    except TaskError as error:
        if not score_only or {each.code for each in error.problems if each.severity == "error"} != {"LF305"}:
            raise
        only = (task.evaluation.split,)
        rows = prepare_rows(task, source.folder, needed=only, skip_bad_rows=skip_bad_rows, place=source.place)
        if rows.sample:
            raise
        return rows


def _lent(prepared: Prepared) -> Prepared:
    """Let the rows to score decide lengths where no training row can; none of them is shown as an example."""
    rows = prepared.rows
    evaluation = rows.task.evaluation
    say("there are no training rows: lengths and the limit of an answer are found from the rows to score")
    baselines = tuple(name for name in evaluation.baselines if name != "few_shot")
    task = replace(rows.task, evaluation=replace(evaluation, baselines=baselines))
    sample = rows.splits.rows(evaluation.split)
    return replace(prepared, rows=replace(rows, task=task, sample=sample))


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
