"""`lfine export`: a finished run becomes a folder that others can load, once it is shown to answer as the run does.

    export_run(ExportOptions(run="runs/viggo/20261122T091500Z")) -> Exported(folder=…/export/merged, record=…, …)

    the run's model answers the rows ─▶ merge ─▶ write beside the name ─▶ load, answer the same rows ─▶ rename

Nothing has the name that was asked for before it is checked; what is refused stays as NAME.refused, to be looked at.

*Not here:* making the folder and comparing (lfine.export_making), the verdict (lfine.export_record), uploading itself
(lfine.finetune.export.uploading).
"""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import SafetensorError

from lfine.compiling import warn
from lfine.export_making import Subject, Wanted, made, opened
from lfine.export_record import ADAPTER, MERGED, ExportRecord, read_export
from lfine.finetune.compile.files import read_plan
from lfine.finetune.compile.plan import Plan
from lfine.finetune.export.serving import serving_problems
from lfine.finetune.export.uploading import Hub, check_access, hub, upload
from lfine.finetune.models.adapters import put
from lfine.finetune.models.converting import first_line
from lfine.runs import FINISHED, latest_run, read_run, runs_folder
from lfine.schemas.errors import RunError, TaskError, UsageError
from lfine.schemas.loading import load_task
from lfine.schemas.problems import Problem
from lfine.stops import machine_faults


@dataclass(frozen=True)
class ExportOptions:
    run: str
    """A run folder, a task file or the name of a task: of these the latest finished run."""
    runs_dir: str | None = None
    out: str | None = None
    """None: export/merged or export/adapter in the run folder."""
    adapter_only: bool = False
    dtype: str = "bfloat16"
    """Of merged weights."""
    base_weights: str = "trained"
    """trained: merge into what the quantized base stood for; original: into the base model's own weights."""
    rows: int = 50
    tolerance: float = 0.02
    require_servable: bool = False
    licence: str | None = None
    upload: str | None = None
    """A repository of the hub."""
    public: bool = False
    allow_code: bool = False
    command: str = ""


@dataclass(frozen=True)
class Exported:
    folder: Path
    run: Path
    record: ExportRecord
    servable: tuple[Problem, ...]
    """What vLLM or LoRAX do not take of the adapter."""
    address: str | None
    """Of the hub's repository."""
    seconds: float

    def document(self) -> dict[str, object]:
        """Return the JSON document of `lfine export --format json`."""
        check = self.record.check
        return {
            "task": self.record.task,
            "run_dir": str(self.run),
            "out": str(self.folder),
            "kind": self.record.kind,
            "dtype": self.record.dtype,
            "merged_into": self.record.merged_into,
            "rows": check.drift.rows,
            "differing": list(check.drift.differing),
            "unexplained": list(check.drift.unexplained),
            "drift": {"mean": check.drift.mean, "largest": check.drift.largest, "tokens": check.drift.tokens},
            "scores": check.scores,
            "exported_scores": check.exported_scores,
            "not_servable": [problem.record() for problem in self.servable],
            "uploaded": self.address,
            "seconds": round(self.seconds, 3),
        }


def export_run(options: ExportOptions, api: Callable[[], Hub] = hub) -> Exported:
    """Export one run: written, loaded again, compared, named, uploaded."""
    began = time.perf_counter()
    run = finished_run(options.run, options.runs_dir)
    plan = read_plan(run / "plan.json")
    _check_options(options, plan)
    out = _out(options, run)
    repository = None if options.upload is None else (api(), options.upload)
    if repository is not None:
        check_access(*repository)
    subject = opened(run, plan, rows=options.rows, allow_code=options.allow_code)
    servable = _servable(subject, options)
    wanted = Wanted(
        kind=ADAPTER if options.adapter_only else MERGED,
        dtype=options.dtype,
        base_weights=options.base_weights,
        tolerance=options.tolerance,
        not_servable=tuple(problem.message for problem in servable),
        licence=options.licence,
        address=options.upload or f"./{out.name}",
    )
    again = f"make room, then again: {options.command or 'lfine export'}"
    with machine_faults(again, at=out, memory_cure="a machine with more memory: the model must fit twice"):
        record = _export(subject, wanted, out)
    address = None if repository is None else upload(repository[0], out, repository[1], public=options.public)
    return Exported(out, run, record, tuple(servable), address, time.perf_counter() - began)


