"""Examples trained in a second, beside TRL's SFTTrainer: same model, adapter, rows, order, batch and dtype, in turns.

    python -m benchmarks.train_speed                        three tasks, three rounds, 12 updates (about 40 minutes)
    python -m benchmarks.train_speed --tasks viggo --rounds 1 --dtype float32
    viggo: lfine 4.61 examples/s, TRL (eager, bfloat16 weights) 0.60; ratio 7.7 (7.5 to 8.0)

Both sides are timed by the wall clock from outside: a run of 2 + N updates less a run of 2, whole processes, so that
starting and loading cancel out. lfine's side is `lfine train` as a user runs it, with its log, checkpoint and
validation loss. TRL's side is benchmarks/trl_side.py, without checkpointing and without packing (which without flash
attention lets examples see each other: another computation); of its attentions (eager, sdpa) and ways to bfloat16
(weights, autocast) a first short round finds the fastest, and that one counts. Adapters start alike and have no
dropout, so the losses of both sides stand side by side, update by update.

*Not here:* keeping figures (benchmarks/results.csv): the row is printed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from lfine import __version__
from lfine.compiling import CompiledTask, compile_file
from lfine.finetune.compile.files import write_plan
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.train.batches import batch_rows

ROOT = Path(__file__).parent.parent
SHORT = 2
"""Updates of the run that is taken away."""
REVIEWS = """\
name: sst2
base_model: smollm2-135m-instruct
dataset: {path: glue_sst2.parquet}
prompt:
  template: "Is this film review negative (0) or positive (1)? {sentence}"
output_feature: {name: label, type: category}
preprocessing:
  split: {type: fixed, column: split}
adapter: {type: lora, r: 8}
trainer: {train_steps: 1, learning_rate: 0.001, validation_sample: 64}
"""
"""A task that shares nothing but the chat template's own head: one line of prompt."""
TASKS = {"viggo": "task_configs/viggo_functional.yaml", "spider": "task_configs/spider_sql.yaml", "sst2": REVIEWS}
WANTED = {"viggo": 5.0, "spider": 2.5, "sst2": 1.5}
"""The least ratio that is promised."""
SETTINGS = (
    "quantization=null",
    "trainer.batch_size=8",
    "adapter.dropout=0",
    "trainer.learning_rate_scheduler={decay: constant, warmup_fraction: 0}",
    "trainer.steps_per_evaluation=100000",
    "trainer.steps_per_checkpoint=100000",
    "trainer.validation_sample=8",
)


@dataclass(frozen=True)
class Side:
    """One of the two, or a variant of TRL's."""

    name: str
    words: tuple[str, ...]
    """Of the command line, for trl_side.py; none for lfine."""


LFINE = Side("lfine", ())
VARIANTS = {
    "bfloat16": (
        Side("TRL (eager, bfloat16 weights)", ("--attention", "eager")),
        Side("TRL (sdpa, bfloat16 weights)", ("--attention", "sdpa")),
        Side("TRL (eager, autocast)", ("--attention", "eager", "--autocast")),
        Side("TRL (sdpa, autocast)", ("--attention", "sdpa", "--autocast")),
    ),
    "float32": (
        Side("TRL (eager, float32)", ("--attention", "eager")),
        Side("TRL (sdpa, float32)", ("--attention", "sdpa")),
    ),
}


