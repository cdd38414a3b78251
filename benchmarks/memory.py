"""Estimated against measured peak memory of `lfine train`, run by run, in processes of their own.

    python benchmarks/memory.py          a table in Markdown, for docs/explanation/memory.md
    | run | estimated GB | measured GB | ratio |

Each run trains two updates of a real task on a real model; measured is the largest resident set of the process.

*Not here:* the estimate's parts (lfine.finetune.compile.memory).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TASK = "task_configs/insurance_routing.yaml"
BASE = ("trainer.train_steps=2", "trainer.steps_per_evaluation=9", "trainer.steps_per_checkpoint=9")
RUNS = {
    "8 at once, NF4, bfloat16": ("trainer.micro_batch_size=8",),
    "2 at once": ("trainer.micro_batch_size=2",),
    "32 at once": ("trainer.batch_size=32", "trainer.micro_batch_size=32"),
    "8 at once, float32": ("trainer.dtype=float32",),
    "8 at once, no quantization": ("quantization=null",),
    "32 at once, checkpointing": (
        "trainer.batch_size=32",
        "trainer.micro_batch_size=32",
        "trainer.gradient_checkpointing=true",
    ),
    "8 at once, all linear layers": ("adapter.target_modules=all-linear",),
    "8 at once, full fine-tuning": ("adapter=null", "quantization=null", "trainer.learning_rate=1e-5"),
}


def peak(overrides: tuple[str, ...]) -> tuple[int, int]:
    """Return estimated and measured bytes of one run."""
    with tempfile.TemporaryDirectory() as folder:
        words = [
            "train",
            TASK,
            "--runs-dir",
            folder,
            *(word for text in (*BASE, *overrides) for word in ("--set", text)),
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "lfine", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"lfine {' '.join(words)} ended with {status}")
        plan = json.loads(next(Path(folder).glob("*/*/plan.json")).read_text(encoding="utf-8"))
    return sum(part["bytes"] for part in plan["estimate"]["memory"]), usage.ru_maxrss * 1024


def main() -> None:
    """Print the table."""
    print("| run | estimated GB | measured GB | ratio |\n|---|---|---|---|")
    for name, overrides in RUNS.items():
        estimated, measured = peak(overrides)
        row = f"| {name} | {estimated / 1e9:.2f} | {measured / 1e9:.2f} | {estimated / measured:.2f} |"
        print(row, flush=True)


if __name__ == "__main__":
    main()
