"""Ludwig configurations: units, names that mean something else, and an account of every key."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from lfine.converting.account import Conversion, Key
from lfine.converting.ludwig import convert_ludwig
from lfine.schemas.building import build_task
from lfine.schemas.task import Task

# The training template of the LoRA Land paper (figure 4), the limit under `prompt` as it stands there.
LORA_LAND: dict[str, Any] = {
    "model_type": "llm",
    "input_features": [{"name": "prompt", "type": "text", "preprocessing": {"max_sequence_length": 1194}}],
    "output_features": [{"name": "answer", "type": "text", "preprocessing": {"max_sequence_length": None}}],
    "prompt": {"template": "Q: {realized_prompt}", "global_max_sequence_length": 1196},
    "adapter": {"type": "lora", "r": 8, "target_modules": ["v_proj", "q_proj"]},
    "trainer": {
        "type": "finetune",
        "optimizer": {"type": "adam"},
        "batch_size": 1,
        "gradient_accumulation_steps": 16,
        "train_steps": 40000,
        "steps_per_checkpoint": 1000,
        "learning_rate": "2e-4",
        "learning_rate_scheduler": {"decay": "cosine", "warmup_fraction": 0.03},
    },
    "base_model": "mistral-7b",
    "quantization": {"bits": 4, "bnb_4bit_compute_dtype": "bfloat16"},
}


def converted(**changes: Any) -> tuple[Conversion, Task]:
    """Convert the template with some of its parts replaced (None: without the part)."""
    config = {**deepcopy(LORA_LAND), **changes}
    found = convert_ludwig({name: value for name, value in config.items() if value is not None})
    task = build_task({**deepcopy(found.task), "dataset": {"path": "a.csv"}}, stem="task")
    return found, task


def key(found: Conversion, path: str) -> Key:
    (only,) = [each for each in found.keys if each.path == path]
    return only


def trainer(**changes: Any) -> dict[str, Any]:
    return {"trainer": {**LORA_LAND["trainer"], **changes}}


def test_lora_lands_template() -> None:
    found, task = converted()
    assert (task.trainer.train_steps, task.trainer.batch_size, task.trainer.micro_batch_size) == (2500, 16, 1)
    assert task.trainer.learning_rate == 0.0002
    assert task.preprocessing.max_sequence_length == 1196
    assert task.base_model.id == "mistralai/Mistral-7B-v0.1"
    assert (task.trainer.steps_per_checkpoint, task.trainer.steps_per_evaluation) == (63, 63)
    assert task.prompt.chat == "none"
    assert task.output_feature is not None
    assert task.output_feature.name == "answer"
    assert key(found, "trainer.train_steps").why == "2,500 updates: Ludwig counts micro-batches, 16 an update"
    assert key(found, "trainer.learning_rate").fate == "converted"
    assert key(found, "prompt.global_max_sequence_length").fate == "moved"
    assert key(found, "quantization.bits") == Key("quantization.bits", 4, "kept", "quantization.bits", "")


def test_every_key_is_accounted_for_in_the_order_of_the_file() -> None:
    found, _ = converted(nonsense={"a": 1, "b": [1, 2]})
    assert [each.path for each in found.keys][:3] == [
        "model_type",
        "input_features.0.name",
        "input_features.0.type",
    ]
    assert len({each.path for each in found.keys}) == len(found.keys)
    assert key(found, "nonsense.b").value == [1, 2]
    assert all(each.target or each.fate == "left out" for each in found.keys)
    assert all(each.why for each in found.keys if each.fate == "left out")


def test_a_key_that_ludwig_would_ignore_is_said_with_a_suggestion() -> None:
    found, _ = converted(**trainer(learning_rte=5))
    lost = key(found, "trainer.learning_rte")
    assert lost.fate == "left out"
    assert "ignored in silence; did you mean `trainer.learning_rate`?" in lost.why


@pytest.mark.parametrize(
    ("changes", "batch", "micro", "steps"),
    [
        ({"batch_size": 4, "gradient_accumulation_steps": 2, "train_steps": 11}, 8, 4, 6),
        ({"batch_size": 4, "gradient_accumulation_steps": "auto", "effective_batch_size": 16}, 16, 4, 10_000),
        ({"batch_size": 8, "gradient_accumulation_steps": "auto"}, 8, "auto", 40_000),
        ({"batch_size": "auto", "effective_batch_size": 32, "gradient_accumulation_steps": None}, 32, "auto", 40_000),
        ({"batch_size": "auto", "gradient_accumulation_steps": 4}, 16, "auto", 10_000),
    ],
)
def test_batches(changes: dict[str, Any], batch: int, micro: int | str, steps: int) -> None:
    _, task = converted(**trainer(**changes))
    assert (task.trainer.batch_size, task.trainer.micro_batch_size, task.trainer.train_steps) == (batch, micro, steps)


def test_epochs_count_where_there_are_no_steps() -> None:
    _, task = converted(**trainer(train_steps=None, epochs=4))
    assert (task.trainer.epochs, task.trainer.train_steps) == (4, None)
    found, task = converted(**trainer(epochs=4))
    assert (task.trainer.epochs, key(found, "trainer.epochs").fate) == (None, "left out")


def test_defaults_that_differ_are_noted() -> None:
    found, _ = converted(**trainer(train_steps=None, learning_rate=None))
    text = "\n".join(found.notes)
    assert "epochs: 100 passes" in text
    assert "early_stop: after 5" in text
    assert "split: random, 70/10/20" in text


@pytest.mark.parametrize(
    ("ludwig", "here"), [("adam", "adamw"), ("paged_adam_8bit", "paged_adamw_8bit"), ("sgd", "sgd")]
)
def test_optimizers(ludwig: str, here: str) -> None:
    _, task = converted(**trainer(optimizer={"type": ludwig, "eps": "1e-7"}))
    assert (task.trainer.optimizer.type, task.trainer.optimizer.eps) == (here, 1e-7)


@pytest.mark.parametrize(
    ("decay", "here", "fate"),
    [(None, "constant", "converted"), ("linear", "linear", "kept"), ("one_cycle", "cosine", "left out")],
)
def test_schedules(decay: str | None, here: str, fate: str) -> None:
    found, task = converted(**trainer(learning_rate_scheduler={"decay": decay}))
    assert task.trainer.learning_rate_scheduler.decay == here
    assert key(found, "trainer.learning_rate_scheduler.decay").fate == fate


def test_a_rate_without_a_schedule_is_constant() -> None:
    _, task = converted(**trainer(learning_rate_scheduler=None))
    assert task.trainer.learning_rate_scheduler.decay == "constant"


def test_no_adapter_is_full_fine_tuning() -> None:
    found, task = converted(adapter=None, quantization=None)
    assert task.adapter is None
    assert any("adapter: null written out" in note for note in found.notes)
    assert convert_ludwig({**LORA_LAND, "adapter": None}).task["adapter"] is None


def test_other_adapters_become_lora_and_say_so() -> None:
    found, task = converted(adapter={"type": "ia3", "r": 4})
    assert task.adapter is not None
    assert (task.adapter.type, task.adapter.r) == ("lora", 8)
    assert key(found, "adapter.r").why == "there is no adapter 'ia3': LoRA with its defaults stands in"


def test_quantization_without_bits_has_ludwigs_four() -> None:
    _, task = converted(quantization={"bnb_4bit_quant_type": "fp4"})
    assert task.quantization is not None
    assert (task.quantization.bits, task.quantization.bnb_4bit_quant_type) == (4, "fp4")
    found, task = converted(quantization={"backend": "torchao", "bits": 4})
    assert (task.quantization, key(found, "quantization.bits").fate) == (None, "left out")


@pytest.mark.parametrize(
    ("split", "kind", "column", "probabilities"),
    [
        ({"type": "fixed"}, "fixed", None, (0.7, 0.1, 0.2)),
        ({"type": "hash", "column": "user", "probabilities": [0.8, 0.1, 0.1]}, "group", "user", (0.8, 0.1, 0.1)),
        ({"type": "stratify", "column": "label"}, "stratify", "label", (0.7, 0.1, 0.2)),
        ({"type": "random", "probabilities": [1, 0, 0]}, "random", None, (1.0, 0.0, 0.0)),
    ],
)
def test_splits(split: dict[str, Any], kind: str, column: str | None, probabilities: tuple[float, ...]) -> None:
    _, task = converted(preprocessing={"split": split})
    found = task.preprocessing.split
    assert (found.type, found.column) == (kind, column)
    if kind != "fixed":
        assert found.probabilities == probabilities


def test_the_limit_under_preprocessing_counts() -> None:
    found, task = converted(preprocessing={"global_max_sequence_length": 512})
    assert task.preprocessing.max_sequence_length == 512
    assert key(found, "prompt.global_max_sequence_length").fate == "left out"


@pytest.mark.parametrize(
    ("generation", "tokens", "temperature"),
    [
        ({"max_new_tokens": 64, "do_sample": False, "temperature": 0.1}, 64, 0.0),
        ({"max_new_tokens": 32, "temperature": 0.7}, "auto", 0.7),
        ({"do_sample": True, "temperature": 0.5}, "auto", 0.5),
    ],
)
def test_generation(generation: dict[str, Any], tokens: int | str, temperature: float) -> None:
    _, task = converted(generation=generation)
    assert (task.generation.max_new_tokens, task.generation.temperature) == (tokens, temperature)


def test_code_of_a_model_and_the_other_top_level_keys() -> None:
    found, task = converted(trust_remote_code=True, backend={"type": "local"}, ludwig_version="0.17", hyperopt={"a": 1})
    assert task.base_model.trust_remote_code is True
    assert key(found, "trust_remote_code").target == "base_model.trust_remote_code"
    assert {key(found, name).fate for name in ("backend.type", "ludwig_version", "hyperopt.a")} == {"left out"}


def test_the_best_by_loss_and_early_stopping() -> None:
    _, task = converted(
        **trainer(validation_metric="perplexity", early_stop=3, gradient_clipping={"clipglobalnorm": 0.5})
    )
    assert (task.trainer.save_best_by, task.trainer.early_stop, task.trainer.max_grad_norm) == ("loss", 3, 0.5)
    _, task = converted(**trainer(early_stop=-1, validation_metric="token_accuracy"))
    assert (task.trainer.save_best_by, task.trainer.early_stop) == (None, None)