def finished_run(named: str, runs_dir: str | None) -> Path:
    """Return the run that is meant; TaskError LF501 where a name means none, or none that has finished.

    RunError LF501 for a task file whose task has not been trained.
    """
    given, runs = Path(named), runs_folder(runs_dir)
    if (given / "run.json").is_file():
        record = read_run(given)
        if record.status != FINISHED:
            message = f"the run {given} has nothing to export: it is {record.status}, not finished"
            raise TaskError(Problem("LF501", message, "lfine train TASK --resume, or name a finished run"))
        return given.resolve()
    task = load_task(given, ()).task.name if given.is_file() else named
    found = latest_run(runs, task)
    if found is None:
        kind = RunError if given.is_file() else TaskError  # a task that is not trained yet, or a name of nothing
        message = f"{named!r} is no run folder, and {runs} has no finished run of a task of this name"
        raise kind(Problem("LF501", message, "name a folder that `lfine train` made, a task file or a task"))
    return found


def _check_options(options: ExportOptions, plan: Plan) -> None:
    problems = []
    if options.adapter_only and plan.training.adapter is None:
        message = "--adapter-only: the run has no adapter, it trained all weights"
        problems.append(Problem("LF115", message, "leave --adapter-only out"))
    if options.require_servable and plan.training.adapter is None:
        message = "--require-servable is about an adapter, and the run trained all weights"
        problems.append(Problem("LF115", message, "leave it out: every server takes a whole model"))
    if options.public and options.upload is None:
        problems.append(
            Problem("LF115", "--public says how to upload, and nothing is uploaded", "add --upload REPO_ID")
        )
    if problems:
        raise UsageError(*problems)


def _out(options: ExportOptions, run: Path) -> Path:
    """Return the folder to make; TaskError LF132 for one that is there and is no export of ours."""
    usual = run / "export" / (ADAPTER if options.adapter_only else MERGED)
    out = usual if options.out is None else Path(options.out).expanduser().resolve()
    empty = out.is_dir() and not any(out.iterdir())
    if out.exists() and not empty and read_export(out) is None:
        message = "it exists already, and is no export of lfine's that could be replaced"
        raise TaskError(Problem("LF132", message, "name another folder with --out", file=str(out)))
    return out


def _servable(subject: Subject, options: ExportOptions) -> list[Problem]:
    """Return what servers do not take of the adapter; with --require-servable that is TaskError LF541."""
    if subject.training.adapter is None:
        return []
    problems = serving_problems(subject.weights, layers=subject.prepared.model.card.layers)
    if problems and options.require_servable:
        raise TaskError(*(replace(problem, severity="error") for problem in problems))
    if options.adapter_only:
        warn(problems)
    return problems


def _export(subject: Subject, wanted: Wanted, out: Path) -> ExportRecord:
    """Write the folder beside its name, check it, name it; RunError LF540 for one that is another model."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        record = made(subject, wanted, part)
        if record.check.refused:
            refused = out.with_name(f"{out.name}.refused")
            put(part, refused)
            raise RunError(_refusal(record, refused))
        put(part, out)
    except SafetensorError as error:
        raise _of_the_system(error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return record


def _refusal(record: ExportRecord, folder: Path) -> Problem:
    message = f"the exported model is not the model of the run: {'; '.join(record.check.refused)}"
    cure = "--dtype float32 shows whether rounding does it"
    if record.merged_into == "original":
        cure = "leave --base-weights original out: the adapter was trained beside the quantized weights"
    elif record.dtype == "float16":
        cure = "--dtype bfloat16, which holds the range of float32"
    return Problem("LF540", message, f"{cure}; the figures are in export.json", file=str(folder))


def _of_the_system(error: SafetensorError) -> OSError:
    """Return what the system told safetensors, which keeps only the text of it."""
    found = re.search(r"os error (\d+)", str(error))
    return OSError(int(found[1]) if found else errno.EIO, first_line(error))
