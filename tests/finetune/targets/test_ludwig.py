"""Ludwig's units and names; `make test-ludwig` asks Ludwig itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.targets.ludwig import config, write
from lfine.finetune.targets.written import Row, Source
from tests.finetune.targets.conftest import TOKENS, with_adapter, with_micro_batch, with_training


def trainer(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = config(source)["trainer"]
    return found


def lacks(source: Source) -> str:
    return "\n".join(write(source).lacks)


def test_steps_are_micro_batches(source: Source) -> None:
    source = with_micro_batch(with_training(source, steps=2500, steps_per_evaluation=63), 16, 1)
    found = trainer(source)
    assert (found["train_steps"], found["batch_size"], found["gradient_accumulation_steps"]) == (40_000, 1, 16)
    assert found["steps_per_checkpoint"] == 63 * 16
    assert "mean of micro-batch means" in lacks(source)
    whole = with_micro_batch(source, 16, 16)
    assert trainer(whole)["train_steps"] == 2500
    assert "mean of micro-batch means" not in lacks(whole)


def test_the_cosine_ends_with_the_run_and_never_restarts(source: Source) -> None:
    source = with_micro_batch(with_training(source, steps=100, warmup_steps=3, decay="cosine"), 8, 4)
    assert trainer(source)["learning_rate_scheduler"] == {"decay": "cosine", "warmup_fraction": 0.03, "t_0": 194}


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("linear", {"decay": "linear", "warmup_fraction": 0.1}),
        ("constant", {"decay": None, "warmup_fraction": 0.1}),
        ("inverse_sqrt", {"decay": None, "warmup_fraction": 0.1}),
        (
            "wsd",
            {"decay": "wsd", "wsd_warmup_fraction": 0.1, "wsd_stable_fraction": pytest.approx(0.7)}
            | {"wsd_decay_fraction": 0.2},
        ),
    ],
)
def test_other_schedules(source: Source, decay: str, expected: dict[str, object]) -> None:
    source = with_training(source, steps=100, warmup_steps=10, decay=decay)
    assert trainer(source)["learning_rate_scheduler"] == expected
    assert ("inverse_sqrt" in lacks(source)) == (decay == "inverse_sqrt")


def test_the_rows_carry_their_split(source: Source) -> None:
    rows = [json.loads(line) for line in write(source).files["data.jsonl"].splitlines()]
    assert rows[0] == {"prompt": "<s>Q: 2 + 2", "completion": " 4", "split": 0}
    assert [row["split"] for row in rows] == [0, 0, 1, 2]


@pytest.mark.parametrize("cutting", ["<pad>", "<s>"])
def test_a_prompt_that_ludwig_would_cut_is_written_without_chat(source: Source, cutting: str) -> None:
    row = Row("train", f"<s>system{cutting}user", "system\n\nuser", "yes", " yes")
    source = replace(source, rows=(row,))
    (written,) = [json.loads(line) for line in write(source).files["data.jsonl"].splitlines()]
    assert written == {"prompt": "system\n\nuser", "completion": " yes", "split": 0}
    assert "the chat template" in lacks(source)


def test_without_a_padding_token_the_end_token_cuts(source: Source) -> None:
    tokens = replace(TOKENS, pad=None)
    row = Row("train", "<s>a</s>b", "b", "c", " c")
    source = replace(source, rows=(row,), tokens=tokens)
    assert "the chat template" in lacks(source)
    assert "the chat template" not in lacks(replace(source, rows=(replace(row, prompt="<s>a b"),)))


def test_a_bos_token_that_the_tokenizer_writes_is_not_written_twice(source: Source) -> None:
    source = replace(source, tokens=replace(TOKENS, adds_bos=True))
    rows = [json.loads(line) for line in write(source).files["data.jsonl"].splitlines()]
    assert rows[0]["prompt"] == "Q: 2 + 2"
    assert "puts <s> before the answer too" in lacks(source)


def test_another_end_token_is_said(source: Source) -> None:
    source = replace(source, tokens=replace(TOKENS, end="<end>"))
    assert "answers end with </s>, not with <end>" in lacks(source)


def test_adapter_and_quantization(source: Source) -> None:
    scheme = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")
    model = replace(source.plan.training.model, quantization=scheme)
    source = with_adapter(with_training(source, model=model), r=4, alpha=8, use_dora=True, target_modules=("q_proj",))
    found = config(source)
    assert found["adapter"] == {
        "type": "lora",
        "r": 4,
        "alpha": 8,
        "dropout": 0.05,
        "target_modules": ["q_proj"],
        "use_dora": True,
    }
    assert found["quantization"]["bnb_4bit_compute_dtype"] == "bfloat16"
    assert "adapter" not in config(with_training(source, adapter=None))
    eight = replace(scheme, bits=8)
    assert config(with_training(source, model=replace(model, quantization=eight)))["quantization"] == {"bits": 8}


def test_thirty_two_new_tokens_are_written_as_another_number(source: Source) -> None:
    generation = source.plan.evaluation.generation
    assert generation is not None
    evaluation = replace(source.plan.evaluation, generation=replace(generation, max_new_tokens=32, temperature=0.7))
    source = replace(source, plan=replace(source.plan, evaluation=evaluation))
    found = config(source)["generation"]
    assert (found["max_new_tokens"], found["do_sample"], found["temperature"], found["top_k"]) == (33, True, 0.7, 0)
    assert "32 is written as 33" in lacks(source)


@pytest.mark.parametrize("kind", ["adamw", "sgd", "adafactor", "lion_8bit"])
def test_optimizers_keep_their_constants(source: Source, kind: str) -> None:
    optimizer = replace(source.plan.training.optimizer, type=kind, momentum=0.9)
    found = trainer(with_training(source, optimizer=optimizer))["optimizer"]
    assert found["type"] == kind
    assert ("eps" in found, "betas" in found) == (kind == "adamw", kind in ("adamw", "lion_8bit"))
    assert found.get("momentum") == (0.9 if kind == "sgd" else None)
    assert found.get("relative_step", True) is (kind != "adafactor")


def test_the_file_reads_back_to_the_configuration(source: Source) -> None:
    written = write(source)
    assert yaml.safe_load(written.files["ludwig.yaml"]) == config(source)
    assert all(f"# - {lack}" in written.files["ludwig.yaml"] for lack in written.lacks)
