"""LLaMA-Factory: a YAML for `llamafactory-cli train`, dataset_info.json, and the rows in Alpaca's form.

    {"prompt": "<s>Q: 2 + 2", "completion": " 4</s>"}       with template `empty`, which writes nothing of its own

LLaMA-Factory tokenizes prompt and answer apart and, with the template `empty`, adds no token, as training here does.

*Not here:* what all users of transformers' Trainer share (.hf_trainer).
"""

from __future__ import annotations

import json
from dataclasses import replace

from lfine.finetune.targets.hf_trainer import hf_arguments, text_losses
from lfine.finetune.targets.lacking import lacking
from lfine.finetune.targets.written import Config, Source, Written, jsonl, sentences, yaml_text
from lfine.schemas.task import SplitName

ABLE = (
    "revision",
    "remote_code",
    "rslora",
    "dora",
    "modules_to_save",
    "label_smoothing",
    "neftune",
    "early_stop",
    "best_by_loss",
    "trackers",
)
PISSA = "pissa"


def write(source: Source) -> Written:
    """Return llamafactory.yaml, dataset_info.json, and a file of rows for training and for validation."""
    splits: tuple[SplitName, ...] = ("train", "validation")
    given = [split for split in splits if source.of(split)]
    data = {
        f"{split}.jsonl": jsonl(
            {"prompt": row.prompt, "completion": row.completion + source.tokens.end} for row in source.of(split)
        )
        for split in given
    }
    columns = {"prompt": "prompt", "response": "completion"}
    info = {f"lfine_{split}": {"file_name": f"{split}.jsonl", "columns": columns} for split in given}
    written = Written(
        files={"dataset_info.json": json.dumps(info, indent=1) + "\n", **data},
        main="llamafactory.yaml",
        command="llamafactory-cli train llamafactory.yaml",
        lacks=sentences(_losses(source), lacking(source.plan, _able(source))),
        notes=("The rows are rendered, so the template is `empty`; serve the adapter with the model's own.",),
    )
    text = yaml_text(written, f"{source.plan.task.name}, for LLaMA-Factory; written by lfine compile", config(source))
    return replace(written, files={"llamafactory.yaml": text, **written.files})


def config(source: Source) -> Config:
    """Return the arguments of model, data, finetuning and training."""
    training = source.plan.training
    found: Config = {
        "model_name_or_path": source.model,
        "stage": "sft",
        "do_train": True,
        "dataset_dir": ".",
        "dataset": "lfine_train",
        "template": "empty",
        "cutoff_len": training.length.max_sequence_length,
        "packing": False,
        "output_dir": "results",
    }
    if source.of("validation"):
        found["eval_dataset"] = "lfine_validation"
    if training.model.revision is not None:
        found["model_revision"] = training.model.revision
    if training.model.trust_remote_code:
        found["trust_remote_code"] = True
    arguments = hf_arguments(source.plan)
    arguments["disable_gradient_checkpointing"] = not arguments.pop("gradient_checkpointing")
    if training.selection is not None and training.selection.early_stop is not None:
        arguments["early_stopping_steps"] = training.selection.early_stop
    return {**found, **_adapter(source), **_quantization(source), **arguments}


def _adapter(source: Source) -> Config:
    adapter = source.plan.training.adapter
    if adapter is None:
        return {"finetuning_type": "full"}
    targets = adapter.target_modules
    found: Config = {
        "finetuning_type": "lora",
        "lora_rank": adapter.r,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "lora_target": "all" if isinstance(targets, str) else ",".join(targets),
    }
    if adapter.init == PISSA:
        found |= {"pissa_init": True, "pissa_iter": -1}  # the exact decomposition, as here
    if adapter.modules_to_save:
        found["additional_target"] = ",".join(adapter.modules_to_save)
    return found | {name: True for name in ("use_rslora", "use_dora") if getattr(adapter, name)}


def _quantization(source: Source) -> Config:
    scheme = source.plan.training.model.quantization
    if scheme is None:
        return {}
    found: Config = {"quantization_bit": scheme.bits, "quantization_method": "bnb"}
    if scheme.bits == 4:
        found |= {"quantization_type": scheme.quant_type, "double_quantization": scheme.double_quant}
    return found


def _able(source: Source) -> tuple[str, ...]:
    adapter = source.plan.training.adapter
    return (*ABLE, "init") if adapter is not None and adapter.init == PISSA else ABLE


def _losses(source: Source) -> list[str]:
    """Return what only LLaMA-Factory loses."""
    scheme = source.plan.training.model.quantization
    found = text_losses(source, apart=True)
    if scheme is not None and scheme.bits == 4 and scheme.compute_dtype != source.plan.training.model.dtype:
        found.append(f"quantization.bnb_4bit_compute_dtype {scheme.compute_dtype}: computes in bf16 or fp16 as trained")
    return found
