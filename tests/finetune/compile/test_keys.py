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

FEW_SHOT = "prompt.examples.count=2"
HUB = "dataset={hub: owner/a}"
SQL, TEXT = "output_feature.type=sql", "output_feature.type=text"
SAMPLING = "generation.temperature=0.7"
TALKS = "dataset={path: talks.jsonl}"
CONVERSATIONS = ("prompt={messages: messages}", "output_feature=null")
VALUES: dict[str, tuple[str, ...]] = {
    "base_model.id": ("MODEL", "NEOX"),
    "dataset.path": ("rows.csv", "more.csv"),
    "dataset.hub": ("owner/a", "owner/b", HUB),
    "dataset.name": ("plain", "other", HUB),
    "dataset.revision": ("v1", "v2", HUB),
    "dataset.train": ("train.csv", "half.csv", "dataset={train: train.csv, test: test.csv}"),
    "dataset.validation": ("null", "half.csv", "dataset={train: train.csv, test: test.csv}"),
    "dataset.test": ("half.csv", "test.csv", "dataset={train: train.csv, test: test.csv}"),
    "dataset.columns": ("{}", "{note: {values: {card: bank}, cast: text}}", "dataset.path=card.csv"),
    "dataset.columns.*.from": ("question", "label"),
    "dataset.columns.*.template": ("'{question} {label}'", "'{label}'"),
    "dataset.columns.*.entities": ("tags", "others", "dataset={path: tags.jsonl, columns: {note: {from: words}}}"),
    "dataset.columns.*.json": ("a", "b", "dataset.path=told.csv", "dataset.columns.note.from=facts"),
    "dataset.columns.*.pick": ("0", "1", "dataset.path=told.csv", "dataset.columns.note={from: facts, json: words}"),
    "dataset.columns.*.values": ("{yes: left, no: right}", "{yes: right, no: left}", "dataset.columns.note.from=label"),
    "dataset.columns.*.letters": (
        "false",
        "true",
        "dataset.path=told.csv",
        "dataset.columns.note={from: facts, json: words, join: ' '}",
    ),
    "dataset.columns.*.join": (
        "' '",
        "', '",
        "dataset.path=told.csv",
        "dataset.columns.note={from: facts, json: words}",
    ),
    "dataset.columns.*.decimal": (
        "','",
        "'.'",
        "dataset.path=told.csv",
        "dataset.columns.note={template: '1.234'}",
    ),
    "dataset.columns.*.cast": (
        "text",
        "integer",
        "dataset.path=told.csv",
        "dataset.columns.note={from: facts, json: number}",
    ),
    "prompt.template": ("'{question}'", "'{note}'"),
    "prompt.system": ("null", "Be brief."),
    "prompt.chat": ("auto", "none"),
    "prompt.examples.count": ("0", "2"),
    "prompt.examples.row_ids": ("[0]", "[1]", "prompt.examples.count=1"),
    "prompt.examples.seed": ("1", "2", FEW_SHOT),
    "prompt.messages": ("messages", "others", TALKS, *CONVERSATIONS),
    "prompt.loss_on": ("all", "last", TALKS, *CONVERSATIONS),
    "output_feature.name": ("label", "note", "prompt.template='{question}'"),
    "output_feature.type": ("category", "text"),
    "output_feature.labels": ("[yes, no]", "[yes, no, perhaps]"),
    "output_feature.schema": (
        "one.schema.json",
        "other.schema.json",
        "dataset.path=told.csv",
        "output_feature={name: facts, type: json}",
    ),
    "preprocessing.split.type": ("fixed", "hash"),
    "preprocessing.split.column": ("split", "fold"),
    "preprocessing.split.probabilities": ("[0.8, 0.1, 0.1]", "[0.4, 0.3, 0.3]", "preprocessing.split={type: hash}"),
    "preprocessing.split.seed": ("1", "2", "preprocessing.split={type: hash}"),
    "preprocessing.max_sequence_length": ("48", "p95"),
    "preprocessing.truncation": ("end", "start"),
    "preprocessing.sample_ratio": ("0.5", "1"),
    "adapter.r": ("4", "8", "adapter.alpha=9"),
    "adapter.alpha": ("4", "8"),
    "adapter.dropout": ("0", "0.5"),
    "adapter.target_modules": ("[q_proj]", "all-linear"),
    "adapter.use_rslora": ("false", "true"),
    "adapter.use_dora": ("false", "true"),
    "adapter.bias": ("none", "lora_only"),
    "adapter.init_lora_weights": ("default", "gaussian"),
    "adapter.rank_pattern": ("{}", "{q_proj: 2}"),
    "adapter.alpha_pattern": ("{}", "{q_proj: 2}"),
    "adapter.modules_to_save": ("[]", "[lm_head]"),
    "adapter.from": ("null", "before"),
    "quantization.bits": ("4", "8"),
    "quantization.bnb_4bit_quant_type": ("nf4", "fp4", "quantization.bits=4"),
    "quantization.bnb_4bit_use_double_quant": ("true", "false", "quantization.bits=4"),
    "quantization.bnb_4bit_compute_dtype": ("bfloat16", "float32", "quantization.bits=4"),
    "trainer.epochs": ("1", "2"),
    "trainer.train_steps": ("10", "11"),
    "trainer.batch_size": ("8", "16", "trainer.train_steps=10"),
    "trainer.micro_batch_size": ("1", "2"),
    "trainer.learning_rate": ("1e-4", "2e-4"),
    "trainer.learning_rate_multiplier": ("1", "2"),
    "trainer.learning_rate_scheduler.decay": ("cosine", "constant"),
    "trainer.learning_rate_scheduler.warmup_fraction": ("0.1", "0.5"),
    "trainer.optimizer.type": ("adamw", "lion"),
    "trainer.optimizer.betas": ("[0.9, 0.99]", "[0.9, 0.95]"),
    "trainer.optimizer.eps": ("1e-8", "1e-6"),
    "trainer.optimizer.weight_decay": ("0", "0.1"),
    "trainer.optimizer.momentum": ("0", "0.9", "trainer.optimizer.type=sgd"),
    "trainer.max_grad_norm": ("1", "null"),
    "trainer.steps_per_evaluation": ("3", "4", "trainer.steps_per_checkpoint=9"),
    "trainer.validation_sample": ("3", "4"),
    "trainer.steps_per_checkpoint": ("3", "4"),
    "trainer.keep": ("1", "2"),
    "trainer.save_best_by": ("null", "loss"),
    "trainer.early_stop": ("null", "2"),
    "trainer.evaluation_sample": ("0", "3"),
    "trainer.prompt_loss_weight": ("0", "0.1"),
    "trainer.label_smoothing": ("0", "0.1"),
    "trainer.neftune_noise_alpha": ("null", "5"),
    "trainer.gradient_checkpointing": ("false", "true"),
    "trainer.deterministic": ("false", "true"),
    "trainer.trackers": ("[]", "[tensorboard]"),
    "trainer.dtype": ("float32", "bfloat16"),
    "trainer.device": ("auto", "cpu", "trainer.dtype=float32"),
    "trainer.seed": ("7", "8"),
    "generation.max_new_tokens": ("5", "auto"),
    "generation.temperature": ("0", "0.7"),
    "generation.top_p": ("null", "0.9", SAMPLING),
    "generation.top_k": ("null", "9", SAMPLING),
    "generation.min_p": ("null", "0.1", SAMPLING),
    "generation.repetition_penalty": ("1", "1.1"),
    "generation.stop": ("[]", "[END]"),
    "generation.seed": ("1", "2", SAMPLING),
    "generation.constrain": ("null", "labels"),
    "generation.probabilities": ("true", "false"),
    "evaluation.metrics": ("[f1]", "[accuracy, f1]"),
    "evaluation.sample_size": ("5", "6"),
    "evaluation.split": ("test", "validation", "evaluation.sample_size=3"),
    "evaluation.seed": ("7", "8", "evaluation.sample_size=3"),
    "evaluation.extract.type": ("none", "label"),
    "evaluation.extract.pattern": ("'a (.*)'", "'b (.*)'", "evaluation.extract={type: regex, pattern: x}"),
    "evaluation.extract.field": ("a", "b", "evaluation.extract={type: json_field, field: x}"),
    "evaluation.baselines": ("[]", "[majority]"),
    "evaluation.few_shot_examples": ("1", "2", "evaluation.baselines=[few_shot]"),
    "evaluation.confidence": ("0.9", "0.95"),
    "evaluation.interval": ("percentile", "bca"),
    "evaluation.references": ("null", "note", "evaluation.metrics=[squad]"),
    "evaluation.choices": ("null", "words", "dataset={path: tags.jsonl}", "evaluation.metrics=[multiple_choice]"),
    "cost.gpu_hour_usd": ("1", "2"),
    "cost.training_usd_per_million_tokens": ("1", "2"),
    "cost.input_usd_per_million_tokens": ("1", "2"),
    "cost.output_usd_per_million_tokens": ("1", "2"),
}
"""Key → two values, and (where the key needs them) overrides that stand before both; `*` is the column `note`."""

