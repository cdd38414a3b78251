"""`lfine train`: from a task file to a finished run folder.

    train_task(Path("task.yaml"), TrainOptions()) -> TrainOutcome(task="viggo", run_dir="/…/20261122T091500Z", …)

*Not here:* the loop (lfine.finetune.train.loop), deciding (lfine.finetune.compile).
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from lfine.compiling import CompiledTask, compile_file, say
from lfine.evaluation.provenance import provenance
from lfine.finetune.compile.files import weights_folder, write_plan
from lfine.finetune.compile.plan import Plan
from lfine.finetune.compile.prepare import PreparedRows
from lfine.finetune.data.manifest import split_contents
from lfine.finetune.models.keeping import Loader
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.checkpoints import latest_checkpoint, read_state
from lfine.finetune.train.determinism import computing_threads
from lfine.finetune.train.evaluations import answered_sample
from lfine.finetune.train.failing import failing_together
from lfine.finetune.train.journal import reached_micro_batch
from lfine.finetune.train.loop import RunPlace, TrainingRows, TrainResult, train
from lfine.finetune.train.processes import Processes
from lfine.finetune.train.sharding import require_shareable
from lfine.finetune.train.trackers import tracker_problems
from lfine.lineage import write_rows
from lfine.resuming import clear_leftovers, held, resumed, same_plan
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
    new_run,
    now,
    read_run,
    runs_folder,
    write_run,
)
from lfine.schemas.errors import LfineError, MachineError, RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import json_text, to_json, write_text
from lfine.stops import Interrupted, machine_faults, termination_as_interruption

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
    curve: bool = False
    """Draw the loss curve in the terminal while training."""
    processes: Processes = field(default_factory=Processes)
    """Those that train together; each calls `train_task`, and the first one writes."""
    rest: bool = False
    """Do what is left to do, for one of several tasks: a finished run of the same plan is left as it is, an unfinished
    one is gone on with, and otherwise a new one begins."""


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
    before: bool = False
    """The run was finished before, and nothing was done; not in the JSON document."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {key: value for key, value in asdict(self).items() if key != "before"}


def train_task(path: Path, options: TrainOptions, *, load: Loader = load_base) -> TrainOutcome:
    """Compile, train and save; every file of the run folder is written whole or not at all.

    `load` gives the base model: a KeptBase keeps it for the next task.
    """
    processes = options.processes
    with failing_together(processes, f"{path}: beginning"):
        compiled = processes.after_first(lambda: _compiled(path, options))
        plan, rows = compiled.plan, _rows(compiled)
        require_shareable(plan.training, processes)
        folder, begun = processes.from_first(lambda: _folder(plan, options))
        if begun is not None and begun.status == FINISHED:
            say(f"{plan.task.name}: the run {folder.name} of this plan is finished, and left as it is")
            return _outcome(begun, folder, before=True)
        options = replace(options, resume=begun is not None)
    with held(folder) if processes.first else nullcontext(), termination_as_interruption():
        with failing_together(processes, f"{path}: beginning"):
            record = processes.from_first(lambda: _opened(folder, compiled, options))
            _require_same_plan(record, plan)
        what = f"{plan.training.steps} updates of {plan.training.batch_size}{processes.described}"
        say(f"training {plan.task.name}: {what} into {folder}")
        model = compiled.prepared.model.folder
        place = RunPlace(
            folder, model, options.resume, plan.task.name, curve=options.curve, load=load, processes=processes
        )
        record = _train(compiled, rows, place, record, again=_again(path, options))
    _say_choice(record, plan)
    return _outcome(record, folder)


def _outcome(record: RunRecord, folder: Path, *, before: bool = False) -> TrainOutcome:
    return TrainOutcome(
        task=record.task,
        run_dir=str(folder),
        steps=record.steps,
        train_examples=record.train_examples,
        seconds=round(record.seconds, 3),
        final_loss=record.final_loss,
        best_validation_loss=record.best_validation_loss,
        plan_hash=record.plan_hash,
        before=before,
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


def _folder(plan: Plan, options: TrainOptions) -> tuple[Path, RunRecord | None]:
    """Return the run folder, and its record where it was begun before."""
    runs = runs_folder(options.runs_dir)
    with machine_faults("make room, give write permission, or name another folder with --runs-dir", at=runs):
        before = same_plan(runs, plan) if options.rest else resumed(runs, plan) if options.resume else None
        return (new_run(runs, plan.task.name), None) if before is None else (before, read_run(before))


def _opened(folder: Path, compiled: CompiledTask, options: TrainOptions) -> RunRecord:
    """Return the run's record as it stands at the beginning."""
    with machine_faults("make room, or give write permission", at=runs_folder(options.runs_dir)):
        return _gone_on(folder) if options.resume else _begin(folder, compiled, options)


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
    sample = answered_sample(asked, plan.evaluation, prepared)
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
            record = _with_reached(folder, _ended(record, result, compiled.plan))
            if not result.finished:
                raise KeyboardInterrupt
            record = replace(record, status=FINISHED)
            if processes.first:
                _save_prompt(folder, compiled)
                write_run(folder, record)
            processes.wait()
    except LfineError as error:
        _note(place, replace(record, status=FAILED, finished=now()))
        if isinstance(error, MachineError):
            saved = _saved(folder, training.steps)
            raise MachineError(*(_told(each, saved, again) for each in error.problems)) from error
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
    return f"{read_state(checkpoint).step} of {steps} updates are saved"


def _told(problem: Problem, saved: str, again: str) -> Problem:
    """Add to what the machine lacks what is saved, and where room is lacking the command that goes on."""
    cure = f"make room, then go on: {again}" if problem.code == "LF405" else problem.cure
    return replace(problem, message=f"{problem.message}; {saved}", cure=cure)


def _note(place: RunPlace, record: RunRecord) -> None:
    """Write run.json where that is still possible: what went wrong is told by the error, not by this file."""
    if place.processes.first:
        with suppress(OSError, ValueError):
            write_run(place.folder, _with_reached(place.folder, record))


def _with_reached(folder: Path, record: RunRecord) -> RunRecord:
    """Put into the record what memory left of the micro-batch, by the log, which tells it also of a killed run."""
    return replace(record, micro_batch_size=reached_micro_batch(folder / "log.jsonl"))


def _save_prompt(folder: Path, compiled: CompiledTask) -> None:
    plan = compiled.plan.training
    where = weights_folder(folder, plan)
    prompt = to_json(compiled.prepared.model.renderer.record())
    write_text(where / PROMPT_FILE, json_text({**prompt, "hash": plan.prompt.hash}))


def _gone_on(folder: Path) -> RunRecord:
    clear_leftovers(folder)
    record, threads = read_run(folder), computing_threads()
    if record.threads not in (None, threads):
        changed = f"threads were {record.threads}, are {threads}"
        say(f"computed otherwise than before, so equal only up to rounding: {changed}")
    return replace(record, threads=threads)


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
        threads=computing_threads(),
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
