"""Run folders: where they lie, which is the latest, and run.json.

    runs/viggo/20261122T091500Z/  task.yaml plan.json run.json log.jsonl adapter/ checkpoints/ evaluations/

*Not here:* what is written into them by training (lfine.finetune.train) and scoring (lfine.evaluation).
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lfine.finetune.data.manifest import SplitContent
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import ShapeError, from_json, json_text, to_json, write_text

FORMAT = 1
STARTED, FINISHED, INTERRUPTED, FAILED = "started", "finished", "interrupted", "failed"


@dataclass(frozen=True)
class SplitRecord:
    """How the rows were divided, and what each side held; as the manifest of `lfine data split` says it."""

    by: str
    """files, fixed, hash, random, stratify, group or datetime."""
    column: str | None
    """The column that says the split, or that it goes by."""
    probabilities: tuple[float, ...] | None
    """Shares of train, validation and test; None where files or a column say the split."""
    seed: int | None
    """None where nothing is drawn: files, fixed, datetime."""
    splits: dict[str, SplitContent]
    """Only those that have rows; their number is before preprocessing.sample_ratio."""


@dataclass(frozen=True)
class HeldOutRecord:
    """The rows that a run of this plan is scored on."""

    split: str
    """test or validation."""
    row_ids: tuple[int, ...]
    """0-based positions in the data as read, in the fixed order of the sample."""
    sample_hash: str
    """sha256 over their content, whatever their ids and the format of the file."""


@dataclass(frozen=True)
class DataRecord:
    """What a run was given."""

    files: dict[str, dict[str, str]]
    """sha256 and rows of each data file, by name."""
    rows: dict[str, int]
    """Rows in each split."""
    cut: int
    left_out: int
    split: SplitRecord | None = None
    """None: a run of an older version."""
    held_out: HeldOutRecord | None = None
    skip_bad_rows: int = 0
    """What --skip-bad-rows allowed; the run's data are read so again."""
    skipped: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """File → lines that were no rows and were skipped."""


@dataclass(frozen=True)
class RunRecord:
    """run.json: what became of one run."""

    task: str
    status: str
    """started, finished, interrupted or failed."""
    created: str
    """UTC, ISO 8601."""
    plan_hash: str
    command: str
    data: DataRecord
    versions: dict[str, str] = field(default_factory=dict)
    finished: str | None = None
    steps: int = 0
    """Updates done."""
    train_examples: int = 0
    """Examples seen."""
    seconds: float = 0.0
    """Wall time of the training loop, resumed parts added up."""
    final_loss: float | None = None
    best_validation_loss: float | None = None
    best_step: int | None = None
    """The update whose weights the adapter has, where an evaluation chose it; None: the last one's."""
    micro_batch_size: int | None = None
    """Examples at once that the run went on with when memory ran out; None: those of the plan all the time."""
    threads: int | None = None
    """Processor threads that computed it, the last time it was begun: with another number sums round otherwise."""


def runs_folder(given: str | None = None) -> Path:
    """Return where run folders lie: --runs-dir, then LFINE_RUNS, then runs/ in the working folder."""
    return Path(given or os.environ.get("LFINE_RUNS") or "runs").expanduser().resolve()


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_run(runs: Path, task: str) -> Path:
    """Make the folder of a new run, named by the time; a second one within a second gets a number."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1000):
        folder = runs / task / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except FileNotFoundError as error:  # not even its parents can be made: a drive that is not there, /proc
            raise NotADirectoryError(errno.ENOTDIR, "no folder can be made there", str(folder)) from error
        return folder
    raise RunError(Problem("LF505", f"a thousand runs began within one second in {runs / task}", "try again"))


def write_run(folder: Path, record: RunRecord) -> None:
    """Write run.json whole or not at all."""
    write_text(folder / "run.json", json_text({"format": FORMAT, **to_json(record)}))


def read_run(folder: Path) -> RunRecord:
    """Read run.json; TaskError LF501 when the folder is no run, RunError LF505 when the file is damaged."""
    path = folder / "run.json"
    try:
        return from_json(RunRecord, json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError) as error:
        cure = "name a folder that `lfine train` made: runs/TASK/TIME"
        problem = Problem("LF501", f"{folder} is not a run folder: it has no run.json", cure)
        raise TaskError(problem) from error
    except (OSError, ValueError, ShapeError) as error:
        cure = "name another run with --run, or train again; this folder can be removed"
        problem = Problem("LF505", f"run.json cannot be read: {error}", cure, file=str(path))
        raise RunError(problem) from error


def runs_of(runs: Path, task: str) -> list[Path]:
    """Return the run folders of a task, newest first."""
    folders = (path.parent for path in (runs / task).glob("*/run.json"))
    return sorted(folders, key=lambda folder: _order(folder.name), reverse=True)


def _order(name: str) -> tuple[str, int]:
    """Sort …Z, …Z-2 … …Z-10 as they were made."""
    stamp, _, number = name.partition("-")
    return stamp, int(number) if number.isdecimal() else 0


def latest_run(runs: Path, task: str, statuses: tuple[str, ...] = (FINISHED,)) -> Path | None:
    """Return the newest run of a task with one of these statuses."""
    return next((folder for folder in runs_of(runs, task) if read_run(folder).status in statuses), None)


def no_run(runs: Path, task: str) -> Problem:
    """Return the problem LF501 of a task without a finished run."""
    unfinished = latest_run(runs, task, (STARTED, INTERRUPTED, FAILED))
    message, cure = f"no finished run of {task} in {runs}", "lfine train TASK first"
    if unfinished is not None:
        message += f"; the newest, {unfinished.name}, is {read_run(unfinished).status}"
        cure = "go on with it: lfine train TASK --resume"
    return Problem("LF501", message, f"{cure}, or --base for the model without an adapter")


def file_record(files: Mapping[str, tuple[str, int]]) -> dict[str, dict[str, str]]:
    """Return name → sha256 and rows as run.json holds them."""
    return {name: {"sha256": sha, "rows": str(rows)} for name, (sha, rows) in files.items()}
