"""Axolotl: its YAML, and the rows as segments of text (`type: input_output`), of which only the answer is learned.

    {"segments": [{"label": false, "text": "<s>Q: 2 + 2"}, {"label": true, "text": " 4</s>"}]}

Axolotl tokenizes the segments apart and adds no token of its own, as training here does.

*Not here:* what all users of transformers' Trainer share (.hf_trainer).
"""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.targets.hf_trainer import OPTIMIZERS, SCHEDULES, hf_arguments, schedule_arguments, text_losses
from lfine.finetune.targets.lacking import lacking
from lfine.finetune.targets.written import Config, Row, Source, Written, jsonl, sentences, yaml_text
from lfine.schemas.task import SplitName

ABLE = (
    "revision",
    "remote_code",
    "rslora",
    "dora",
    "modules_to_save",
    "neftune",
    "early_stop",
    "best_by_loss",
)
KEPT_NAMES = (
    "max_steps",
    "gradient_accumulation_steps",
    "learning_rate",
    "warmup_steps",
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "optim_args",
    "weight_decay",
    "max_grad_norm",
    "bf16",
    "fp16",
    "gradient_checkpointing",
    "save_steps",
    "save_total_limit",
    "logging_steps",
    "seed",
    "neftune_noise_alpha",
    "load_best_model_at_end",
    "metric_for_best_model",
)
"""Training arguments that Axolotl spells as transformers does."""


def write(source: Source) -> Written:
    """Return axolotl.yaml, train.jsonl and, with validation rows, validation.jsonl."""
    splits: tuple[SplitName, ...] = ("train", "validation")
    files = {
        f"{split}.jsonl": jsonl(segments(row, source.tokens.end) for row in source.of(split))
        for split in splits
        if source.of(split)
    }
    written = Written(
        files=files,
        main="axolotl.yaml",
        command="axolotl train axolotl.yaml",
        lacks=sentences(text_losses(source, apart=True), lacking(source.plan, ABLE)),
        notes=("The segments in train.jsonl are rendered: no chat template is applied to them.",),
    )
    text = yaml_text(written, f"{source.plan.task.name}, for Axolotl; written by lfine compile", config(source))
    return replace(written, files={"axolotl.yaml": text, **files})


def segments(row: Row, end: str) -> dict[str, object]:
    """Return a row as Axolotl reads it."""
    return {"segments": [{"label": False, "text": row.prompt}, {"label": True, "text": row.completion + end}]}


def config(source: Source) -> Config:
    """Return the configuration."""
    plan, training = source.plan, source.plan.training
    arguments = hf_arguments(plan)
    found: Config = {
        "base_model": source.model,
        "datasets": [_dataset("train")],
        "val_set_size": 0,
        "dataset_prepared_path": "prepared",
        "output_dir": "results",
        "sequence_len": training.length.max_sequence_length,
        "excess_length_strategy": "truncate",
        "sample_packing": False,
        "pad_to_sequence_len": False,
        "train_on_inputs": False,
        **_adapter(source),
        "micro_batch_size": arguments["per_device_train_batch_size"],
        "optimizer": OPTIMIZERS[training.optimizer.type],
        "lr_scheduler": SCHEDULES[training.decay],
        **schedule_arguments(plan),
        **{name: arguments[name] for name in KEPT_NAMES if name in arguments},
    }
    if source.of("validation"):
        found |= {"test_datasets": [_dataset("validation")], "eval_steps": training.steps_per_evaluation}
    if training.selection is not None and training.selection.early_stop is not None:
        found["early_stopping_patience"] = training.selection.early_stop
    if training.model.revision is not None:
        found["revision_of_model"] = training.model.revision
    if training.model.trust_remote_code:
        found["trust_remote_code"] = True
    return found


def _dataset(split: str) -> Config:
    return {"path": f"{split}.jsonl", "ds_type": "json", "split": "train", "type": "input_output"}


def _adapter(source: Source) -> Config:
    training = source.plan.training
    adapter, scheme = training.adapter, training.model.quantization
    found: Config = {}
    if scheme is not None:
        found[f"load_in_{scheme.bits}bit"] = True
        if scheme.bits == 4:
            found |= {"bnb_4bit_quant_type": scheme.quant_type, "bnb_4bit_use_double_quant": scheme.double_quant}
            found["bnb_4bit_compute_dtype"] = scheme.compute_dtype
            found = {"load_in_4bit": True, "bnb_config_kwargs": {k: v for k, v in found.items() if k.startswith("bnb")}}
    if adapter is None:
        return found
    found |= {
        "adapter": "qlora" if scheme is not None and scheme.bits == 4 else "lora",
        "lora_r": adapter.r,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
    }
    targets = adapter.target_modules
    found |= {"lora_target_linear": True} if isinstance(targets, str) else {"lora_target_modules": list(targets)}
    if adapter.use_rslora:
        found["peft_use_rslora"] = True
    if adapter.use_dora:
        found["peft_use_dora"] = True
    if adapter.modules_to_save:
        found["lora_modules_to_save"] = list(adapter.modules_to_save)
    return found
