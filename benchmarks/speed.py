"""The speed of a finished run as a row of results.csv; all such rows as the table that `lfine compile` estimates by.

    python benchmarks/speed.py runs/viggo_functional/20261122T091500Z    prints the row, to be appended to results.csv
    python benchmarks/speed.py --write                                   writes finetune/catalogue/throughput.json
    python benchmarks/speed.py --check                                   ends with 1 where that file is out of date

A row's figures begin with `speed:` and hold key=value pairs; the last row of a device and dtype counts.

*Not here:* the arithmetic of an estimate (lfine.finetune.compile.estimates).
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from lfine import __version__
from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.sources import local_folder, resolve_source
from lfine.finetune.compile.estimates import operations
from lfine.finetune.compile.files import read_plan
from lfine.finetune.compile.machine import this_machine

RESULTS = Path(__file__).parent / "results.csv"
TABLE = Path(__file__).parent.parent / "finetune" / "catalogue" / "throughput.json"
MARK = "speed: "


def row_of(run: Path, hardware: str) -> list[str]:
    """Return date, version, hardware, command and figures of a finished run; its loop's seconds are in run.json."""
    plan = read_plan(run / "plan.json")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    folder = local_folder(resolve_source(plan.task.base_model, Path(plan.folder)))
    if folder is None:
        raise SystemExit(f"the base model of {run} is not here")
    tokens = plan.estimate.computed_tokens * record["train_examples"] / plan.training.train_examples
    speed = tokens * operations(plan.training, read_card(folder)) / record["seconds"]
    facts = {
        "device": this_machine().accelerator or plan.training.machine.device,
        "dtype": plan.training.model.dtype,
        "operations": f"{speed:.4g}",
        "model": plan.training.model.name,
        "layout": plan.training.machine.layout,
        "tokens_per_second": f"{tokens / record['seconds']:.4g}",
    }
    figures = MARK + "; ".join(f"{key}={value}" for key, value in facts.items())
    return [f"{datetime.now(UTC):%Y-%m-%d}", __version__, hardware, record["command"], figures]


def table(results: Path = RESULTS) -> str:
    """Return throughput.json as the rows of results.csv give it."""
    with results.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["figures"].startswith(MARK)]
    found = []
    for row in rows:
        facts = dict(pair.split("=", 1) for pair in row["figures"].removeprefix(MARK).split("; "))
        said = {key: row[key] for key in ("date", "hardware", "command")}
        found.append({**said, **facts, "operations": float(facts["operations"])})
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--hardware", default=f"{this_machine().cores} cores, {platform.machine()}")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.run is not None:
        csv.writer(sys.stdout).writerow(row_of(arguments.run, arguments.hardware))
    if arguments.write:
        TABLE.write_text(table(), encoding="utf-8")
    if arguments.check and TABLE.read_text(encoding="utf-8") != table():
        print("finetune/catalogue/throughput.json is out of date; run `make generate`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
