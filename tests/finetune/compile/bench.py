"""A small task, its rows and a tiny model, compiled on machines that are made up.

bench.compile(["trainer.epochs=2"]).plan.training.steps
bench.task(["adapter.r=4"]).adapter.r == 4        no data, no model
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.compiling import Compiled, Source, compile_task
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import Decision, LengthPlan
from lfine.finetune.compile.prepare import Prepared, prepare_model, prepare_rows
from lfine.schemas.loading import LoadedTask, load_task
from lfine.schemas.problems import Problem
from lfine.schemas.task import Task

CPU = Machine("cpu", 8, 16_000_000_000, bf16=False, accelerator=None)
BF16_CPU = replace(CPU, bf16=True)
GPU = Machine("cuda", 8, 24_000_000_000, bf16=True, accelerator="A10")

TASK = """\
base_model: {model}
dataset: {{path: rows.csv}}
prompt:
  template: "Classify the question: {{question}} (note: {{note}})"
output_feature: label
"""

CARD = ModelCard(
    model_type="llama",
    layers=30,
    hidden=576,
    heads=9,
    kv_heads=3,
    head_dim=64,
    intermediate=1536,
    vocab=49152,
    context=8192,
    tied_embeddings=True,
    parameters=134_515_008,
    sliding_window=None,
    dtype="bfloat16",
    quantized=None,
)
"""SmolLM2-135M."""

LENGTH = LengthPlan(
    max_sequence_length=233,
    p50=210,
    p95=233,
    p99=250,
    longest=260,
    cut=3,
    left_out=0,
    shared_prefix=165,
    longest_completion=36,
)
"""Like ViGGO's."""

SPLITS = ("train",) * 40 + ("validation",) * 6 + ("test",) * 8
WORDS = ("card", "lost", "stolen", "transfer", "pending", "the", "capital", "country", "seven", "dog")


def make_rows(*, seed: int = 3) -> list[dict[str, str]]:
    """Return 40 training, 6 validation and 8 test rows with questions of 1 to 30 words."""
    draw = random.Random(seed)
    return [
        {
            "question": " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 30))) + f" {number}",
            "note": draw.choice(WORDS),
            "label": ("yes", "no")[number % 2],
            "split": split,
        }
        for number, split in enumerate(SPLITS)
    ]


def write_csv(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def find(decisions: Iterable[Decision], path: str) -> Decision:
    """Return the one decision about a key."""
    (found,) = [each for each in decisions if each.path == path]
    return found


@dataclass(frozen=True)
class Bench:
    """A folder with a task file, a data file and a model."""

    folder: Path
    model: Path

    def write(self, *, text: str = TASK, rows: Sequence[Mapping[str, str]] | None = None) -> Path:
        """Write task and rows; return the task's path."""
        path = self.folder / "task.yaml"
        path.write_text(text.format(model=self.model), encoding="utf-8")
        write_csv(self.folder / "rows.csv", make_rows() if rows is None else rows)
        return path

    def load(self, overrides: Sequence[str] = ()) -> LoadedTask:
        return load_task(self.folder / "task.yaml", list(overrides))

    def task(self, overrides: Sequence[str] = ()) -> Task:
        return self.load(overrides).task

    def notes(self, overrides: Sequence[str] = ()) -> Notes:
        """Return an empty list of decisions that knows where this task's keys were written."""
        return Notes(self.load(overrides).origin)

    def prepared(self, overrides: Sequence[str] = ()) -> Prepared:
        return prepare(self.load(overrides))

    def compile(self, overrides: Sequence[str] = (), machine: Machine = CPU) -> Compiled:
        loaded = self.load(overrides)
        source = Source(loaded.task, loaded.folder, loaded.origin, loaded.problem)
        return compile_task(source, prepare(loaded), machine)

    def place(self, code: str, path: str, message: str, cure: str) -> Problem:
        """Return a problem that says where it stands, as a loaded task places it."""
        return Problem(code, message, cure, file="task.yaml", line=1, path=path)


def prepare(loaded: LoadedTask) -> Prepared:
    rows = prepare_rows(loaded.task, loaded.folder, place=loaded.problem)
    return Prepared(rows, prepare_model(loaded.task, Path(loaded.task.base_model.id), rows))
