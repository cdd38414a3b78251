"""The whole straight line on the embedded task, as a new user would walk it: `make demo`.

    demo: base 0.231 tuned 0.934 report demo/runs/…/report.html seconds 311

Base model, training, evaluation of the base and the tuned model, their comparison. The seconds leave the installation
out. The base model goes to LFINE_CACHE like everybody's, the run to demo/runs.

*Not here:* anything that `lfine` does not do by itself: every step is one of its commands.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TASK = "task_configs/insurance_routing.yaml"
RUNS = ROOT / "demo" / "runs"


def lfine(*words: str) -> None:
    """Run one command in the open, its line printed first; end with its exit code when it fails."""
    print(f"\n$ lfine {' '.join(words)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "lfine", *words], cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def accuracy(evaluation: Path) -> float:
    """Return the accuracy in an evaluation's scores.json."""
    return float(json.loads((evaluation / "scores.json").read_text(encoding="utf-8"))["metrics"]["accuracy"]["value"])


def main() -> None:
    """Walk the line and print its last line."""
    began = time.monotonic()
    place = ("--runs-dir", "demo/runs")
    lfine("validate", TASK)
    lfine("models", "pull", "smollm2-135m-instruct")
    lfine("train", TASK, *place)
    run = max((RUNS / "insurance_routing").glob("2*"))
    lfine("evaluate", TASK, "--base", *place)
    lfine("evaluate", TASK, *place)
    evaluations = run / "evaluations"
    lfine("compare", *(str((evaluations / name).relative_to(ROOT)) for name in ("tuned", "base", "majority", "tfidf")))
    report = (evaluations / "tuned" / "report.html").relative_to(ROOT)
    base, tuned = accuracy(evaluations / "base"), accuracy(evaluations / "tuned")
    print(f"\ndemo: base {base:.3f} tuned {tuned:.3f} report {report} seconds {time.monotonic() - began:.0f}")


if __name__ == "__main__":
    main()