METRICS = {
    "name": ("[{name: accuracy}]", "[{name: f1}]"),
    "average": ("[{name: f1}]", "[{name: f1, average: weighted}]"),
    "positive": ("[{name: f1, average: binary, positive: yes}]", "[{name: f1, average: binary, positive: no}]"),
    "beta": ("[{name: f1}]", "[{name: f1, beta: 2}]"),
    "case": ("[{name: accuracy}]", "[{name: accuracy, case: true}]"),
    "stemmer": ("[{name: rouge}]", "[{name: rouge, stemmer: true}]", "output_feature.type=text"),
    "dialect": ("[{name: sql_exact}]", "[{name: sql_exact, dialect: mysql}]", SQL),
    "databases": ("[{name: sql_execution, databases: a}]", "[{name: sql_execution, databases: b}]", SQL),
    "database": (
        "[{name: sql_execution, databases: a, database: note}]",
        "[{name: sql_execution, databases: a, database: label}]",
        SQL,
    ),
    "seconds": ("[{name: code_execution}]", "[{name: code_execution, seconds: 3}]", TEXT),
    "k": ("[{name: code_execution}]", "[{name: code_execution, k: [1, 2]}]", TEXT),
    "prompt": ("[{name: code_execution}]", "[{name: code_execution, prompt: note}]", TEXT),
    "test": ("[{name: code_execution}]", "[{name: code_execution, test: note}]", TEXT),
    "entry_point": ("[{name: code_execution}]", "[{name: code_execution, entry_point: note}]", TEXT),
    "function": ("[{name: custom, function: 'a.py:b'}]", "[{name: custom, function: 'a.py:c'}]"),
    "range": (
        "[{name: bounded_error, range: 2}]",
        "[{name: bounded_error, range: 3}]",
        "dataset={path: told.csv, columns: {stars: {from: facts, json: number}}}",
        "output_feature={name: stars, type: number}",
    ),
    "tokenize": ("[{name: bleu}]", "[{name: bleu, tokenize: char}]", "output_feature.type=text"),
    "word_order": ("[{name: chrf}]", "[{name: chrf, word_order: 2}]", "output_feature.type=text"),
}
"""Parameter of a metric → two lists of metrics."""