@dataclass(frozen=True)
class Bench:
    """One task, ready for both sides."""

    name: str
    task: Path
    rows: Path
    """For trl_side.py."""
    dtype: str
    folder: Path
    batch: int

    def run(self, side: Side, updates: int) -> tuple[float, list[float]]:
        """Return the wall time of a whole process that trains so many updates, and its losses."""
        if side.words:
            losses = self.folder / "losses.json"
            words = ["-m", "benchmarks.trl_side", str(self.rows), "--updates", str(updates), *side.words]
            seconds = timed([*words, "--losses", str(losses)])
            return seconds, json.loads(losses.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory(dir=self.folder) as runs:
            settings = (*SETTINGS, f"trainer.dtype={self.dtype}", f"trainer.train_steps={updates}")
            words = ["-m", "lfine", "train", str(self.task), "--runs-dir", runs]
            seconds = timed([*words, *(word for each in settings for word in ("--set", each))])
            lines = next(Path(runs).glob("*/*/log.jsonl")).read_text(encoding="utf-8").splitlines()
            return seconds, [line["loss"] for line in map(json.loads, lines) if "loss" in line]

    def speed(self, side: Side, updates: int) -> tuple[float, list[float]]:
        """Return examples in a second, long run less short run, and the losses of the long one."""
        short, _ = self.run(side, SHORT)
        seconds, losses = self.run(side, SHORT + updates)
        return updates * self.batch / (seconds - short), losses


def timed(words: list[str]) -> float:
    """Run a process of this Python; return its wall time in seconds."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}\n{done.stderr[-2000:]}")
    return seconds


def bench_for(name: str, dtype: str, folder: Path, updates: int) -> Bench:
    """Compile the task and write its first rows, in the order of the updates, for TRL's side."""
    folder.mkdir()
    said = TASKS[name]
    task = ROOT / said
    if "\n" in said:
        task = folder / f"{name}.yaml"
        task.write_text(said, encoding="utf-8")
    compiled = compile_file(task, (*SETTINGS, f"trainer.dtype={dtype}"))
    plan = folder / "plan.json"
    write_plan(compiled.plan, plan)
    rows = folder / "rows.json"
    model = str(compiled.prepared.model.folder)
    given = {"plan": str(plan), "model": model, "rows": rows_of(compiled, updates)}
    rows.write_text(json.dumps(given), encoding="utf-8")
    return Bench(name, task, rows, dtype, folder, compiled.plan.training.batch_size)


def rows_of(compiled: CompiledTask, updates: int) -> list[dict[str, list[int]]]:
    """Return the rows of the first updates, as lfine trains on them."""
    plan, rows, found = compiled.plan.training, compiled.rows.train, []
    for step in range(updates):
        size = plan.batch_size
        for number in batch_rows(step, rows=len(rows), batch_size=size, examples=size * updates, seed=plan.seed):
            row = rows[number]
            mask = [0] * len(row.prompt_ids) + [1] * len(row.completion_ids)
            found.append({"input_ids": [*row.prompt_ids, *row.completion_ids], "completion_mask": mask})
    return found


def compare(bench: Bench, rounds: int, updates: int) -> str:
    """Measure in turns, print both losses of every update, and return what is said of it."""
    variants = VARIANTS[bench.dtype]
    tried = {side: bench.run(side, SHORT)[0] for side in tqdm(variants, desc=f"{bench.name}: TRL's variants")}
    best = min(tried, key=lambda side: tried[side])
    speeds: dict[Side, list[float]] = {LFINE: [], best: []}
    losses: dict[Side, list[float]] = {}
    for _ in tqdm(range(rounds), desc=f"{bench.name}: rounds"):
        for side, found in speeds.items():
            speed, losses[side] = bench.speed(side, updates)
            found.append(speed)
            print(f"{bench.name}: {side.name} {speed:.2f} examples/s", flush=True)
    print(f"{bench.name}: losses of lfine and of {best.name}")
    for step, (mine, theirs) in enumerate(zip(losses[LFINE], losses[best], strict=True), start=1):
        print(f"  {step:3d}  {mine:.4f}  {theirs:.4f}")
    ratios = [mine / theirs for mine, theirs in zip(speeds[LFINE], speeds[best], strict=True)]
    middle = {side: statistics.median(found) for side, found in speeds.items()}
    ratio = middle[LFINE] / middle[best]
    apart = max(abs(mine - theirs) for mine, theirs in zip(losses[LFINE], losses[best], strict=True))
    return (
        f"{bench.name}: lfine {middle[LFINE]:.2f} examples/s, {best.name} {middle[best]:.2f}; "
        f"ratio of medians {ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f} in {rounds} rounds; "
        f"promised {WANTED[bench.name]:g}); losses of {SHORT + updates} updates differ by at most {apart:.3f}"
    )


def main() -> None:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=12, help="in the difference of the two runs")
    parser.add_argument("--dtype", choices=VARIANTS, default="bfloat16")
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if "LFINE_DATA" not in os.environ:
        raise SystemExit("LFINE_DATA must name the folder of viggo, spider_create_context and glue_sst2 (.parquet)")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.tasks:
            bench = bench_for(name, arguments.dtype, Path(folder) / name, SHORT + arguments.updates)
            found.append(compare(bench, arguments.rounds, arguments.updates))
            print(found[-1], flush=True)
    machine = this_machine()
    hardware = f"{machine.cores} cores, {'bfloat16 in hardware' if machine.bf16 else 'no bfloat16'}, no GPU"
    command = f"python -m benchmarks.train_speed --dtype {arguments.dtype} --updates {arguments.updates}"
    csv.writer(sys.stdout).writerow([f"{datetime.now(UTC):%Y-%m-%d}", __version__, hardware, command, "; ".join(found)])


if __name__ == "__main__":
    main()
