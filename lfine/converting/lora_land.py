"""The metadata of a LoRA Land task (`metadata.yaml`) as a task.

    {dataset_name: viggo, prompt_template: "… {meaning_representation}", target_col: target, metric_name: rouge,
     data_path: viggo.csv, split_column: split, split_column_value: test}

Its harness scores the first 1,000 rows of the split and cuts prompts at 1,500 characters; here the held-out sample is
drawn by a hash, and held-out prompts are not cut.

*Not here:* the harness's own metrics, which count an answer that merely contains the label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lfine.converting.account import Conversion, Fate, Key, placed

PAPER_MODEL = "mistralai/Mistral-7B-v0.1"
METRICS = {"rouge": "rouge", "accuracy": "accuracy", "f1": "f1"}
LABEL_METRICS = ("accuracy", "binary_accuracy_flex", "customer_support_accuracy")
SPLIT_NAMES = {"val": "validation", "dev": "validation", "validation": "validation", "eval": "validation"}
MARKS = ("prompt_template", "target_col")
"""What tells this form from others."""
WHYS = {
    "adapter_ui_name": "of the hosted demo",
    "adapter_category": "of the hosted demo",
    "dataset_link": "written into the description",
    "dataset": "give dataset.path or dataset.hub",
    "training_data": "data_path counts; its harness reads no other file",
    "evaluation_data": "its harness never reads it",
    "expected_output_format": "for readers",
    "input_columns": "the template names the columns",
    "num_examples": "counted from the data",
    "eval_prompt_template": "one template for training and evaluation",
    "eval_target_col": "one answer column for training and evaluation",
    "split": "split_column and split_column_value say it",
}


class Metadata:
    """One metadata file on its way; `task` and `found` fill as it is read."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.task: dict[str, Any] = {"base_model": PAPER_MODEL}
        self.found: dict[str, Key] = {}

    def put(self, name: str, target: str, value: object, why: str = "") -> None:
        """Carry a key over as `value`."""
        placed(self.task, target, value)
        fate: Fate = "moved" if value == self.given[name] else "converted"
        self.found[name] = Key(name, self.given[name], fate, target, why)

    def leave(self, name: str, why: str) -> None:
        """Say why a key is not carried over."""
        self.found[name] = Key(name, self.given[name], "left out", "", why)


def convert_lora_land(given: Mapping[str, Any], repeated: tuple[str, ...] = ()) -> Conversion:
    """Return the task and the account of every key."""
    metadata = Metadata(given)
    for name, value in given.items():
        if value is None:
            metadata.leave(name, "null")
        elif name in TARGETS:
            metadata.put(name, TARGETS[name], value)
        elif name in READ:
            READ[name](metadata, name, str(value))
        else:
            metadata.leave(name, WHYS.get(name, "not a key of this form"))
    placed(metadata.task, "prompt.chat", "none")
    notes = [f"base_model {PAPER_MODEL} written: the paper's; the file names none"]
    notes += ["prompt.chat none written: its harness sends the rendered template as it is"]
    notes += ["adapter and trainer are lfine's defaults: the file says nothing of training"]
    if "split_column" not in given and "split_column_value" in given:
        notes.append("split_column is missing, so its harness filters nothing and scores rows of every split")
    notes += [f"{name} stands twice: the last one counts" for name in repeated]
    return Conversion("LoRA Land", metadata.task, tuple(metadata.found[name] for name in given), tuple(notes))


def _name(metadata: Metadata, name: str, value: str) -> None:
    metadata.put(name, "name", re.sub(r"[^A-Za-z0-9._-]+", "_", value).strip("_.-") or "task")


def _split_column(metadata: Metadata, name: str, value: str) -> None:
    metadata.put(name, "preprocessing.split.column", value)
    placed(metadata.task, "preprocessing.split.type", "fixed")


def _split(metadata: Metadata, name: str, value: str) -> None:
    split = SPLIT_NAMES.get(value.lower(), value.lower())
    if split in ("test", "validation"):
        metadata.put(name, "evaluation.split", split)
    else:
        metadata.leave(name, "only test and validation rows are scored")


def _metric(metadata: Metadata, name: str, value: str) -> None:
    target = "evaluation.metrics"
    if value in METRICS:
        metadata.put(name, target, [METRICS[value]])
    elif value.endswith("accuracy") or value in LABEL_METRICS:
        why = "its own rule counts answers that contain the label; here an answer must name exactly one"
        metadata.put(name, target, ["accuracy"], why)
        placed(metadata.task, "evaluation.extract", "label")
    elif value == "gsm8k_regex":
        metadata.put(name, target, ["exact_match"], "the last number of the answer")
        placed(metadata.task, "evaluation.extract", "last_number")
    else:
        metadata.leave(name, "no such metric; by default accuracy for a category, rouge for text")


TARGETS = {
    "dataset_description": "description",
    "data_path": "dataset.path",
    "prompt_template": "prompt.template",
    "target_col": "output_feature",
}
READ: dict[str, Callable[[Metadata, str, str], None]] = {
    "dataset_name": _name,
    "metric_name": _metric,
    "split_column": _split_column,
    "split_column_value": _split,
    "split_used_for_evaluation": _split,
}
"""Keys that need more than another name."""
