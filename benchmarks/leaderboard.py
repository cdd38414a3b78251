"""The leaderboard of the docs: tasks trained for a modest budget, beside the most frequent answer, base and few-shot.

    LFINE_DATA=../shared/data OMP_NUM_THREADS=1 python -m benchmarks.leaderboard
    LFINE_DATA=../shared/data python -m benchmarks.leaderboard --only viggo,spider_sql --page /tmp/page.md

The one command that makes docs/leaderboard.md. It can be stopped at any moment, in any way, and given again: finished
tasks are skipped, an unfinished training goes on from its checkpoint, answers that had come are kept. The page is
written anew after each task, from the files of the runs; a row of benchmarks/results.csv once every task is done.

*Not here:* the page's text (leaderboard_page.py). Every step is lfine's own; only the settings are this file's.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.leaderboard_page import Entry, figures, page
from lfine import __version__
from lfine.evaluating import EvaluateOptions, evaluate_task
from lfine.evaluation.files import read_scores
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.models.keeping import KeptBase
from lfine.runs import read_run
from lfine.schemas.errors import LfineError
from lfine.schemas.loading import load_task
from lfine.schemas.records import digest, json_text, write_text
from lfine.stops import Interrupted
from lfine.training import TrainOptions, train_task

ROOT = Path(__file__).parent.parent
COMMAND = "python -m benchmarks.leaderboard"
MODELS = ("majority", "base", "few_shot", "tuned")
SHOTS = 3
"""Training rows shown to the few-shot base model, where the task itself asks for none."""
SETTINGS = (
    "base_model=smollm2-135m-instruct",
    "quantization=null",
    "adapter={type: lora, r: 16, alpha: 32, dropout: 0.0, target_modules: all-linear}",
    "prompt.examples=0",
    "trainer.epochs=null",
    "trainer.learning_rate=0.002",
    "trainer.micro_batch_size=auto",
    "trainer.save_best_by=null",
    "trainer.early_stop=null",
    "trainer.evaluation_sample=0",
    "trainer.validation_sample=32",
    "trainer.steps_per_checkpoint=null",
    "evaluation.baselines=[majority, base, few_shot]",
)
"""For every task; the rest is what its file says."""


@dataclass(frozen=True)
class Budget:
    """What one task may take."""

    updates: int = 200
    batch: int = 8
    limit: int = 200
    """Held-out rows; all where there are fewer."""
    settings: tuple[str, ...] = ()
    """`key.path=value`, after those that all tasks have."""
    why: str = ""
    """Why tuning does not beat the best of the others, where it does not: written by hand, having looked."""

    def overrides(self, shots: int) -> tuple[str, ...]:
        trainer = (f"train_steps={self.updates}", f"batch_size={self.batch}", f"steps_per_evaluation={self.updates}")
        mine = (*(f"trainer.{each}" for each in trainer), f"evaluation.few_shot_examples={shots}")
        return (*SETTINGS, *mine, *self.settings)


LABEL = Budget(updates=120)
"""One short answer."""
TEXT = Budget(updates=80, limit=100)
"""A sentence or so."""
LONG = Budget(updates=50, limit=100)
"""Prompts or answers of several hundred tokens."""
BUDGETS: Mapping[str, Budget] = {
    "insurance_routing": LABEL,
    "glue_sst2": LABEL,
    "dbpedia": LABEL,
    "covid": LABEL,
    "viggo": TEXT,
    "viggo_functional": TEXT,
    "e2e_nlg": TEXT,
    "wikisql": TEXT,
    "conllpp": TEXT,
    "bc5cdr": TEXT,
    "spider_sql": TEXT,
    "legal": LONG,
    "reuters": LONG,
    "jigsaw": LABEL,
    "glue_stsb": Budget(
        updates=120,
        why="after 960 examples it answers 3.0 to 170 of the 200 rows and 0.0 to the others: a rating near the middle "
        "costs least as long as closer and less close meanings are not told apart",
    ),
    "webnlg": TEXT,
    "glue_cola": Budget(
        updates=120,
        why="after 960 examples it answers yes to all 200 rows, as most training rows do, and its loss ends where "
        "the frequency of yes alone puts it: which sentences are grammatical has not been learned",
    ),
    "glue_mrpc": Budget(
        updates=120,
        why="it answers yes to all 200 rows; whoever does so has an F1 of 87.0 here, and after 960 pairs it "
        "cannot tell better which ones mean the same",
    ),
    "glue_qqp": LABEL,
    "glue_qnli": Budget(
        updates=120,
        why="it answers yes to 162 of the 200 rows and is right as often as yes alone would be; its loss ends at "
        "that of a coin: whether a sentence holds the answer to a question is not learned from 960 pairs",
    ),
    "glue_mnli": LABEL,
    "winogrande": Budget(
        updates=120,
        why="its loss ends at that of a coin and it is right on 107 of the 200 rows, B alone on 106: who is meant "
        "follows from what people know about the world, of which 135 million parameters hold little",
    ),
    "glue_wnli": LABEL,
    "arc": LABEL,
    "hellaswag": LONG,
    "mmlu": LONG,
    "boolq": LONG,
    "gsm8k": LONG,
}
"""Task → budget, in the order in which they are done and shown. Sets without training rows (cnn, magicoder) are left
out, and those whose data are not at hand."""


@dataclass(frozen=True)
class Place:
    """Where things lie."""

    runs: Path
    tasks: tuple[Path, ...] = (ROOT / "task_configs" / "lora_land", ROOT / "task_configs")
    """Folders in which NAME.yaml is looked for."""
    page: Path = ROOT / "docs" / "leaderboard.md"
    results: Path = ROOT / "benchmarks" / "results.csv"

    def task(self, name: str) -> Path | None:
        return next((folder / f"{name}.yaml" for folder in self.tasks if (folder / f"{name}.yaml").is_file()), None)


@dataclass
class Account:
    """What became of the tasks of this call."""

    done: list[Entry] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def shots_of(path: Path) -> int:
    """Return how many examples the few-shot base model is shown: as many as the task's own prompt, else three."""
    return load_task(path).task.prompt.examples.count or SHOTS


