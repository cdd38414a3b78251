"""No dead keys: every key of the task language changes what is decided when its value changes.

    "trainer.seed": ("7", "8")     the training and evaluation halves of the two plans differ

The copy of the task inside plan.json is left out of the comparison: it would change with any key.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.compile.files import plan_record
from lfine.finetune.data import tables
from lfine.finetune.data.formats.hub import HubSource, HubSplit
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.places import Place, unplaced
from lfine.schemas.schema import mapping_variant, schema_keys
from tests.finetune.compile.bench import GPU, Bench, make_rows, write_csv

VALUES: dict[str, tuple[str, ...]] = {
    "base_model": ("MODEL", "NEOX"),
    "dataset.path": ("rows.csv", "more.csv"),
    "dataset.hub": ("owner/a", "owner/b", "dataset={hub: owner/a}"),
    "dataset.name": ("plain", "other", "dataset={hub: owner/a}"),
    "dataset.revision": ("v1", "v2", "dataset={hub: owner/a}"),
    "dataset.train": ("train.csv", "half.csv", "dataset={train: train.csv, test: test.csv}"),
    "dataset.validation": ("null", "test.csv", "dataset={train: train.csv, test: test.csv}"),
    "dataset.test": ("train.csv", "test.csv", "dataset={train: train.csv, test: test.csv}"),
    "prompt.template": ("'{question}'", "'{note}'"),
    "prompt.system": ("null", "Be brief."),
    "prompt.chat": ("auto", "none"),
    "output_feature.name": ("label", "note", "prompt.template='{question}'"),
    "output_feature.type": ("category", "text"),
    "output_feature.labels": ("[yes, no]", "[yes, no, perhaps]"),
    "preprocessing.split.type": ("fixed", "hash"),
    "preprocessing.split.column": ("split", "fold"),
    "preprocessing.split.probabilities": ("[0.8, 0.1, 0.1]", "[0.4, 0.3, 0.3]", "preprocessing.split={type: hash}"),
    "preprocessing.split.seed": ("1", "2", "preprocessing.split={type: hash}"),
    "preprocessing.max_sequence_length": ("48", "p95"),
    "preprocessing.truncation": ("end", "start"),
    "adapter.r": ("4", "8", "adapter.alpha=9"),
    "adapter.alpha": ("4", "8"),
    "adapter.dropout": ("0", "0.5"),
    "adapter.target_modules": ("[q_proj]", "all-linear"),
    "adapter.use_rslora": ("false", "true"),
    "quantization.bits": ("4", "8"),
    "quantization.bnb_4bit_quant_type": ("nf4", "fp4", "quantization.bits=4"),
    "quantization.bnb_4bit_use_double_quant": ("true", "false", "quantization.bits=4"),
    "trainer.epochs": ("1", "2"),
    "trainer.train_steps": ("10", "11"),
    "trainer.batch_size": ("8", "16", "trainer.train_steps=10"),
    "trainer.micro_batch_size": ("1", "2"),
    "trainer.learning_rate": ("1e-4", "2e-4"),
    "trainer.learning_rate_scheduler.decay": ("cosine", "constant"),
    "trainer.learning_rate_scheduler.warmup_fraction": ("0.1", "0.5"),
    "trainer.optimizer.betas": ("[0.9, 0.99]", "[0.9, 0.95]"),
    "trainer.optimizer.eps": ("1e-8", "1e-6"),
    "trainer.optimizer.weight_decay": ("0", "0.1"),
    "trainer.max_grad_norm": ("1", "null"),
    "trainer.steps_per_evaluation": ("3", "4", "trainer.steps_per_checkpoint=9"),
    "trainer.validation_sample": ("3", "4"),
    "trainer.steps_per_checkpoint": ("3", "4"),
    "trainer.gradient_checkpointing": ("false", "true"),
    "trainer.dtype": ("auto", "float16"),
    "trainer.device": ("auto", "cpu", "trainer.dtype=float32"),
    "trainer.seed": ("7", "8"),
    "generation.max_new_tokens": ("5", "auto"),
    "evaluation.metrics": ("[f1]", "[accuracy, f1]"),
    "evaluation.sample_size": ("5", "6"),
    "evaluation.split": ("test", "validation", "evaluation.sample_size=3"),
    "evaluation.seed": ("7", "8", "evaluation.sample_size=3"),
    "evaluation.extract": ("none", "label"),
    "evaluation.baselines": ("[]", "[majority]"),
    "evaluation.confidence": ("0.9", "0.95"),
}
"""Key → two values, and (where the key needs one) an override that stands before both."""

NOTHING_TO_DECIDE = {
    "name": "names the run folder",
    "description": "is for readers and reports",
    "adapter.type": "has one value so far",
    "trainer.type": "has one value so far",
    "trainer.optimizer.type": "has one value so far",
}
"""Key → why no plan can differ by it."""


def leaf_keys() -> list[str]:
    return [key.dotted for key in schema_keys() if mapping_variant(key.node) is None]


def test_the_tables_name_every_key() -> None:
    assert sorted([*VALUES, *NOTHING_TO_DECIDE]) == sorted(leaf_keys())


def test_keys_of_one_value_have_one_value() -> None:
    enums = {key.dotted: key.node.get("enum") for key in schema_keys()}
    lonely = [key for key, why in NOTHING_TO_DECIDE.items() if why == "has one value so far"]
    assert [len(enums[key] or ()) for key in lonely] == [1, 1, 1]


def read_hub(source: HubSource, *, place: Place = unplaced) -> tuple[HubSplit, ...]:
    """Give other rows for every id, configuration and revision, as a hub would."""
    assert place is not None
    seed = sum(source.title.encode("utf-8"))
    rows = [{**row, "note": f"{row['note']} {seed}"} for row in make_rows()]
    names = ("train", "validation", "test")
    parts = {name: [row for row in rows if row["split"] == name] for name in names}
    columns = ("question", "note", "label")
    return tuple(HubSplit(name, Rows(columns, tuple(part))) for name, part in parts.items())  # type: ignore[arg-type]


@pytest.fixture
def data(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Several data files, a second split column, and a hub."""
    names = ("train", "validation", "test")
    rows = make_rows()
    folds = [{**row, "fold": names[number % 3]} for number, row in enumerate(rows)]
    bench.write(rows=folds)
    write_csv(bench.folder / "more.csv", [*folds, {**folds[0], "question": "what is new"}])
    bare = [{key: value for key, value in row.items() if key != "split"} for row in rows]
    write_csv(bench.folder / "train.csv", bare[:40])
    write_csv(bench.folder / "half.csv", bare[:20])
    write_csv(bench.folder / "test.csv", bare[46:])
    monkeypatch.setattr(tables, "read_hub", read_hub)
    return bench


