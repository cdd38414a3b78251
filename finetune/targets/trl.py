"""TRL: a YAML for `trl sft --config`, and the rows as prompt–completion pairs in data/train.jsonl.

    {"model_name_or_path": "…", "dataset_name": "data", "completion_only_loss": true, "max_steps": 320, …}

TRL tokenizes prompt and completion as one text, with the tokenizer's own BOS token; the loss is on the completion.

*Not here:* what all users of transformers' Trainer share (.hf_trainer).
"""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.targets.hf_trainer import hf_arguments, text_losses
from lfine.finetune.targets.lacking import lacking
from lfine.finetune.targets.written import Config, Source, Written, jsonl, sentences, without_bos, yaml_text
from lfine.schemas.task import SplitName

ABLE = (
    "revision",
    "remote_code",
    "rslora",
    "dora",
    "modules_to_save",
    "label_smoothing",
    "neftune",
    "best_by_loss",
    "trackers",
)
SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def write(source: Source) -> Written:
    """Return trl.yaml and one file of prompt–completion pairs for each split."""
    files = {
        f"data/{split}.jsonl": jsonl(
            {"prompt": without_bos(row.prompt, source.tokens), "completion": row.completion + source.tokens.end}
            for row in source.of(split)
        )
        for split in SPLITS
        if source.of(split)
    }
    written = Written(
        files=files,
        main="trl.yaml",
        command="trl sft --config trl.yaml",
        lacks=sentences(_losses(source), lacking(source.plan, ABLE)),
        notes=(
            "The pairs in data/ are rendered: chat template, system text and few-shot examples stand in the prompts.",
            "data/test.jsonl is the held-out sample; training does not read it.",
        ),
    )
    text = yaml_text(written, f"{source.plan.task.name}, for TRL; written by lfine compile", config(source))
    return replace(written, files={"trl.yaml": text, **files})


def config(source: Source) -> Config:
    """Return the arguments of ScriptArguments, ModelConfig and SFTConfig."""
    training = source.plan.training
    found: Config = {
        "model_name_or_path": source.model,
        "dataset_name": "data",
        "dataset_train_split": "train",
        "dataset_test_split": "validation" if source.of("validation") else "train",
        "output_dir": "results",
        "dtype": training.model.dtype,
        "eos_token": source.tokens.end,
        "max_length": training.length.max_sequence_length,
        "packing": False,
        "completion_only_loss": True,
    }
    if training.model.revision is not None:
        found["model_revision"] = training.model.revision
    if training.model.trust_remote_code:
        found["trust_remote_code"] = True
    return {**found, **_adapter(source), **_quantization(source), **hf_arguments(source.plan)}


def _adapter(source: Source) -> Config:
    adapter = source.plan.training.adapter
    if adapter is None:
        return {}
    targets = adapter.target_modules
    found: Config = {
        "use_peft": True,
        "lora_r": adapter.r,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "lora_target_modules": [targets] if isinstance(targets, str) else list(targets),
    }
    if adapter.modules_to_save:
        found["lora_modules_to_save"] = list(adapter.modules_to_save)
    return found | {name: True for name in ("use_rslora", "use_dora") if getattr(adapter, name)}


def _quantization(source: Source) -> Config:
    scheme = source.plan.training.model.quantization
    if scheme is None:
        return {}
    if scheme.bits == 8:
        return {"load_in_8bit": True}
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": scheme.quant_type,
        "use_bnb_nested_quant": scheme.double_quant,
    }


def _losses(source: Source) -> list[str]:
    """Return what only TRL loses."""
    scheme = source.plan.training.model.quantization
    found = text_losses(source, apart=False)
    if source.tokens.adds_bos and not all(row.prompt.startswith(source.tokens.bos or "") for row in source.rows):
        found.append(f"the tokenizer puts {source.tokens.bos} before every prompt")
    if scheme is not None and scheme.bits == 4 and scheme.compute_dtype != source.plan.training.model.dtype:
        found.append(f"quantization.bnb_4bit_compute_dtype {scheme.compute_dtype}: computes in dtype")
    return found