def key_of(path: Path, budget: Budget) -> str:
    """Hash what decides the entry, as it is written: a later version of lfine does not make finished work undone."""
    document = load_task(path).document.value
    said = {key: value for key, value in document.items() if key != "description"} if isinstance(document, dict) else {}
    return digest([said, list(budget.overrides(shots_of(path))), budget.limit])


def entry(name: str, path: Path, budget: Budget, runs: Path, load: KeptBase) -> Entry:
    """Train, evaluate and note it; or return what was noted before for the same task file and budget."""
    note, key = runs / f"{name}.json", key_of(path, budget)
    known = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    if known.get("key") == key:
        return read_entry(name, budget, Path(known["run"]))
    overrides = budget.overrides(shots_of(path))
    trained = train_task(
        path, TrainOptions(overrides=overrides, runs_dir=str(runs), rest=True, command=COMMAND), load=load
    )
    options = EvaluateOptions(
        overrides=overrides,
        runs_dir=str(runs),
        run=trained.run_dir,
        limit=budget.limit,
        rest=True,
        command=COMMAND,
    )
    evaluate_task(path, options, load=load)
    found = read_entry(name, budget, Path(trained.run_dir))
    write_text(note, json_text({"key": key, "run": trained.run_dir}))
    return found


def read_entry(name: str, budget: Budget, run: Path) -> Entry:
    """Read what the page shows from a finished run's files."""
    record = read_run(run)
    scores = {model: read_scores(run / "evaluations" / model / "scores.json") for model in MODELS}
    return Entry(name, scores, record.train_examples, record.seconds, budget.why)


def work(names: Sequence[str], place: Place) -> Account:
    """Do what is left of every task; the page is written after each."""
    account = Account()
    load = KeptBase(lambda line: print(line, file=sys.stderr))
    for number, name in enumerate(names, start=1):
        path, began = place.task(name), time.perf_counter()
        if path is None:
            account.missing.append(name)
            print(f"[{number}/{len(names)}] {name}: no task file yet", flush=True)
            continue
        try:
            found = entry(name, path, BUDGETS.get(name, Budget()), place.runs, load)
        except LfineError as error:
            account.failed[name] = str(error)
            print(f"[{number}/{len(names)}] {name}: failed\n{error}", flush=True)
            continue
        except Exception as error:  # noqa: BLE001 - a bug in one task must not cost the others their night
            traceback.print_exception(error)
            account.failed[name] = f"{type(error).__name__}: {error}"
            continue
        account.done.append(found)
        values = ", ".join(f"{model} {found.value(model):.3f}" for model in MODELS)
        seconds = time.perf_counter() - began
        print(f"[{number}/{len(names)}] {name}: {found.metric} {values}; {seconds:.0f} s now", flush=True)
        write_text(place.page, page(account.done, budget_lines(), left=len(names) - len(account.done)))
    return account


def budget_lines() -> tuple[str, ...]:
    """Return the settings that the page states."""
    return tuple(line for line in SETTINGS if not line.endswith("=null"))


def record(account: Account, place: Place) -> None:
    """Append the row of figures, unless the very same ones stand there already."""
    said = figures(account.done)
    if place.results.is_file() and said in place.results.read_text(encoding="utf-8"):
        return
    machine = this_machine()
    hardware = f"1 of {machine.cores} cores, {'bfloat16 in hardware' if machine.bf16 else 'no bfloat16'}, no GPU"
    row = [f"{datetime.now(UTC):%Y-%m-%d}", __version__, hardware, COMMAND, said]
    with place.results.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(row)


def main() -> int:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(BUDGETS), metavar="NAME,…")
    parser.add_argument("--runs-dir", type=Path, default=ROOT / "runs" / "leaderboard")
    parser.add_argument("--page", type=Path, default=Place(Path()).page, help="where the page is written")
    parser.add_argument("--results", type=Path, default=Place(Path()).results)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if "LFINE_DATA" not in os.environ:
        raise SystemExit("LFINE_DATA must name the folder of the data files")
    import torch

    torch.set_num_threads(arguments.threads)
    place = Place(arguments.runs_dir.resolve(), page=arguments.page, results=arguments.results)
    place.runs.mkdir(parents=True, exist_ok=True)
    try:
        account = work(arguments.only, place)
    except Interrupted as stop:
        print(f"stopped: {stop.saved}; give the same command again to go on", file=sys.stderr)
        return 130
    for name, said in account.failed.items():
        print(f"\n{name} failed:\n{said}", file=sys.stderr)
    if account.done and not account.failed and not account.missing:
        record(account, place)
    print(f"{len(account.done)} of {len(arguments.only)} tasks are done; {arguments.page}")
    return 4 if account.failed else 0


if __name__ == "__main__":
    sys.exit(main())
