"""The tasks of task_configs/, and rows for each: the published data, a slice of them, or a sample that we made.

    TASKS                                   every task file, task_configs/lora_land/ and the ones above it
    published(path)                         the file in ../shared/data (or LFINE_DATA), None where it is not there
    small_rows(path, tmp_path)              --set words: the first 10 rows of each split, or tests/…/samples/FILE.*

A sample stands in where the published data cannot be had here; it has the same columns, and its rows are our own.

*Not here:* what is tested of them (test_lora_land.py, test_on_data.py), how prompts are written (golden_prompts.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.schemas.loading import load_task

if TYPE_CHECKING:
    from lfine.schemas.task import Task

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "task_configs"
LORA_LAND = CONFIGS / "lora_land"
SAMPLES = Path(__file__).parent / "samples"
DATA = Path(os.environ.get("LFINE_DATA") or ROOT.parent / "shared" / "data")
"""Asked once, before a test takes the variable away."""
SLICE = 10
"""Rows of each split in a slice."""

TASKS = tuple(sorted(path for path in CONFIGS.rglob("*.yaml") if not path.name.startswith("_")))
STUDY = tuple(path for path in TASKS if path.parent == LORA_LAND)
ABSENT = f"the published data are not in {DATA}"


def named(path: Path) -> str:
    """Return the name of a task file without folder and suffix, for the ids of tests."""
    return path.stem


def header(path: Path) -> str:
    """Return the comment that a task file opens with, its marks taken off."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next(at for at, line in enumerate(lines) if not line.startswith("#"))
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[:end])


def loaded(path: Path) -> Task:
    return load_task(path).task


def data_files(path: Path) -> dict[str, str]:
    """Return key → data file, as the task names them: one file, or one for each split."""
    dataset = loaded(path).dataset
    named_here = {key: getattr(dataset, key) for key in ("path", "train", "validation", "test")}
    return {f"dataset.{key}": name for key, name in named_here.items() if name}


def published(path: Path) -> Path | None:
    """Return the one data file of a task where it is at hand."""
    return at_hand(data_files(path).get("dataset.path", ""), path.parent)


def at_hand(name: str, folder: Path) -> Path | None:
    """Return a data file that is there: beside the task, or in the folder of published data."""
    return next((place for place in (folder / name, DATA / name) if name and place.is_file()), None)


def sample(name: str) -> Path | None:
    """Return the rows that we made in place of a data file, None where there are none."""
    return next(iter(sorted(SAMPLES.glob(f"{Path(name).stem}.*"))), None)


def full_rows(path: Path) -> list[str] | None:
    """Return what `--set` needs for all published rows, else for the sample; None where neither is there."""
    return _words({key: at_hand(name, path.parent) or sample(name) for key, name in data_files(path).items()})


def small_rows(path: Path, folder: Path) -> list[str] | None:
    """Return what `--set` needs for a few rows: the sample, or a slice of the published rows written to `folder`."""
    files = {key: (sample(name), at_hand(name, path.parent)) for key, name in data_files(path).items()}
    return _words({key: made or (data and sliced(data, folder)) for key, (made, data) in files.items()})


def _words(files: Mapping[str, Path | None]) -> list[str] | None:
    return [f"{key}={json.dumps(str(file))}" for key, file in files.items()] if all(files.values()) else None


def sliced(data: Path, folder: Path) -> Path:
    """Write the first SLICE rows of each split to a file of the same kind."""
    if data.suffix == ".csv":
        return _sliced_csv(data, folder)
    from pyarrow import compute, concat_tables, parquet

    table = parquet.read_table(data)
    splits = compute.unique(table["split"]).to_pylist()
    parts = [table.filter(compute.equal(table["split"], split)).slice(0, SLICE) for split in splits]
    parquet.write_table(concat_tables(parts), folder / data.name)
    return folder / data.name


def _sliced_csv(data: Path, folder: Path) -> Path:
    import csv

    with data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    splits = dict.fromkeys(row["split"] for row in rows)
    kept = [row for split in splits for row in [each for each in rows if each["split"] == split][:SLICE]]
    with (folder / data.name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)
    return folder / data.name
