"""A run folder opened again: its rows and its model as they were in training, or what has become of them.

    prepared = reopen(run, plan, source, allow_code=False, skip_bad_rows=0)

*Not here:* finding the run (lfine.runs), loading weights (lfine.finetune.models).
"""

from __future__ import annotations

from pathlib import Path

from lfine.compiling import model_folder, say
from lfine.finetune.compile.compiling import Source, model_identity
from lfine.finetune.compile.plan import Plan
from lfine.finetune.compile.prepare import Prepared, PreparedModel, PreparedRows, prepare_model, prepare_rows
from lfine.runs import DataRecord, read_run
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


def reopen(run: Path, plan: Plan, source: Source, *, allow_code: bool, skip_bad_rows: int) -> Prepared:
    """Return the rows and the model of a run; `source.task` has the training half of its plan.

    Raises RunError: LF502 another base model, LF506 another prompt than the run was trained with.
    """
    task = source.task
    trained = read_run(run).data
    needed, skip = (task.evaluation.split,), skip_bad_rows or trained.skip_bad_rows
    rows = prepare_rows(task, source.folder, needed=needed, skip_bad_rows=skip, place=source.place)
    _say_changed_data(trained, rows)
    return Prepared(rows, reopen_model(run, plan, source, rows, allow_code=allow_code))


def reopen_model(run: Path, plan: Plan, source: Source, rows: PreparedRows, *, allow_code: bool) -> PreparedModel:
    """Return the model of a run as it was in training; raises as reopen does."""
    task = source.task
    found = model_folder(task, source.folder, fetch=True, place=source.place, allow_code=allow_code)
    model = prepare_model(task, found, rows)
    if model_identity(model.folder) != plan.training.model.identity:
        message = f"the base model {task.base_model.id!r} is not the one that run {run.name} was trained on"
        raise RunError(Problem("LF502", message, "restore the base model that it was trained on, or train again"))
    if model.renderer.hash != plan.training.prompt.hash:
        message = f"the prompt of run {run.name} renders otherwise now: chat template or tokenizer of the base changed"
        raise RunError(Problem("LF506", message, "restore the base model that it was trained on, or train again"))
    return model


def _say_changed_data(trained: DataRecord, rows: PreparedRows) -> None:
    """Say which data files are not those of training any more: what is scored may be other rows, or known ones."""
    before = {name: file.get("sha256") for name, file in trained.files.items()}
    changed = [file.name for file in rows.table.files if before.get(file.name) != file.sha256]
    if changed:
        say(
            f"the data have changed since the run was trained: {', '.join(changed)}; scored on the data as they are now"
        )
