"""Of thirty data sets, which column and metric `lfine init` takes, beside those that a person wrote down before.

    python -m benchmarks.init_accuracy ../shared/data        # prints the table of docs/how-to/start-from-data.md

`benchmarks/init_truth.csv` holds the answer's column, the metrics that are right for it, and what the set means.

*Not here:* the guess (lfine.finetune.data.guess).
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.guess.records import Choice
from lfine.starting.starting import Asked, Started, start

TRUTH = Path(__file__).with_name("init_truth.csv")
HEAD = "| data | answer | how sure | metric | how sure | right |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Truth:
    data: str
    output: str
    metrics: tuple[str, ...]
    """Those that are right; any of them."""


def truths(path: Path = TRUTH) -> list[Truth]:
    """Return what a person wrote down."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Truth(row["data"], row["output"], tuple(row["metrics"].split())) for row in csv.DictReader(file)]


def choice(started: Started, what: str) -> Choice:
    """Return one of the choices by its name."""
    return next(each for each in started.guess.choices if each.what == what)


def is_right(truth: Truth, output: Choice, metric: Choice) -> bool:
    """Tell whether column and metric are both right."""
    return output.value == truth.output and metric.value in truth.metrics


def line(truth: Truth, started: Started) -> str:
    """Return one line of the table; what is wrong stands there with what is right."""
    output, metric = choice(started, "output"), choice(started, "metric")
    right = "yes" if is_right(truth, output, metric) else f"no: `{truth.output}`, {' or '.join(truth.metrics)}"
    cells = [truth.data, f"`{output.value}`", output.certainty, metric.value, metric.certainty, right]
    return f"| {' | '.join(cells)} |"


def table(folder: Path, found: Sequence[Truth]) -> list[str]:
    """Return the lines of the table, its head among them."""
    started = [(truth, start(str(folder / f"{truth.data}.parquet"), Asked(out="-"))) for truth in found]
    return [*HEAD.split("\n"), *(line(truth, each) for truth, each in started)]


if __name__ == "__main__":
    print("\n".join(table(Path(sys.argv[1]), truths())))
