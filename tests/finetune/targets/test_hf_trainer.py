"""TRL, Axolotl and LLaMA-Factory: arguments, names and rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

import pytest
import yaml

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.targets import axolotl, llamafactory, trl
from lfine.finetune.targets.hf_trainer import hf_arguments
from lfine.finetune.targets.written import Source, Written
from tests.finetune.targets.conftest import TOKENS, with_adapter, with_micro_batch, with_training
from tests.finetune.targets.test_lacking import SELECTION

SCHEME = QuantizationPlan(bits=4, quant_type="fp4", double_quant=False, compute_dtype="float16")


def rows(written: Written, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.files[name].splitlines()]


def quantized(source: Source, bits: Literal[4, 8] = 4) -> Source:
    scheme = replace(SCHEME, bits=bits)
    return with_training(source, model=replace(source.plan.training.model, quantization=scheme))


def test_a_step_is_an_update(source: Source) -> None:
    found = hf_arguments(with_micro_batch(with_training(source, steps=2500), 16, 4).plan)
    assert (found["max_steps"], found["per_device_train_batch_size"]) == (2500, 4)
    assert found["gradient_accumulation_steps"] == 4


def test_no_clipping_is_a_norm_that_is_never_reached(source: Source) -> None:
    assert hf_arguments(with_training(source, max_grad_norm=None).plan)["max_grad_norm"] >= 1e9
    assert hf_arguments(with_training(source, max_grad_norm=0.3).plan)["max_grad_norm"] == 0.3


def test_the_best_by_loss_is_saved_when_it_is_evaluated(source: Source) -> None:
    found = hf_arguments(with_training(source, selection=SELECTION, steps_per_checkpoint=7).plan)
    assert (found["load_best_model_at_end"], found["save_steps"]) == (True, 5)


def test_the_decay_of_wsd_is_the_last_fifth(source: Source) -> None:
    found = hf_arguments(with_training(source, decay="wsd", steps=100).plan)
    assert found["lr_scheduler_kwargs"] == {"num_decay_steps": 20, "decay_type": "linear"}
    assert "lr_scheduler_kwargs" not in hf_arguments(source.plan)


def test_trl(source: Source) -> None:
    written = trl.write(quantized(with_adapter(source, target_modules="all-linear", modules_to_save=("lm_head",))))
    found = yaml.safe_load(written.files["trl.yaml"])
    assert rows(written, "data/train.jsonl")[0] == {"prompt": "<s>Q: 2 + 2", "completion": " 4</s>"}
    assert set(written.files) == {"trl.yaml", "data/train.jsonl", "data/validation.jsonl", "data/test.jsonl"}
    assert (found["lora_target_modules"], found["lora_modules_to_save"]) == (["all-linear"], ["lm_head"])
    assert (found["load_in_4bit"], found["bnb_4bit_quant_type"], found["use_bnb_nested_quant"]) == (True, "fp4", False)
    assert (found["eos_token"], found["completion_only_loss"], found["dataset_test_split"]) == (
        "</s>",
        True,
        "validation",
    )
    assert any("a token may span the boundary" in lack for lack in written.lacks)
    assert any("computes in dtype" in lack for lack in written.lacks)


def test_trl_leaves_the_bos_token_to_the_tokenizer(source: Source) -> None:
    written = trl.write(replace(source, tokens=replace(TOKENS, adds_bos=True)))
    assert rows(written, "data/train.jsonl")[0]["prompt"] == "Q: 2 + 2"


def test_axolotl(source: Source) -> None:
    written = axolotl.write(quantized(with_training(source, selection=SELECTION)))
    found = yaml.safe_load(written.files["axolotl.yaml"])
    assert rows(written, "train.jsonl")[0] == {
        "segments": [{"label": False, "text": "<s>Q: 2 + 2"}, {"label": True, "text": " 4</s>"}]
    }
    assert (found["adapter"], found["load_in_4bit"], found["early_stopping_patience"]) == ("qlora", True, 3)
    assert found["bnb_config_kwargs"]["bnb_4bit_compute_dtype"] == "float16"
    assert found["datasets"] == [{"path": "train.jsonl", "ds_type": "json", "split": "train", "type": "input_output"}]
    assert "per_device_train_batch_size" not in found


@pytest.mark.parametrize(("bits", "adapter"), [(8, "lora"), (4, "qlora")])
def test_axolotl_names_the_adapter_by_the_bits(source: Source, bits: Literal[4, 8], adapter: str) -> None:
    found = axolotl.config(quantized(source, bits))
    assert (found["adapter"], found[f"load_in_{bits}bit"]) == (adapter, True)


def test_llamafactory(source: Source) -> None:
    written = llamafactory.write(with_adapter(source, init="pissa", target_modules=("q_proj", "v_proj")))
    found, info = yaml.safe_load(written.files["llamafactory.yaml"]), json.loads(written.files["dataset_info.json"])
    assert (found["template"], found["dataset"], found["eval_dataset"]) == ("empty", "lfine_train", "lfine_validation")
    assert info["lfine_train"] == {
        "file_name": "train.jsonl",
        "columns": {"prompt": "prompt", "response": "completion"},
    }
    assert rows(written, "train.jsonl")[0] == {"prompt": "<s>Q: 2 + 2", "completion": " 4</s>"}
    assert (found["lora_target"], found["pissa_init"], found["disable_gradient_checkpointing"]) == (
        "q_proj,v_proj",
        True,
        True,
    )
    assert not any("init_lora_weights" in lack for lack in written.lacks)


def test_full_fine_tuning(source: Source) -> None:
    source = with_training(source, adapter=None)
    assert llamafactory.config(source)["finetuning_type"] == "full"
    assert "use_peft" not in trl.config(source)
    assert "adapter" not in axolotl.config(source)


def test_without_validation_rows_nothing_is_evaluated(source: Source) -> None:
    data = replace(source.plan.training.data, validation_rows=0)
    source = with_training(replace(source, rows=source.rows[:2]), data=data)
    assert trl.config(source)["eval_strategy"] == "no"
    assert "test_datasets" not in axolotl.config(source)
    assert "eval_dataset" not in llamafactory.config(source)


def test_a_space_of_the_tokenizer_and_forged_tokens_are_said(source: Source) -> None:
    source = replace(source, forged=3, tokens=replace(TOKENS, adds_space=True))
    for target in (axolotl, llamafactory):
        text = "\n".join(target.write(source).lacks)
        assert "3 control tokens" in text
        assert "puts a space before the answer" in text