NOTHING_TO_DECIDE = {
    "name": "names the run folder",
    "description": "is for readers and reports",
    "extends": "is gone once the files are merged",
    "adapter.type": "has one value so far",
    "trainer.type": "has one value so far",
    "base_model.revision": "is of hub models only: tests/finetune/catalogue/test_sources.py",
    "base_model.trust_remote_code": "is refused without --allow-code",
    "dataset.sha256": "is refused unless it is the file's",
    "dataset.format": "is refused unless the rows have that form",
    "dataset.sheet": "is for workbooks, whose reader has its own tests",
    "dataset.missing_columns": "is refused where files differ unless they may: tests/finetune/data/test_tables.py",
}
"""Key → why no plan can differ by it."""


def leaf_keys() -> list[str]:
    return [key.dotted for key in schema_keys() if mapping_variant(key.node) is None]


def test_the_tables_name_every_key() -> None:
    metrics = [f"evaluation.metrics.*.{name}" for name in METRICS]
    assert sorted([*VALUES, *metrics, *NOTHING_TO_DECIDE]) == sorted(leaf_keys())


def test_keys_of_one_value_have_one_value() -> None:
    enums = {key.dotted: key.node.get("enum") for key in schema_keys()}
    lonely = [key for key, why in NOTHING_TO_DECIDE.items() if why == "has one value so far"]
    assert [len(enums[key] or ()) for key in lonely] == [1, 1]


