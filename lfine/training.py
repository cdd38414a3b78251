"""`lfine train`: from a task file to a finished run folder.

    train_task(Path("task.yaml"), TrainOptions()) -> TrainOutcome(task="viggo", run_dir="/…/20261122T091500Z", …)

*Not here:* the loop (lfine.finetune.train.loop), deciding (lfine.finetune.compile).
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from lfine.changes import differences
from lfine.compiling import CompiledTask, compile_file, say
from lfine.evaluation.provenance import provenance
from lfine.finetune.compile.files import read_plan, write_plan
from lfine.finetune.compile.plan import HASHED_ELSEWHERE, Plan
from lfine.finetune.compile.prepare import PreparedRows
from lfine.finetune.data.manifest import split_contents
from lfine.finetune.train.checkpoints import checkpoint_step, latest_checkpoint
from lfine.finetune.train.evaluations import answered_sample
from lfine.finetune.train.failing import failing_together
from lfine.finetune.train.loop import RunPlace, TrainingRows, TrainResult, train
from lfine.finetune.train.processes import Processes
from lfine.finetune.train.sharding import require_shareable
from lfine.finetune.train.trackers import tracker_problems
from lfine.lineage import write_rows
from lfine.runs import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    STARTED,
    DataRecord,
    HeldOutRecord,
    RunRecord,
    SplitRecord,
    file_record,
    latest_run,
    new_run,
    now,
    read_run,
    runs_folder,
    write_run,
)
from lfine.schemas.errors import LfineError, MachineError, RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import json_text, to_json, write_text
from lfine.stops import Interrupted, machine_faults

PROMPT_FILE = "lfine_prompt.json"
"""Beside the adapter: the renderer's texts and hash, checked by every later stage."""
LESS_MEMORY = "a smaller trainer.micro_batch_size, trainer.gradient_checkpointing: true, or quantization: {bits: 4}"


@dataclass(frozen=True)
class TrainOptions:
    overrides: Sequence[str] = ()
    """`key.path=value`, as --set gives them."""
    runs_dir: str | None = None
    resume: bool = False
    command: str = ""
    """The command line, for run.json."""
    allow_code: bool = False
    """Let a model run code that comes with it, where the task says so too."""
    skip_bad_rows: int = 0
    """Lines of the data that are no rows and may be left out."""
    processes: Processes = field(default_factory=Processes)
    """Those that train together; each calls `train_task`, and the first one writes."""


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


def train_task(path: Path, options: TrainOptions) -> TrainOutcome:
    """Compile, train and save; every file of the run folder is written whole or not at all."""
    processes = options.processes
    with failing_together(processes, f"{path}: beginning"):
        compiled = processes.after_first(lambda: _compiled(path, options))
        plan, rows = compiled.plan, _rows(compiled)
        require_shareable(plan.training, processes)
        folder, record = processes.from_first(lambda: _opened(compiled, options))
        _require_same_plan(record, plan)
    what = f"{plan.training.steps} updates of {plan.training.batch_size}{processes.described}"
    say(f"training {plan.task.name}: {what} into {folder}")
    place = RunPlace(folder, compiled.prepared.model.folder, options.resume, plan.task.name, processes)
    record = _train(compiled, rows, place, record, again=_again(path, options))
    _say_choice(record, plan)
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


def _compiled(path: Path, options: TrainOptions) -> CompiledTask:
    compiled = compile_file(
        path,
        options.overrides,
        fetch=True,
        allow_code=options.allow_code,
        skip_bad_rows=options.skip_bad_rows,
    )
    missing = tracker_problems(compiled.plan.training.trackers)
    if missing:
        raise MachineError(*missing)
    return compiled


def _opened(compiled: CompiledTask, options: TrainOptions) -> tuple[Path, RunRecord]:
    """Return the run folder, a new one or the one to go on with, and its record."""
    plan, runs = compiled.plan, runs_folder(options.runs_dir)
    with machine_faults("make room, give write permission, or name another folder with --runs-dir", at=runs):
        folder = _resumed(runs, plan) if options.resume else new_run(runs, plan.task.name)
        return folder, read_run(folder) if options.resume else _begin(folder, compiled, options)


def _require_same_plan(record: RunRecord, plan: Plan) -> None:
    """Raise RunError LF502 in a process that found other data or another model than the first one."""
    if record.plan_hash != plan.plan_hash:
        message = "this process has another plan than the first one: its data, model or processor are not the same"
        raise RunError(Problem("LF502", message, "give every machine the same files, and write trainer.dtype down"))


def _say_choice(record: RunRecord, plan: Plan) -> None:
    """Say where the run ended, and which update the adapter is of, when an evaluation decided it."""
    if plan.training.selection is None:
        return
    if record.steps < plan.training.steps:
        patience = plan.training.selection.early_stop
        done = f"{record.steps} of {plan.training.steps} updates"
        say(f"stopped after {done}: {patience} evaluations without a better one")
    say(f"the adapter is that of update {record.best_step}, the best by {plan.training.selection.by}")


def _rows(compiled: CompiledTask) -> TrainingRows:
    """Return what the loop is given: fitted rows, validation rows, and those that are answered on the way."""
    plan, prepared = compiled.plan, compiled.prepared
    asked = prepared.rows.row_ids("validation")[: plan.training.evaluation_sample]
    sample = answered_sample(prepared.rows.examples_of(asked), plan.evaluation, prepared.model)
    return TrainingRows(compiled.rows.train, compiled.rows.validation, sample)