def decided(bench: Bench, overrides: list[str]) -> dict[str, Any]:
    """Return the two halves of plan.json, without the copy of the task and the explanations."""
    record = plan_record(bench.compile(overrides, GPU).plan)
    return {half: record[half] for half in ("training", "evaluation")}


@pytest.mark.parametrize("key", VALUES)
def test_a_key_that_changes_changes_what_is_decided(data: Bench, tiny_neox_folder: Path, key: str) -> None:
    first, second, *before = VALUES[key]
    folders = {"MODEL": str(data.model), "NEOX": str(tiny_neox_folder)}
    plans = [decided(data, [*before, f"{key}={folders.get(value, value)}"]) for value in (first, second)]
    assert plans[0] != plans[1], f"{key} is read by no pass"


@pytest.mark.parametrize("key", ["name=other", "description=text"])
def test_what_only_names_the_task_decides_nothing(data: Bench, key: str) -> None:
    assert decided(data, [key]) == decided(data, [])


# --- compile is light ------------------------------------------------------------------------------------------------

COMPILES = """
import json, sys
from pathlib import Path
from lfine.compiling import compile_file
plan = compile_file(Path(sys.argv[1])).plan
heavy = ("torch", "transformers", "peft", "bitsandbytes", "accelerate", "datasets", "pandas", "sklearn")
print(json.dumps([plan.plan_hash, [name for name in heavy if name in sys.modules]]))
"""


def test_compiling_a_file_imports_nothing_heavy(bench: Bench) -> None:
    environment = {**os.environ, "LFINE_CACHE": str(bench.folder / "cache"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", COMPILES, str(bench.folder / "task.yaml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    plan_hash, loaded = json.loads(done.stdout)
    assert loaded == []
    assert len(plan_hash) == 16
    assert "LF306" in done.stderr