def read_hub(source: HubSource, *, place: Place = unplaced) -> tuple[HubSplit, ...]:
    """Give other rows for every id, configuration and revision, as a hub would."""
    assert place is not None
    seed = sum(source.title.encode("utf-8"))
    rows = [{**row, "note": f"{row['note']} {seed}"} for row in make_rows()]
    names = ("train", "validation", "test")
    parts = {name: [row for row in rows if row["split"] == name] for name in names}
    columns = ("question", "note", "label")
    return tuple(HubSplit(name, Rows(columns, tuple(part))) for name, part in parts.items())  # type: ignore[arg-type]


def save_start(folder: Path) -> None:
    """Write an adapter folder whose weights nobody loads here."""
    shape = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]}
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(shape), encoding="utf-8")
    (folder / "adapter_model.safetensors").write_bytes(b"weights")


def talk(number: int, turns: int) -> list[dict[str, str]]:
    """Return a conversation of so many questions and answers."""
    asked = [{"role": "user", "content": f"what is {number} and {turn}"} for turn in range(turns)]
    return [each for ask in asked for each in (ask, {"role": "assistant", "content": ask["content"][5:]})]


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
    facts = [
        {"a": f"left {n}", "b": f"right {n}", "words": [f"one {n}", f"two {n}"], "number": float(n)}
        for n in range(len(rows))
    ]
    told = [{**row, "facts": json.dumps(fact)} for row, fact in zip(folds, facts, strict=True)]
    write_csv(bench.folder / "told.csv", told)
    write_csv(bench.folder / "card.csv", [{**row, "note": "card"} for row in folds])
    talks = [
        json.dumps({"messages": talk(n, 2), "others": talk(n, 3), "split": row["split"]}) for n, row in enumerate(rows)
    ]
    (bench.folder / "talks.jsonl").write_text("\n".join(talks), encoding="utf-8")
    tags = [{**row, "words": ["the", "card"], "tags": ["O", "B-X"], "others": ["B-Y", "O"]} for row in rows]
    (bench.folder / "tags.jsonl").write_text("\n".join(json.dumps(row) for row in tags), encoding="utf-8")
    save_start(bench.folder / "before")
    for name in ("one", "other"):
        schema = {"type": "object", "title": name}
        (bench.folder / f"{name}.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    monkeypatch.setattr(tables, "read_hub", read_hub)
    return bench


def decided(bench: Bench, overrides: list[str]) -> dict[str, Any]:
    """Return what plan.json decides, without the copy of the task, the explanations and the estimates."""
    record = plan_record(bench.compile(overrides, GPU).plan)
    return {half: record[half] for half in ("training", "evaluation", "cost")}


@pytest.mark.parametrize("key", VALUES)
def test_a_key_that_changes_changes_what_is_decided(data: Bench, tiny_neox_folder: Path, key: str) -> None:
    first, second, *before = VALUES[key]
    folders = {"MODEL": str(data.model), "NEOX": str(tiny_neox_folder)}
    path = key.replace("*", "note")
    plans = [decided(data, [*before, f"{path}={folders.get(value, value)}"]) for value in (first, second)]
    assert plans[0] != plans[1], f"{key} is read by no pass"


@pytest.mark.parametrize("parameter", METRICS)
def test_a_parameter_of_a_metric_changes_what_is_decided(data: Bench, parameter: str) -> None:
    first, second, *before = METRICS[parameter]
    plans = [decided(data, [*before, f"evaluation.metrics={value}"]) for value in (first, second)]
    assert plans[0] != plans[1]


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
    assert done.stderr == ""
