"""What TRL, Axolotl and LLaMA-Factory share: all three train with transformers' Trainer, which counts updates.

    hf_arguments(plan) == {"max_steps": 320, "per_device_train_batch_size": 16, "gradient_accumulation_steps": 1, …}

Names are those of transformers.TrainingArguments, which TRL and LLaMA-Factory pass on.

*Not here:* model, adapter and data, which each of them spells its own way.
"""

from __future__ import annotations

from lfine.finetune.compile.plan import Plan
from lfine.finetune.targets.written import Config, Source, dtype_flags, micro_batch

OPTIMIZERS = {
    "adamw": "adamw_torch",
    "adafactor": "adafactor",
    "lion": "lion_32bit",
    "sgd": "sgd",
    "adamw_8bit": "adamw_bnb_8bit",
    "lion_8bit": "lion_8bit",
    "paged_adamw": "paged_adamw_32bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
}
SCHEDULES = {
    "cosine": "cosine",
    "linear": "linear",
    "constant": "constant_with_warmup",
    "inverse_sqrt": "inverse_sqrt",
    "wsd": "warmup_stable_decay",
}
WSD_SHARE = 5
"""The rate falls linearly over the last fifth, as in training here."""
NEVER = 1e9
"""A norm that is never reached: their 0 means something else in each of them."""


def hf_arguments(plan: Plan) -> Config:
    """Return the training arguments of a plan; a step is an update there too."""
    training = plan.training
    size, accumulation = micro_batch(plan)
    optimizer = training.optimizer
    found: Config = {
        "max_steps": training.steps,
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": accumulation,
        "per_device_eval_batch_size": size,
        "learning_rate": training.learning_rate,
        "lr_scheduler_type": SCHEDULES[training.decay],
        **schedule_arguments(plan),
        "warmup_steps": training.warmup_steps,
        "optim": OPTIMIZERS[optimizer.type],
        "adam_beta1": optimizer.betas[0],
        "adam_beta2": optimizer.betas[1],
        "adam_epsilon": optimizer.eps,
        "weight_decay": optimizer.weight_decay,
        **({"optim_args": f"momentum={optimizer.momentum}"} if optimizer.momentum else {}),
        "max_grad_norm": NEVER if training.max_grad_norm is None else training.max_grad_norm,
        **dtype_flags(plan),
        "gradient_checkpointing": training.machine.gradient_checkpointing,
        "eval_strategy": "steps" if training.data.validation_rows else "no",
        "eval_steps": training.steps_per_evaluation,
        "save_strategy": "steps",
        "save_steps": training.steps_per_checkpoint,
        "save_total_limit": training.keep,
        "logging_steps": 1,
        "report_to": list(training.trackers) or "none",
        "seed": training.seed,
    }
    if training.neftune_noise_alpha is not None:
        found["neftune_noise_alpha"] = training.neftune_noise_alpha
    if training.label_smoothing:
        found["label_smoothing_factor"] = training.label_smoothing
    if training.selection is not None and training.selection.by == "loss":
        every = training.selection.steps_per_evaluation  # the best checkpoint can only be one that was evaluated
        found |= {"load_best_model_at_end": True, "metric_for_best_model": "eval_loss", "save_steps": every}
    return found


def schedule_arguments(plan: Plan) -> Config:
    """Return what a schedule needs besides its name."""
    if plan.training.decay != "wsd":
        return {}
    falling = max(1, round(plan.training.steps / WSD_SHARE))
    return {"lr_scheduler_kwargs": {"num_decay_steps": falling, "decay_type": "linear"}}


def text_losses(source: Source, *, apart: bool) -> list[str]:
    """Return what is lost where text is tokenized again; `apart` says that prompt and answer are tokenized apart."""
    found = []
    if source.forged:
        found.append(
            f"{source.forged} control tokens stand in the data's own text: they are read as control tokens there, "
            "and as ordinary text here"
        )
    if not apart:
        found.append("prompt and answer are tokenized as one text: a token may span the boundary")
    elif source.tokens.adds_space:
        found.append("the tokenizer puts a space before the answer, which is tokenized apart from its prompt")
    return found
