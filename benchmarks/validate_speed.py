"""How long `lfine validate` takes: one file against the imports that it cannot do without, and 1,000 files.

    python benchmarks/validate_speed.py
    one file: 0.21 s, python -c "import yaml, jsonschema": 0.14 s, ratio 1.5 (at most 2)
    1,000 files: 3.9 s (at most 6)

The two programs of the ratio run in turn, so that a busy machine slows both; the median of the pairs' ratios counts.

*Not here:* keeping figures (benchmarks/results.csv): nothing is written but a temporary folder.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORTS = [sys.executable, "-c", "import yaml, jsonschema"]
VALIDATE = [sys.executable, "-m", "lfine", "validate"]
TASK = """\
# One of many.
base_model: mistralai/Mistral-7B-v0.1
dataset: {{path: rows.csv}}
prompt:
  template: >-
    Turn this representation into a sentence: {{meaning}}
output_feature: target
preprocessing:
  split: {{type: hash, seed: {number}}}
  max_sequence_length: p99
adapter: {{type: lora, r: 16, target_modules: [q_proj, v_proj]}}
quantization: {{bits: 4}}
trainer:
  epochs: 3
  learning_rate: 1e-4
  learning_rate_scheduler: {{decay: linear, warmup_fraction: 0.1}}
generation: {{max_new_tokens: auto}}
evaluation: {{metrics: [rouge, {{name: exact_match}}], sample_size: 1000}}
"""


def write_tasks(folder: Path, count: int) -> None:
    """Write `count` valid tasks, and the CSV file whose header they are checked against."""
    (folder / "rows.csv").write_text("meaning,target\na,b\n", encoding="utf-8")
    for number in range(count):
        (folder / f"task_{number:04}.yaml").write_text(TASK.format(number=number), encoding="utf-8")


def seconds(command: list[str], folder: Path) -> float:
    """Return the wall time of a program that must end well."""
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description="time lfine validate")
    parser.add_argument("--pairs", type=int, default=15, help="runs of each program of the ratio")
    parser.add_argument("--files", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tasks(folder, arguments.files)
        one = [*VALIDATE, "task_0000.yaml"]
        seconds(one, folder), seconds(IMPORTS, folder)  # the disk's first read of the modules is nobody's
        pairs = [(seconds(one, folder), seconds(IMPORTS, folder)) for _ in range(arguments.pairs)]
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        imports = 'python -c "import yaml, jsonschema"'
        print(f"one file: {ours:.3f} s, {imports}: {theirs:.3f} s, ratio {ratio:.2f} (at most 2)")
        print(f"{arguments.files:,} files: {seconds([*VALIDATE, '.'], folder):.2f} s (at most 6 for 1,000)")


if __name__ == "__main__":
    main()
