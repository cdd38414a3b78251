"""Refuse before anything is loaded what the training stage could not do, every problem at its place in the task file.

    start = start_of(task, folder, place)               # adapter.from, found and hashed
    check_trainable(task, training, metrics, place)     # TaskError with all problems, or MachineError

*Not here:* what contradicts itself within the file (lfine.schemas.sense), deciding (passes.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lfine.finetune.compile.adapter_start import adapter_problems, read_adapter_start
from lfine.finetune.compile.optimizers import optimizer_problems
from lfine.finetune.compile.plan import AdapterStart, TrainingPlan
from lfine.finetune.compile.selection import selection_problems
from lfine.finetune.data.places import Place
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice, Task


def start_of(task: Task, folder: Path, place: Place) -> AdapterStart | None:
    """Return the adapter that training goes on from; TaskError LF293 where there is none at that place."""
    if task.adapter is None or task.adapter.from_ is None:
        return None
    try:
        return read_adapter_start(task.adapter.from_, folder)
    except TaskError as error:
        raise TaskError(*placed(error.problems, place)) from None


def check_trainable(task: Task, training: TrainingPlan, metrics: Sequence[MetricChoice], place: Place) -> None:
    """Raise TaskError for what the task asks for and cannot be, MachineError for what this device cannot."""
    try:
        problems = [] if training.adapter is None else adapter_problems(training.adapter)
    except TaskError as error:
        problems = list(error.problems)
    problems += selection_problems(task.trainer, metrics, training.data.validation_rows)
    if problems:
        raise TaskError(*placed(problems, place))
    missing = optimizer_problems(training.optimizer.type, training.machine.device)
    if missing:
        raise MachineError(*placed(missing, place))


def placed(problems: Sequence[Problem], place: Place) -> list[Problem]:
    """Return problems with file and line."""
    return [place(each.code, each.path, each.message, each.cure) for each in problems]
