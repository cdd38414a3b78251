"""Ludwig 0.17: its YAML (`model_type: llm`), and the rows as columns prompt, completion and split.

    {"model_type": "llm", "base_model": "…", "input_features": [{"name": "prompt", …}], "trainer": {"train_steps": …}}

Ludwig's units: a step is a micro-batch, so updates are multiplied by `gradient_accumulation_steps`; its cosine decay
restarts after `t_0` steps (its default: one checkpoint's), so `t_0` is set to all steps after the warm-up; a checkpoint
forces an update, so checkpoints fall on whole updates. Before a prompt is joined to its answer, Ludwig drops everything
up to the last padding token and up to the first BOS token in it: a chat text that holds one of them would lose its
question (seen with SmolLM2-Instruct, whose padding token ends every turn). Such prompts are written without chat.

*Not here:* the other direction (lfine.converting).
"""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.compile.plan import AdapterPlan, GenerationPlan, OptimizerPlan, Plan
from lfine.finetune.targets.hf_trainer import WSD_SHARE, text_losses
from lfine.finetune.targets.lacking import lacking
from lfine.finetune.targets.written import (
    Config,
    Row,
    Source,
    Written,
    jsonl,
    micro_batch,
    sentences,
    without_bos,
    yaml_text,
)

ABLE = ("remote_code", "bias", "rslora", "dora", "init", "patterns", "neftune", "early_stop", "best_by_loss")
SPLITS = {"train": 0, "validation": 1, "test": 2}
NEVER_STOP = -1
REPLACED_MAX_NEW_TOKENS = 32
"""Ludwig takes this very number for `not given` and puts another one in its place."""
COMMAND = "ludwig train --config ludwig.yaml --dataset data.jsonl --output_directory results --random_seed {seed}"


def write(source: Source) -> Written:
    """Return ludwig.yaml and data.jsonl."""
    plain = chat_is_damaged(source)
    data = jsonl(
        {
            "prompt": without_bos(row.plain if plain else row.prompt, source.tokens),
            "completion": row.plain_completion if plain else row.completion,
            "split": SPLITS[row.split],
        }
        for row in source.rows
    )
    written = Written(
        files={"data.jsonl": data},
        main="ludwig.yaml",
        command=COMMAND.format(seed=source.plan.training.seed),
        lacks=sentences(_losses(source, plain=plain), lacking(source.plan, ABLE)),
        notes=("The prompts in data.jsonl are rendered; split 0 is train, 1 validation, 2 the held-out sample.",),
    )
    text = yaml_text(written, f"{source.plan.task.name}, for Ludwig 0.17; written by lfine compile", config(source))
    return replace(written, files={"ludwig.yaml": text, **written.files})


def chat_is_damaged(source: Source) -> bool:
    """Tell whether Ludwig would cut the prompts: at a padding token in them, or before a BOS token inside them."""
    tokens = source.tokens
    cutting = [token for token in (tokens.pad or tokens.eos, tokens.bos) if token]
    return any(token in without_start(row, tokens.bos) for row in source.rows for token in cutting)


def without_start(row: Row, bos: str | None) -> str:
    """Return a prompt without the BOS token that it may begin with."""
    return row.prompt.removeprefix(bos) if bos else row.prompt


def config(source: Source) -> Config:
    """Return the configuration; every value is in Ludwig's units."""
    plan = source.plan
    training = plan.training
    scheme = training.model.quantization
    found: Config = {
        "model_type": "llm",
        "base_model": source.model,
        "input_features": [{"name": "prompt", "type": "text"}],
        "output_features": [{"name": "completion", "type": "text"}],
        "prompt": {"template": "{prompt}"},
        "preprocessing": {
            "global_max_sequence_length": training.length.max_sequence_length,
            "split": {"type": "fixed", "column": "split"},
        },
    }
    if training.adapter is not None:
        found["adapter"] = _adapter(training.adapter)
    if scheme is not None:
        found["quantization"] = {"bits": scheme.bits, **(_four_bits(plan) if scheme.bits == 4 else {})}
    if training.neftune_noise_alpha is not None:
        found["model_parameters"] = {"neftune_noise_alpha": round(training.neftune_noise_alpha)}
    if training.model.trust_remote_code:
        found["trust_remote_code"] = True
    found["trainer"] = _trainer(plan)
    if plan.evaluation.generation is not None:
        found["generation"] = _generation(plan.evaluation.generation)
    found["backend"] = {"type": "local"}
    return found


def _adapter(adapter: AdapterPlan) -> Config:
    found: Config = {"type": "lora", "r": adapter.r, "alpha": adapter.alpha, "dropout": adapter.dropout}
    if not isinstance(adapter.target_modules, str):
        found["target_modules"] = list(adapter.target_modules)
    optional = {
        "bias_type": (adapter.bias, "none"),
        "use_rslora": (adapter.use_rslora, False),
        "use_dora": (adapter.use_dora, False),
        "init_lora_weights": (adapter.init, "default"),
        "rank_pattern": (adapter.rank_pattern, {}),
        "alpha_pattern": (adapter.alpha_pattern, {}),
    }
    return found | {name: value for name, (value, default) in optional.items() if value != default}


