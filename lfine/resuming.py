"""`lfine train --resume`: which run is gone on with, whether it may be, and one process at a time in it.

    resumed(runs, plan) -> /…/runs/viggo/20261122T091500Z
    LF502 the run 20261122T091500Z was begun with another plan: learning_rate was 0.001, is 0.0001

*Not here:* going on itself, from the newest whole checkpoint (lfine.finetune.train.checkpoints).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfine.changes import differences
from lfine.compiling import say
from lfine.finetune.compile.files import read_plan
from lfine.finetune.compile.plan import Plan, weights_record
from lfine.runs import FAILED, FINISHED, INTERRUPTED, STARTED, latest_run, read_run, runs_of
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import to_json

LEFTOVERS = (".adapter-*", ".model-*", ".run.json.*", ".log.jsonl.*")
"""What a killed process leaves in a run folder: parts of files and folders that had not got their names yet."""
MEANT = {
    "data.train_hash": "the training rows have changed",
    "selection.rows": "the validation rows, which decide what the adapter is, have changed",
    "model.identity": "the base model's weights have changed",
    "adapter.start.sha256": "the weights of adapter.from have changed",
}
"""Values of the plan that say nothing to people, being hashes."""


def resumed(runs: Path, plan: Plan) -> Path:
    """Return the newest unfinished run of the task; RunError when there is none or its plan is another."""
    name = plan.task.name
    folder = latest_run(runs, name, (STARTED, INTERRUPTED, FAILED))
    if folder is None:
        raise RunError(_nothing_left(runs, name))
    before = read_plan(folder / "plan.json")
    if before.plan_hash != plan.plan_hash:
        changed = changes(weights_record(before.training), weights_record(plan.training))
        message = f"the run {folder.name} was begun with another plan: {'; '.join(changed)}"
        raise RunError(Problem("LF502", message, "undo the change, or train without --resume", file=str(folder)))
    _say_computed(before, plan)
    return folder


def same_plan(runs: Path, plan: Plan) -> Path | None:
    """Return the newest finished run of exactly this plan, else the newest unfinished one; None where there is none.

    Unfinished runs of other plans are said: they are neither gone on with nor touched.
    """
    records = {folder: read_run(folder) for folder in runs_of(runs, plan.task.name)}
    same = [folder for folder, record in records.items() if record.plan_hash == plan.plan_hash]
    finished = next((folder for folder in same if records[folder].status == FINISHED), None)
    if finished is not None or same:
        folder = finished or same[0]
        if finished is None:
            _say_computed(read_plan(folder / "plan.json"), plan)
        return folder
    other = next((folder for folder, record in records.items() if record.status != FINISHED), None)
    if other is not None:
        say(f"{plan.task.name}: the unfinished run {other.name} has another plan; a new one begins")
    return None


def _say_computed(before: Plan, plan: Plan) -> None:
    computed = differences(to_json(before.training.machine), to_json(plan.training.machine), at="machine")
    if computed:
        say(f"computed otherwise than before, so equal only up to rounding: {'; '.join(computed)}")


def _nothing_left(runs: Path, name: str) -> Problem:
    finished = latest_run(runs, name, (FINISHED,))
    if finished is None:
        return Problem("LF501", f"no unfinished run of {name} in {runs}", "train without --resume")
    message = f"no unfinished run of {name}: the newest, {finished.name}, is finished"
    return Problem("LF501", message, "lfine evaluate, or train without --resume", file=str(finished))


def changes(before: object, after: object) -> list[str]:
    """Return what differs between two records of a plan, values that are hashes in words and first."""
    lines = differences(before, after)
    words = [sentence for key, sentence in MEANT.items() if any(line.startswith(f"{key} was ") for line in lines)]
    return words + [line for line in lines if not line.startswith(tuple(f"{key} was " for key in MEANT))]


def clear_leftovers(folder: Path) -> None:
    """Remove what a killed process left half written in a run folder."""
    for path in (path for pattern in LEFTOVERS for path in folder.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a run folder for this process; RunError LF510 when another one trains into it.

    The system lets go of it when the process ends, however it ends. File systems without locks hold nothing.
    """
    if os.name == "nt":  # no flock, and a folder cannot be opened
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"the run {folder.name} is being trained by another process"
            cure = "wait for it to end, or train without --resume"
            raise RunError(Problem("LF510", message, cure, file=str(folder))) from error
        except OSError:
            say(f"{folder}: this file system has no locks; see to it that one process alone trains here")
        yield
    finally:
        os.close(handle)
