"""`lfine train`: from a task file to a finished run folder.

    train_task(Path("task.yaml"), TrainOptions()) -> TrainOutcome(task="viggo", run_dir="/…/20261122T091500Z", …)

*Not here:* the loop (lfine.finetune.train.loop), deciding (lfine.finetune.compile).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.compiling import CompiledTask, compile_file
from lfine.evaluation.provenance import provenance
from lfine.finetune.compile.files import read_plan, write_plan
from lfine.finetune.compile.plan import HASHED_ELSEWHERE, Plan
from lfine.finetune.train.loop import RunPlace, TrainingRows, TrainResult, train
from lfine.runs import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    STARTED,
    DataRecord,
    RunRecord,
    file_record,
    latest_run,
    new_run,
    now,
    read_run,
    runs_folder,
    write_run,
)
from lfine.schemas.errors import LfineError, RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import json_text, to_json, write_text

PROMPT_FILE = "lfine_prompt.json"
"""Beside the adapter: the renderer's texts and hash, checked by every later stage."""


@dataclass(frozen=True)
class TrainOptions:
    overrides: Sequence[str] = ()
    """`key.path=value`, as --set gives them."""
    runs_dir: str | None = None
    resume: bool = False
    command: str = ""
    """The command line, for run.json."""


@dataclass(frozen=True)
class TrainOutcome:
    """The JSON document of `lfine train --format json`."""

    task: str
    run_dir: str
    steps: int
    train_examples: int
    seconds: float
    final_loss: float | None
    best_validation_loss: float | None
    plan_hash: str


class Interrupted(KeyboardInterrupt):
    """Training was stopped by the user and saved; `resume` is the command that goes on."""

    def __init__(self, resume: str, step: int, steps: int) -> None:
        super().__init__(resume)
        self.resume = resume
        self.step = step
        self.steps = steps


def train_task(path: Path, options: TrainOptions) -> TrainOutcome:
    """Compile, train and save; every file of the run folder is written whole or not at all."""
    compiled = compile_file(path, options.overrides, fetch=True)
    plan, runs = compiled.plan, runs_folder(options.runs_dir)
    folder = _resumed(runs, plan) if options.resume else new_run(runs, plan.task.name)
    record = read_run(folder) if options.resume else _begin(folder, compiled, options)
    say(f"training {plan.task.name}: {plan.training.steps} updates of {plan.training.batch_size} into {folder}")
    place = RunPlace(folder, compiled.prepared.model.folder, resume=options.resume)
    rows = TrainingRows(compiled.rows.train, compiled.rows.validation)
    try:
        result = train(plan.training, rows, place)
    except LfineError:
        write_run(folder, replace(record, status=FAILED, finished=now()))
        raise
    record = _end(folder, record, result, plan)
    if not result.finished:
        again = " ".join(["lfine train", str(path), *(f"--set {text}" for text in options.overrides), "--resume"])
        raise Interrupted(again, result.steps, plan.training.steps)
    prompt = compiled.prepared.model.renderer.record()
    where = folder / ("adapter" if plan.training.adapter else "model")
    write_text(where / PROMPT_FILE, json_text({**to_json(prompt), "hash": plan.training.prompt.hash}))
    write_run(folder, replace(record, status=FINISHED))
    return TrainOutcome(
        task=plan.task.name,
        run_dir=str(folder),
        steps=record.steps,
        train_examples=record.train_examples,
        seconds=round(record.seconds, 3),
        final_loss=record.final_loss,
        best_validation_loss=record.best_validation_loss,
        plan_hash=record.plan_hash,
    )


def say(line: str) -> None:
    """Tell the person at the terminal; stdout stays for the result."""
    print(line, file=sys.stderr)


def _begin(folder: Path, compiled: CompiledTask, options: TrainOptions) -> RunRecord:
    plan = compiled.plan
    data, length = plan.training.data, plan.training.length
    record = RunRecord(
        task=plan.task.name,
        status=STARTED,
        created=now(),
        plan_hash=plan.plan_hash,
        command=options.command,
        data=DataRecord(
            files=file_record({each.name: (each.sha256, each.rows) for each in compiled.prepared.rows.table.files}),
            rows={"train": data.train_rows, "validation": data.validation_rows, "test": data.test_rows},
            cut=length.cut,
            left_out=length.left_out,
        ),
        versions=_versions(options.command),
    )
    write_text(folder / "task.yaml", compiled.text)
    write_plan(plan, folder / "plan.json")
    write_run(folder, record)
    return record


def _versions(command: str) -> dict[str, str]:
    made_by = provenance(command, {})
    return {"lfine": made_by.lfine_version, "python": made_by.python_version, **made_by.packages}


def _end(folder: Path, record: RunRecord, result: TrainResult, plan: Plan) -> RunRecord:
    ended = replace(
        record,
        status=INTERRUPTED,
        finished=now(),
        steps=result.steps,
        train_examples=min(result.steps * plan.training.batch_size, plan.training.train_examples),
        seconds=record.seconds + result.seconds,
        final_loss=result.final_loss,
        best_validation_loss=result.best_validation_loss,
    )
    write_run(folder, ended)
    return ended


def _resumed(runs: Path, plan: Plan) -> Path:
    """Return the newest unfinished run of the task; RunError when there is none or its plan is another."""
    name = plan.task.name
    folder = latest_run(runs, name, (STARTED, INTERRUPTED, FAILED))
    if folder is None:
        problem = Problem("LF501", f"no unfinished run of {name} in {runs}", "train without --resume")
        raise RunError(problem)
    before = read_plan(folder / "plan.json")
    if before.plan_hash != plan.plan_hash:
        changed = "; ".join(differences(to_json(before.training), to_json(plan.training)))
        message = f"the run {folder.name} was planned otherwise: {changed}"
        raise RunError(Problem("LF502", message, "undo the change, or train without --resume", file=str(folder)))
    return folder


def differences(before: object, after: object, at: str = "") -> list[str]:
    """Return `key was X, is Y` for each leaf in which two plans differ, what cannot change the weights left out."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in {**before, **after} if at or key not in HASHED_ELSEWHERE]
        parts = (differences(before.get(key), after.get(key), f"{at}.{key}" if at else key) for key in keys)
        return [line for part in parts for line in part]
    return [] if before == after else [f"{at} was {before!r}, is {after!r}"]