def _train(compiled: CompiledTask, rows: TrainingRows, place: RunPlace, record: RunRecord, *, again: str) -> RunRecord:
    """Run the loop, save what belongs to it, and write into run.json what became of it, whatever that is."""
    folder, training, processes = place.folder, compiled.plan.training, place.processes
    try:
        with (
            failing_together(processes, f"{folder}: training"),
            machine_faults(f"make room, then go on: {again}", at=folder, memory_cure=LESS_MEMORY),
        ):
            result = train(training, rows, place)
            record = _ended(record, result, compiled.plan)
            if not result.finished:
                raise KeyboardInterrupt
            record = replace(record, status=FINISHED)
            if processes.first:
                _save_prompt(folder, compiled)
                write_run(folder, record)
            processes.wait()
    except LfineError:
        _note(place, replace(record, status=FAILED, finished=now()))
        raise
    except KeyboardInterrupt:
        _note(place, replace(record, status=INTERRUPTED, finished=now()))
        raise Interrupted(_saved(folder, training.steps), again) from None
    return record


def _again(path: Path, options: TrainOptions) -> str:
    """Return the command that goes on with a run that did not finish."""
    given = [] if options.runs_dir is None else ["--runs-dir", options.runs_dir]
    sets = [word for text in options.overrides for word in ("--set", text)]
    code = ["--allow-code"] if options.allow_code else []
    skip = ["--skip-bad-rows", str(options.skip_bad_rows)] if options.skip_bad_rows else []
    return shlex.join(["lfine", "train", str(path), *sets, *given, *code, *skip, "--resume"])


def _saved(folder: Path, steps: int) -> str:
    checkpoint = latest_checkpoint(folder / "checkpoints")
    if checkpoint is None:
        return "no update was saved yet"
    return f"{checkpoint_step(checkpoint)} of {steps} updates are saved"


def _note(place: RunPlace, record: RunRecord) -> None:
    """Write run.json where that is still possible: what went wrong is told by the error, not by this file."""
    if place.processes.first:
        with suppress(OSError):
            write_run(place.folder, record)


def _save_prompt(folder: Path, compiled: CompiledTask) -> None:
    plan = compiled.plan.training
    where = folder / ("adapter" if plan.adapter else "model")
    prompt = to_json(compiled.prepared.model.renderer.record())
    write_text(where / PROMPT_FILE, json_text({**prompt, "hash": plan.prompt.hash}))


def _begin(folder: Path, compiled: CompiledTask, options: TrainOptions) -> RunRecord:
    plan = compiled.plan
    record = RunRecord(
        task=plan.task.name,
        status=STARTED,
        created=now(),
        plan_hash=plan.plan_hash,
        command=options.command,
        data=_data_record(compiled, options.skip_bad_rows),
        versions=_versions(options.command),
    )
    try:
        write_text(folder / "task.yaml", compiled.text)
        write_plan(plan, folder / "plan.json")
        start = plan.training.adapter.start if plan.training.adapter else None
        write_rows(folder, compiled.prepared.rows, earlier=None if start is None else Path(start.folder))
        write_run(folder, record)
    except (OSError, RunError):
        shutil.rmtree(folder, ignore_errors=True)  # a run without its plan could neither go on nor be scored
        raise
    return record


def _data_record(compiled: CompiledTask, skip_bad_rows: int) -> DataRecord:
    plan, rows = compiled.plan.training, compiled.prepared.rows
    held_out, files = rows.held_out(), rows.table.files
    return DataRecord(
        files=file_record({each.name: (each.sha256, each.rows) for each in files}),
        rows={"train": plan.data.train_rows, "validation": plan.data.validation_rows, "test": plan.data.test_rows},
        cut=plan.length.cut,
        left_out=plan.length.left_out,
        split=_split_record(rows),
        held_out=HeldOutRecord(held_out.split, held_out.row_ids, held_out.sample_hash),
        skip_bad_rows=skip_bad_rows,
        skipped={each.name: each.skipped for each in files if each.skipped},
    )


def _split_record(rows: PreparedRows) -> SplitRecord:
    asked, found = rows.task.preprocessing.split, rows.splits
    said = found.type in ("files", "fixed")
    return SplitRecord(
        by=found.type,
        column=found.column,
        probabilities=None if said else asked.probabilities,
        seed=None if said or found.type == "datetime" else asked.seed,
        splits=split_contents(rows.read, found),
    )


def _versions(command: str) -> dict[str, str]:
    made_by = provenance(command, {})
    return {"lfine": made_by.lfine_version, "python": made_by.python_version, **made_by.packages}


def _ended(record: RunRecord, result: TrainResult, plan: Plan) -> RunRecord:
    return replace(
        record,
        finished=now(),
        steps=result.steps,
        train_examples=min(result.steps * plan.training.batch_size, plan.training.train_examples),
        seconds=record.seconds + result.seconds,
        final_loss=result.final_loss,
        best_validation_loss=result.best_validation_loss,
        best_step=result.best_step,
    )


def _resumed(runs: Path, plan: Plan) -> Path:
    """Return the newest unfinished run of the task; RunError when there is none or its plan is another."""
    name = plan.task.name
    folder = latest_run(runs, name, (STARTED, INTERRUPTED, FAILED))
    if folder is None:
        problem = Problem("LF501", f"no unfinished run of {name} in {runs}", "train without --resume")
        raise RunError(problem)
    before = read_plan(folder / "plan.json")
    if before.plan_hash != plan.plan_hash:
        changed = differences(to_json(before.training), to_json(plan.training), leave_out=HASHED_ELSEWHERE)
        message = f"the run {folder.name} was begun with another plan: {'; '.join(changed)}"
        raise RunError(Problem("LF502", message, "undo the change, or train without --resume", file=str(folder)))
    return folder
