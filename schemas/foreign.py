"""Keys and values of other fine-tuning tools, and what they are called here.

    RENAMED_KEYS["lora_r"] == "adapter.r"

*Not here:* slips of the pen (lfine.schemas.suggestions); whole files of other tools (`lfine init --from`).
"""

from __future__ import annotations

RENAMED_KEYS: dict[str, str] = {
    "base_model_name": "base_model",
    "base_model_name_or_path": "base_model",
    "model": "base_model",
    "model_id": "base_model",
    "model_name": "base_model",
    "model_name_or_path": "base_model",
    "pretrained_model_name_or_path": "base_model",
    "data": "dataset",
    "data_path": "dataset.path",
    "dataset_name": "dataset.hub",
    "dataset_path": "dataset.path",
    "datasets": "dataset",
    "train_file": "dataset.train",
    "validation_file": "dataset.validation",
    "eval_file": "dataset.validation",
    "test_file": "dataset.test",
    "prompt_template": "prompt.template",
    "system_prompt": "prompt.system",
    "system_message": "prompt.system",
    "output_features": "output_feature",
    "label_column": "output_feature.name",
    "target_column": "output_feature.name",
    "completion_column": "output_feature.name",
    "cutoff_len": "preprocessing.max_sequence_length",
    "global_max_sequence_length": "preprocessing.max_sequence_length",
    "max_length": "preprocessing.max_sequence_length",
    "max_seq_len": "preprocessing.max_sequence_length",
    "max_seq_length": "preprocessing.max_sequence_length",
    "model_max_length": "preprocessing.max_sequence_length",
    "sequence_len": "preprocessing.max_sequence_length",
    "truncation_side": "preprocessing.truncation",
    "test_size": "preprocessing.split.probabilities",
    "val_set_size": "preprocessing.split.probabilities",
    "lora_alpha": "adapter.alpha",
    "lora_dropout": "adapter.dropout",
    "lora_modules": "adapter.target_modules",
    "lora_r": "adapter.r",
    "lora_rank": "adapter.r",
    "lora_target": "adapter.target_modules",
    "lora_target_modules": "adapter.target_modules",
    "rank": "adapter.r",
    "peft": "adapter",
    "quantization_bit": "quantization.bits",
    "num_epochs": "trainer.epochs",
    "num_train_epochs": "trainer.epochs",
    "epoch": "trainer.epochs",
    "max_steps": "trainer.train_steps",
    "num_steps": "trainer.train_steps",
    "per_device_batch_size": "trainer.batch_size",
    "per_device_train_batch_size": "trainer.batch_size",
    "train_batch_size": "trainer.batch_size",
    "lr": "trainer.learning_rate",
    "lr_scheduler": "trainer.learning_rate_scheduler.decay",
    "lr_scheduler_type": "trainer.learning_rate_scheduler.decay",
    "warmup_ratio": "trainer.learning_rate_scheduler.warmup_fraction",
    "optim": "trainer.optimizer.type",
    "gradient_clipping": "trainer.max_grad_norm",
    "eval_steps": "trainer.steps_per_evaluation",
    "save_steps": "trainer.steps_per_checkpoint",
    "random_seed": "trainer.seed",
    "torch_dtype": "trainer.dtype",
    "metric": "evaluation.metrics",
    "num_samples": "evaluation.sample_size",
}
"""The key here that means the same."""

REPLACED_KEYS: dict[str, str] = {
    "bf16": "write it as `trainer.dtype: bfloat16`",
    "do_sample": "remove it: decoding is greedy",
    "fp16": "write it as `trainer.dtype: float16`",
    "gradient_accumulation_steps": (
        "remove it and multiply: `trainer.batch_size` counts the examples of one update, "
        "so it is the old batch size times `gradient_accumulation_steps`"
    ),
    "input_features": "remove it: the input columns are the placeholders of `prompt.template`",
    "load_in_4bit": "write `quantization: {bits: 4}`",
    "load_in_8bit": "write `quantization: {bits: 8}`",
    "model_type": "remove it: every task fine-tunes a language model",
    "temperature": "remove it: decoding is greedy",
    "top_p": "remove it: decoding is greedy",
    "warmup_steps": "write the share of the updates as `trainer.learning_rate_scheduler.warmup_fraction`",
}
"""Keys whose value changes too, or that are not needed."""

RENAMED_VALUES: dict[str, str] = {
    "adamw_8bit": "adamw",
    "adamw_torch": "adamw",
    "bf16": "bfloat16",
    "fp16": "float16",
    "fp32": "float32",
    "gpu": "cuda",
    "left": "start",
    "paged_adam": "adamw",
    "paged_adamw_32bit": "adamw",
    "paged_adamw_8bit": "adamw",
    "qlora": "lora",
    "random": "hash",
    "right": "end",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "string": "text",
    "class": "category",
    "classification": "category",
}
"""The value here that means the same, where the key allows it."""
