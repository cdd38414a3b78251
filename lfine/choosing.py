"""Which model a command means, and what it was trained as: a run, an adapter from anywhere, the base model, none here.

    run_folder(task, options)  ─▶  runs/viggo/20261122T091500Z      the latest finished one, or that of --run
    source_of(loaded, plan)  ─▶  Source(task with the training half of the run, …); what differs is said

*Not here:* opening the run (lfine.reopening), asking the model (lfine.evaluating, lfine.predicting).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from lfine.changes import differences
from lfine.compiling import place_of, say
from lfine.finetune.compile.compiling import Source
from lfine.finetune.compile.plan import Plan
from lfine.runs import FINISHED, latest_run, no_run, read_run, runs_folder
from lfine.schemas.errors import RunError, TaskError, UsageError
from lfine.schemas.loading import LoadedTask
from lfine.schemas.problems import Problem
from lfine.schemas.records import to_json
from lfine.schemas.task import Task

TRAINING_KEYS = (
    "base_model",
    "dataset",
    "prompt",
    "output_feature",
    "preprocessing",
    "adapter",
    "quantization",
    "trainer",
)
"""The half of a task that a run has settled."""


class Choice(Protocol):
    """The options that name a model."""

    @property
    def runs_dir(self) -> str | None: ...
    @property
    def run(self) -> str | None: ...
    @property
    def adapter(self) -> str | None: ...
    @property
    def base(self) -> bool: ...
    @property
    def endpoint(self) -> object | None:
        """A model that is not here: a run is looked for, for what it was trained on, and none is needed."""


def refuse_several(options: Choice, others: Mapping[str, object] | None = None) -> None:
    """Refuse options that exclude each other: UsageError LF115; `others` are further ones and their values."""
    whose: dict[str, object] = {"--run": options.run, "--adapter": options.adapter}
    whose |= {**(others or {}), "--endpoint": options.endpoint, "--base": options.base or None}
    named = [name for name, value in whose.items() if value is not None]
    if len(named) > 1 and named not in (["--run", "--base"], ["--run", "--endpoint"]):
        message = f"{' and '.join(named)} exclude each other: each names another model"
        raise UsageError(Problem("LF115", message, "give one of them"))


def run_folder(task: Task, options: Choice) -> Path | None:
    """Return the run that is meant; None where none is needed and none is there.

    TaskError LF501, LF502 where --run names none that can be used; RunError LF501 where none is named or there.
    """
    if options.adapter is not None:
        return None
    bare = options.base or options.endpoint is not None
    if options.run is not None:
        folder = Path(options.run).resolve()
        record = read_run(folder)
        if record.task != task.name:
            message = f"the run {folder} is of task {record.task!r}, and this is {task.name!r}"
            raise TaskError(Problem("LF502", message, f"name a run of {task.name}, or the task file of {record.task}"))
        if record.status != FINISHED and not bare:
            message = f"the run {folder} has no adapter: it is {record.status}, not finished"
            raise TaskError(Problem("LF501", message, "lfine train TASK --resume, or name a finished run"))
        return folder
    runs = runs_folder(options.runs_dir)
    folder_or_none = latest_run(runs, task.name)
    if folder_or_none is None and not bare:
        raise RunError(no_run(runs, task.name))
    return folder_or_none


def settled(written: Task, trained: Task) -> Task:
    """Return the task with the training half of the run; say which keys file and --set give otherwise now."""
    halves = [{key: to_json(getattr(task, key)) for key in TRAINING_KEYS} for task in (trained, written)]
    changed = differences(*halves)
    if changed:
        say("the run was trained with other values than task file and --set give now; the run's own are used:")
        say("\n".join(f"  {line}" for line in changed))
    return replace(written, **{key: getattr(trained, key) for key in TRAINING_KEYS})


def source_of(loaded: LoadedTask, plan: Plan) -> Source:
    """Return the task as a run has settled it, in the folder where its relative paths begin."""
    folder = Path(plan.folder) if Path(plan.folder).is_dir() else loaded.folder  # the run may come from elsewhere
    return Source(settled(loaded.task, plan.task), folder, loaded.origin, place_of(loaded))


def adapter_folder(given: Path) -> Path:
    """Return the adapter's folder, a run folder means the adapter in it; TaskError LF503 where there is no folder."""
    if not given.is_dir():
        raise TaskError(Problem("LF503", f"there is no adapter folder {str(given)!r}", "correct the path"))
    return given / "adapter" if (given / "run.json").is_file() else given
