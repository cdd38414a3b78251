"""The small training that soak.py kills, and what its end must be equal to.

    Place(Path("/tmp/…")).make()             # tiny/ (a random model), rows.csv, topics.yaml
    differences(run, reference)              # ["log.jsonl has the updates 1 2 3 3 4"], [] when nothing differs

Dropout, evaluations with answers, a best evaluation: everything that a resumed run must know is in use.

*Not here:* killing (soak.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfine.finetune.train.checkpoints import latest_checkpoint, read_state
from lfine.runs import FINISHED, RunRecord, read_run, runs_of
from tests.conftest import save_tiny_llama
from tests.lfine.projects import files_of, write_project

STEPS, CADENCE = 18, 3
"""Updates of the training, and those between two checkpoints."""
NAME = "topics"
TRAINER = (
    f"train_steps={STEPS}",
    f"steps_per_checkpoint={CADENCE}",
    "steps_per_evaluation=2",
    "evaluation_sample=3",
    "save_best_by=loss",
    "learning_rate=2e-2",
)
OVERRIDES = ("adapter.dropout=0.2", *(f"trainer.{each}" for each in TRAINER))


@dataclass(frozen=True)
class Place:
    """A task that can be trained any number of times."""

    folder: Path

    @property
    def task(self) -> Path:
        return self.folder / f"{NAME}.yaml"

    def words(self, runs: Path, *, resume: bool) -> list[str]:
        """Return the command line without the program."""
        sets = [word for text in OVERRIDES for word in ("--set", text)]
        return ["train", str(self.task), *sets, "--runs-dir", str(runs), *(["--resume"] if resume else [])]

    @property
    def output(self) -> Path:
        """What the last process printed."""
        return self.folder / "output.txt"

    def make(self) -> int:
        """Write model, rows and task; computes with torch, so in a process of its own, whose exit code it returns."""
        write_project(self.folder, save_tiny_llama(self.folder / "tiny"))
        return 0


def run_of(runs: Path) -> Path | None:
    """Return the run that --resume would go on with; None before there is one."""
    return next(iter(runs_of(runs, NAME)), None)


def finished(run: Path | None) -> bool:
    return run is not None and read_run(run).status == FINISHED


def done(run: Path) -> int:
    """Return the last update in the log; a line that is being written does not count."""
    steps = [line["step"] for line in log_of(run) if "loss" in line]
    return max(steps, default=0)


def saved(run: Path) -> int:
    """Return the update of the newest whole checkpoint."""
    checkpoint = latest_checkpoint(run / "checkpoints")
    return 0 if checkpoint is None else read_state(checkpoint).step


def log_of(run: Path) -> list[dict[str, Any]]:
    """Return the whole lines of the log; none before it is begun."""
    try:
        text = (run / "log.jsonl").read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def differences(run: Path, reference: Path) -> list[str]:
    """Return in words what a run ended with that the reference did not; times and checkpoint lines left out."""
    found = [f"the file adapter/{name} differs" for name in _other_files(run / "adapter", reference / "adapter")]
    ours, theirs = updates(run), updates(reference)
    if ours != theirs:
        steps = [update[0] for update in ours]
        same_steps = steps == [update[0] for update in theirs]
        found.append("log.jsonl: " + ("other values" if same_steps else f"the updates {' '.join(map(str, steps))}"))
    if evaluations(run) != evaluations(reference):
        found.append("log.jsonl: other evaluations")
    if outcome(read_run(run)) != outcome(read_run(reference)):
        found.append(f"run.json: {outcome(read_run(run))}, not {outcome(read_run(reference))}")
    return found + [f"left over: {path.relative_to(run)}" for path in run.rglob(".*")]


def _other_files(folder: Path, reference: Path) -> list[str]:
    ours, theirs = files_of(folder), files_of(reference)
    return [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]


def updates(run: Path) -> list[tuple[Any, ...]]:
    keys = ("step", "loss", "learning_rate", "examples", "tokens")
    return [tuple(line[key] for key in keys) for line in log_of(run) if "loss" in line]


def evaluations(run: Path) -> list[tuple[Any, ...]]:
    keys = ("step", "validation_loss", "metrics", "best")
    return [tuple(line[key] for key in keys) for line in log_of(run) if line.get("kind") == "validation"]


def outcome(record: RunRecord) -> tuple[Any, ...]:
    """Return what became of a run, without its times."""
    scores = (record.final_loss, record.best_validation_loss, record.best_step)
    return (record.status, record.plan_hash, record.steps, record.train_examples, *scores)
