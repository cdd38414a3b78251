"""What a foreign configuration leaves open, filled in from the data.

    completed(conversion, started) -> conversion with prompt, split, type and metrics that the file does not say

*Not here:* the conversion (lfine.converting), the guess (lfine.finetune.data.guess).
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from lfine.converting.account import Conversion, placed
from lfine.starting.starting import Started

OPEN = ("base_model", "prompt.template", "output_feature.type", "preprocessing.split", "evaluation.metrics")
"""Keys that are filled in where the file does not say them."""


def completed(found: Conversion, started: Started) -> Conversion:
    """Return the conversion with what the data say of keys that the file leaves open, each with a note."""
    task, guessed = copy.deepcopy(found.task), started.task
    notes, filled = list(found.notes), set()
    for key in OPEN:
        value = _at(guessed, key)
        if value is None or _at(task, key) is not None or _is_said(task, key):
            continue
        _put(task, key, value)
        filled.add(key)
        notes.append(f"{key} from the data: {_why(started, key)}")
    made = {name: made for name, made in _made(started).items() if _owner(started, name) in filled}
    if made:
        task["dataset"] = {**task["dataset"], "columns": {**task["dataset"].get("columns", {}), **made}}
    return replace(found, task=task, notes=tuple(notes))


def _made(started: Started) -> dict[str, Any]:
    return _at(started.task, "dataset.columns") or {}


def _owner(started: Started, column: str) -> str:
    """Return the key that needs a column to be made: the split for its words, the prompt for the others."""
    return "preprocessing.split" if column == started.guess.division.column else "prompt.template"


def output_of(found: Conversion) -> str | None:
    """Return the answer's column, where the file names one."""
    feature = found.task.get("output_feature")
    return feature if isinstance(feature, str) else (feature or {}).get("name")


def _put(task: dict[str, Any], key: str, value: Any) -> None:
    parent, _, last = key.rpartition(".")
    if parent == "output_feature" and isinstance(task.get(parent), str):
        task[parent] = {"name": task[parent]}
    placed(task, key, value) if parent else task.__setitem__(last, value)


def _at(task: Any, key: str) -> Any:
    for part in key.split("."):
        task = task.get(part) if isinstance(task, dict) else None
    return task


def _is_said(task: dict[str, Any], key: str) -> bool:
    """Tell whether a neighbour says it: separate files leave no split, labels no type, messages no template."""
    if key == "preprocessing.split":
        return "train" in task.get("dataset", {})
    if key == "output_feature.type":
        return _at(task, "output_feature.labels") is not None or task.get("output_feature") is None
    return key == "prompt.template" and _at(task, "prompt.messages") is not None


def _why(started: Started, key: str) -> str:
    what = {"prompt.template": "input", "output_feature.type": "type", "preprocessing.split": "split"}.get(
        key, "metric"
    )
    return next((f"{one.value} ({one.certainty}): {one.why}" for one in started.guess.choices if one.what == what), "")