def _four_bits(plan: Plan) -> Config:
    scheme = plan.training.model.quantization
    if scheme is None:
        return {}
    return {
        "bnb_4bit_quant_type": scheme.quant_type,
        "bnb_4bit_use_double_quant": scheme.double_quant,
        "bnb_4bit_compute_dtype": scheme.compute_dtype,
    }


def _trainer(plan: Plan) -> Config:
    training, selection = plan.training, plan.training.selection
    size, accumulation = micro_batch(plan)
    found: Config = {
        "type": "finetune",
        "train_steps": training.steps * accumulation,  # micro-batches
        "batch_size": size,
        "gradient_accumulation_steps": accumulation,
        "eval_batch_size": size,
        "steps_per_checkpoint": training.steps_per_evaluation * accumulation,  # Ludwig evaluates at checkpoints
        "early_stop": NEVER_STOP if selection is None or selection.early_stop is None else selection.early_stop,
        "learning_rate": training.learning_rate,
        "learning_rate_scheduler": _schedule(plan, accumulation),
        "optimizer": _optimizer(training.optimizer),
        "gradient_clipping": {"clipglobalnorm": training.max_grad_norm},
    }
    if training.machine.gradient_checkpointing:
        found["enable_gradient_checkpointing"] = True
    return found


def _schedule(plan: Plan, accumulation: int) -> Config:
    """Return decay and warm-up; the fraction is of micro-batches, of which warm-up and run have equally many each."""
    training = plan.training
    if training.decay == "wsd":
        warm, fall = training.warmup_steps / training.steps, 1 / WSD_SHARE
        shares = {"wsd_warmup_fraction": warm, "wsd_stable_fraction": max(0.0, 1 - warm - fall)}
        return {"decay": "wsd", **shares, "wsd_decay_fraction": fall}
    found: Config = {
        "decay": training.decay if training.decay in ("cosine", "linear") else None,
        "warmup_fraction": training.warmup_steps / training.steps,
    }
    if training.decay == "cosine":
        found["t_0"] = max(1, (training.steps - training.warmup_steps) * accumulation)
    return found


def _optimizer(optimizer: OptimizerPlan) -> Config:
    found: Config = {"type": optimizer.type, "weight_decay": optimizer.weight_decay}
    if "adam" in optimizer.type or "lion" in optimizer.type:
        found["betas"] = list(optimizer.betas)
    if "adam" in optimizer.type:
        found["eps"] = optimizer.eps
    if optimizer.type == "adafactor":
        found |= {"scale_parameter": False, "relative_step": False}  # the rate is the schedule's
    if optimizer.type == "sgd":
        found["momentum"] = optimizer.momentum
    return found


def _generation(generation: GenerationPlan) -> Config:
    tokens = generation.max_new_tokens
    found: Config = {
        "max_new_tokens": tokens + (tokens == REPLACED_MAX_NEW_TOKENS),
        "do_sample": generation.temperature > 0,
        "repetition_penalty": generation.repetition_penalty,
    }
    if generation.temperature > 0:
        found["temperature"] = generation.temperature
        found["top_p"] = 1.0 if generation.top_p is None else generation.top_p
        found["top_k"] = 0 if generation.top_k is None else generation.top_k
    return found


def _losses(source: Source, *, plain: bool) -> list[str]:
    """Return what only Ludwig loses."""
    training, generation, tokens = source.plan.training, source.plan.evaluation.generation, source.tokens
    found = []
    if plain:
        cutting = ", ".join(dict.fromkeys(token for token in (tokens.pad or tokens.eos, tokens.bos) if token))
        found.append(
            "the chat template: Ludwig drops all of a prompt up to its last padding token and its first BOS token "
            f"({cutting} here), so the prompts are written without it, the system text above the template"
        )
    if tokens.eos not in (None, tokens.end):
        found.append(f"answers end with {tokens.eos}, not with {tokens.end}")
    if tokens.adds_bos:
        found.append(f"the tokenizer puts {tokens.bos} before the answer too")
    found += text_losses(source, apart=True)
    if training.decay == "inverse_sqrt":
        found.append("learning_rate_scheduler.decay inverse_sqrt: another curve there; the rate stays constant")
    if micro_batch(source.plan)[1] > 1:
        found.append("the loss is the mean of micro-batch means: rows with short answers weigh more than here")
    if training.model.quantization is None and training.model.dtype != "float32":
        found.append(f"computes in float32, not in {training.model.dtype}")
    if training.selection is None and training.data.validation_rows:
        found.append("keeps the weights of the best validation loss, not those of the last update")
    if training.adapter is not None and isinstance(training.adapter.target_modules, str):
        found.append("adapter.target_modules all-linear: the library's default layers are adapted")
    if generation is not None and generation.max_new_tokens == REPLACED_MAX_NEW_TOKENS:
        found.append("generation.max_new_tokens 32 is written as 33: Ludwig takes 32 for `not given`")
    if training.truncation == "start":
        found.append("validation and test rows beyond the limit lose their end")
    return found
