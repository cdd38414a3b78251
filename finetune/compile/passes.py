"""Every decision of a plan as a small function: task, rows, model and machine in, one value and its reason out.

    decide_warmup(task, steps=160, notes=notes) -> 5      # "3% of the updates"

The order is that of lfine.finetune.compile.compiling. Constant defaults are in task.schema.json, derived ones here.

*Not here:* reading files, lengths' arithmetic (lengths.py), memory's arithmetic (memory.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lfine.evaluation.extraction import check_extract
from lfine.evaluation.metrics.checking import check_columns, check_metrics
from lfine.evaluation.metrics.registry import plain
from lfine.finetune.catalogue.cards import ModelCard, target_modules
from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.encoded import EncodedExample, counts_of
from lfine.finetune.compile.lengths import percentile
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import (
    largest_generation_batch,
)
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import (
    AdapterPlan,
    AdapterStart,
    GenerationPlan,
    LengthPlan,
    OptimizerPlan,
    SelectionPlan,
)
from lfine.finetune.data.places import Place, unplaced
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice, Task

ADAM_BETAS, LION_BETAS, ADAM_EPS = (0.9, 0.999), (0.9, 0.99), 1e-8
AUTO_BATCH_SHARE, MOST_AUTO_BATCH = 0.002, 256
DEFAULT_METRICS = {
    "category": "accuracy",
    "text": "rouge",
    "number": "numeric_match",
    "json": "json_match",
    "sql": "sql_match",
}
DEFAULT_EPOCHS = 3.0
WARMUP_SHARE, MOST_WARMUP = 0.03, 100


def decide_device(task: Task, machine: Machine, notes: Notes, place: Place) -> str:
    """Take the accelerator where there is one; a device that is asked for and absent is refused."""
    asked = task.trainer.device
    if asked == "auto":
        return notes.derived("trainer.device", machine.device, machine.accelerator or "no accelerator found")
    if asked not in ("cpu", machine.device):
        found = f"this machine has {machine.accelerator or 'no accelerator'}"
        raise MachineError(
            place("LF403", "trainer.device", f"trainer.device is {asked}, but {found}", "set trainer.device to auto")
        )
    return notes.written("trainer.device", asked)


def decide_dtype(task: Task, device: str, machine: Machine, notes: Notes) -> str:
    """bfloat16 where the hardware multiplies it; float32 elsewhere, and for full fine-tuning."""
    asked = task.trainer.dtype
    if asked != "auto":
        return notes.written("trainer.dtype", asked)
    if task.adapter is None:
        return notes.derived("trainer.dtype", "float32", "full fine-tuning updates these weights themselves")
    if task.adapter.modules_to_save or task.adapter.bias != "none":
        reason = "weights of the base model are trained too, and in fewer bits small updates would be rounded away"
        return notes.derived("trainer.dtype", "float32", reason)
    if machine.bf16 and device == machine.device:
        return notes.derived("trainer.dtype", "bfloat16", "the device multiplies bfloat16 in hardware")
    return notes.derived("trainer.dtype", "float32", "the device has no fast bfloat16")


def decide_quantization(
    task: Task, card: ModelCard, *, device: str, dtype: str, notes: Notes
) -> QuantizationPlan | None:
    """Take the task's scheme; on a processor say what dequantizing at load costs in memory."""
    asked = task.quantization
    if asked is None or asked.bits is None:
        return notes.written("quantization", None)
    kind = asked.bnb_4bit_quant_type if asked.bits == 4 else "int8"
    reason = f"{kind} weights"
    if device == "cpu":
        reason += f", dequantized once at load: the numbers of the {asked.bits}-bit model"
        if card.parameters is not None:
            more = (card.parameters - card.embedding_parameters) * (16 - asked.bits) / 8 / 1e6
            reason += f", at least {more:.0f} MB more memory"
    notes.written("quantization.bits", asked.bits, reason)
    said = asked.bnb_4bit_compute_dtype
    compute: str = dtype if said == "auto" else said
    if asked.bits == 4:
        notes.written("quantization.bnb_4bit_quant_type", asked.bnb_4bit_quant_type)
        notes.written("quantization.bnb_4bit_use_double_quant", asked.bnb_4bit_use_double_quant)
        reason = "that of the trainer" if said == "auto" else ""
        notes.settled("quantization.bnb_4bit_compute_dtype", compute, reason, said=said != "auto")
    return QuantizationPlan(asked.bits, asked.bnb_4bit_quant_type, asked.bnb_4bit_use_double_quant, compute)


def decide_length(task: Task, lengths: Sequence[int], card: ModelCard, notes: Notes) -> int:
    """Turn a percentile into tokens, never beyond the model's context."""
    asked, path = task.preprocessing.max_sequence_length, "preprocessing.max_sequence_length"
    if isinstance(asked, str):
        share = int(asked[1:]) / 100
        wanted = percentile(lengths, share)
        reason = f"{asked} of {len(lengths)} training rows: {share:.0%} have at most {wanted} tokens"
        return notes.derived(path, min(wanted, card.context), reason)
    if asked is None:
        return notes.derived(path, card.context, "the model's context")
    if asked > card.context:
        return notes.derived(path, card.context, f"{asked} was asked for; the model's context is {card.context}")
    return notes.written(path, asked)


def decide_adapter(task: Task, card: ModelCard, start: AdapterStart | None, notes: Notes) -> AdapterPlan | None:
    """Fill alpha from the rank and the target modules from the family; `start` is the adapter to go on from."""
    asked = task.adapter
    if asked is None:
        return notes.written("adapter", None, "full fine-tuning: every weight is trained")
    notes.written("adapter.r", asked.r)
    if asked.alpha is None:
        alpha = notes.derived("adapter.alpha", 2 * asked.r, "twice the rank")
    else:
        alpha = notes.written("adapter.alpha", asked.alpha)
    modules = asked.target_modules
    if modules is not None:
        notes.written("adapter.target_modules", modules)
    else:
        family = target_modules(card)
        if family is None:
            reason = f"the family {card.model_type} is not known here: every linear layer but the output head"
            modules = notes.derived("adapter.target_modules", "all-linear", reason)
        else:
            modules = notes.derived("adapter.target_modules", family, f"attention projections of {card.model_type}")
    return AdapterPlan(
        r=asked.r,
        alpha=alpha,
        dropout=notes.written("adapter.dropout", asked.dropout),
        target_modules=modules,
        use_rslora=notes.written("adapter.use_rslora", asked.use_rslora),
        use_dora=notes.written("adapter.use_dora", asked.use_dora),
        bias=notes.written("adapter.bias", asked.bias),
        init=notes.written("adapter.init_lora_weights", asked.init_lora_weights),
        rank_pattern=notes.written("adapter.rank_pattern", asked.rank_pattern),
        alpha_pattern=notes.written("adapter.alpha_pattern", asked.alpha_pattern),
        modules_to_save=notes.written("adapter.modules_to_save", asked.modules_to_save),
        start=start,
    )


def decide_batch_size(task: Task, rows: int, notes: Notes) -> int:
    """Return the examples of one update; auto is the rule of hosted fine-tuning."""
    asked = task.trainer.batch_size
    if asked != "auto":
        return notes.written("trainer.batch_size", asked, "examples in one update")
    size = min(MOST_AUTO_BATCH, max(1, round(AUTO_BATCH_SHARE * rows)))
    reason = f"0.2% of {rows} training rows, from 1 to {MOST_AUTO_BATCH}"
    return notes.derived("trainer.batch_size", size, reason)


def decide_learning_rate(task: Task, notes: Notes) -> float:
    """Return the highest rate of the schedule."""
    trainer = task.trainer
    rate = notes.written("trainer.learning_rate", trainer.learning_rate)
    factor = notes.written("trainer.learning_rate_multiplier", trainer.learning_rate_multiplier)
    return rate * factor


def decide_optimizer(task: Task, notes: Notes) -> OptimizerPlan:
    """Fill the constants that the optimizer's paper gives; those that it does not use are not spoken of."""
    asked, path = task.trainer.optimizer, "trainer.optimizer"
    kind = notes.written(f"{path}.type", asked.type)
    adam, lion = "adamw" in kind, "lion" in kind
    betas = asked.betas or (LION_BETAS if lion else ADAM_BETAS)
    eps = ADAM_EPS if asked.eps is None else asked.eps
    momentum = asked.momentum or 0.0
    if adam or lion:
        notes.settled(f"{path}.betas", betas, "" if asked.betas else "its paper's", said=asked.betas is not None)
    if adam:
        reason = "its paper's" if asked.eps is None else ""
        notes.settled(f"{path}.eps", eps, reason, said=asked.eps is not None)
    if kind == "sgd":
        notes.settled(f"{path}.momentum", momentum, "plain gradient descent", said=asked.momentum is not None)
    return OptimizerPlan(kind, betas, eps, notes.written(f"{path}.weight_decay", asked.weight_decay), momentum)


def decide_selection(task: Task, steps_per_evaluation: int, notes: Notes) -> SelectionPlan | None:
    """Return which evaluation decides what the adapter is; None: the last update's weights."""
    trainer = task.trainer
    by, stop = trainer.save_best_by, notes.written("trainer.early_stop", trainer.early_stop)
    if by is None and stop is None:
        return notes.written("trainer.save_best_by", None, "the adapter is that of the last update")
    if by is None:
        by = notes.derived("trainer.save_best_by", "loss", "early_stop needs something to go by")
    else:
        notes.written("trainer.save_best_by", by)
    return SelectionPlan(by, stop, steps_per_evaluation, trainer.validation_sample, trainer.evaluation_sample)


def decide_steps(task: Task, rows: int, size: int, notes: Notes) -> tuple[int, int]:
    """Return updates and examples of the whole run."""
    trainer = task.trainer
    if trainer.train_steps is not None:
        passes = trainer.train_steps * size / rows
        notes.written("trainer.train_steps", trainer.train_steps, f"{passes:.2f} passes over {rows} training rows")
        return trainer.train_steps, trainer.train_steps * size
    if trainer.epochs is None:
        epochs = notes.derived("trainer.epochs", DEFAULT_EPOCHS, "neither epochs nor train_steps given")
    else:
        epochs = notes.written("trainer.epochs", trainer.epochs)
    examples = max(1, round(epochs * rows))
    steps = math.ceil(examples / size)
    reason = f"{epochs:g} passes over {rows} training rows in batches of {size}"
    return notes.derived("trainer.train_steps", steps, reason), examples


def decide_warmup(task: Task, steps: int, notes: Notes) -> int:
    """Return the updates over which the learning rate rises."""
    path = "trainer.learning_rate_scheduler.warmup_fraction"
    asked = task.trainer.learning_rate_scheduler.warmup_fraction
    if asked is not None:
        warmup = round(asked * steps)
        notes.written(path, asked, f"{warmup} of {steps} updates")
        return warmup
    warmup = min(MOST_WARMUP, round(WARMUP_SHARE * steps))
    share = round(min(WARMUP_SHARE, MOST_WARMUP / steps), 4)
    notes.derived(path, share, f"{warmup} of {steps} updates: 3%, at most {MOST_WARMUP} updates")
    return warmup


def decide_cadence(task: Task, steps: int, notes: Notes) -> tuple[int, int]:
    """Return the updates between two validation losses and between two checkpoints."""
    trainer = task.trainer
    tenth = max(1, math.ceil(steps / 10))
    if trainer.steps_per_evaluation is None:
        evaluation = notes.derived("trainer.steps_per_evaluation", tenth, "a tenth of the run")
    else:
        evaluation = notes.written("trainer.steps_per_evaluation", trainer.steps_per_evaluation)
    if trainer.steps_per_checkpoint is None:
        return evaluation, notes.derived("trainer.steps_per_checkpoint", evaluation, "as the validation loss")
    return evaluation, notes.written("trainer.steps_per_checkpoint", trainer.steps_per_checkpoint)


def decide_metrics(
    task: Task, output_type: str, notes: Notes, place: Place, *, labels: tuple[str, ...] = ()
) -> tuple[MetricChoice, ...]:
    """Take the task's metrics, or the output type's own; what is scored must fit that type and these labels."""
    found = check_extract(task.evaluation.extract, output_type)
    asked = task.evaluation.metrics
    if asked is not None:
        found += check_metrics(asked, output_type, labels=labels)
    wanted = task.evaluation
    found += check_columns(asked or (plain(DEFAULT_METRICS[output_type]),), wanted.references, wanted.choices)
    if output_type != "category" and "tfidf" in task.evaluation.baselines:
        message = f"the baseline tfidf chooses between labels, and the output is {output_type}"
        cure = "use the baseline majority, or set output_feature.type to category"
        found.append(Problem("LF275", message, cure, path="evaluation.baselines"))
    if found:
        raise TaskError(*(place(each.code, each.path, each.message, each.cure) for each in found))
    if asked is None:
        name = DEFAULT_METRICS[output_type]
        notes.derived("evaluation.metrics", (name,), f"the output is {output_type}")
        return (plain(name),)
    return notes.written("evaluation.metrics", asked)


def decide_max_new_tokens(task: Task, longest_completion: int, notes: Notes) -> int:
    """Room for the longest training answer and 10% more."""
    asked = task.generation.max_new_tokens
    if asked != "auto":
        return notes.written("generation.max_new_tokens", asked)
    tokens = math.ceil(longest_completion * 11 / 10)
    reason = f"the longest training completion ({longest_completion} tokens) plus 10%"
    return notes.derived("generation.max_new_tokens", tokens, reason)


def decide_generation(
    task: Task,
    max_new_tokens: int,
    batch_size: int,
    notes: Notes,
    *,
    labels: tuple[str, ...] = (),
    schema: str | None = None,
    place: Place = unplaced,
) -> GenerationPlan:
    """Take how answers are drawn as the task says it; a constraint needs its labels (LF265) or its schema (LF266)."""
    asked = task.generation
    if asked.constrain == "labels" and not labels:
        message, cure = "only labels can be answered, and the output has none", "set output_feature.type to category"
        raise TaskError(place("LF265", "generation.constrain", message, cure))
    if asked.constrain == "json_schema" and schema is None:
        message = "only what satisfies output_feature.schema can be answered, and no schema is given"
        raise TaskError(place("LF266", "generation.constrain", message, "give output_feature.type json and its schema"))
    return GenerationPlan(
        max_new_tokens=max_new_tokens,
        temperature=notes.written("generation.temperature", asked.temperature),
        top_p=notes.written("generation.top_p", asked.top_p),
        top_k=notes.written("generation.top_k", asked.top_k),
        min_p=notes.written("generation.min_p", asked.min_p),
        repetition_penalty=notes.written("generation.repetition_penalty", asked.repetition_penalty),
        stop=notes.written("generation.stop", asked.stop),
        seed=notes.written("generation.seed", asked.seed),
        constrain=notes.written("generation.constrain", asked.constrain),
        json_schema=schema if asked.constrain == "json_schema" else None,
        batch_size=batch_size,
    )


def decide_generation_batch(
    card: ModelCard, machine: Machine, *, prompt_tokens: int, max_new_tokens: int, notes: Notes
) -> int:
    """As many prompts at once as their keys and values fit a quarter of the memory, up to the device's best number."""
    tokens = prompt_tokens + max_new_tokens
    size = largest_generation_batch(card, memory=machine.memory, tokens=tokens, device=machine.device)
    reason = f"keys and values within a quarter of the memory; more would not be faster on {machine.device}"
    return notes.derived("generation.batch_size", size, reason)


def length_plan(encoded: Sequence[EncodedExample], limit: int, *, cut: int, left_out: int, prefix: int) -> LengthPlan:
    """Gather the token statistics of the training rows."""
    counts = counts_of(encoded)
    lengths = counts.lengths
    return LengthPlan(
        max_sequence_length=limit,
        p50=percentile(lengths, 0.50),
        p95=percentile(lengths, 0.95),
        p99=percentile(lengths, 0.99),
        longest=max(lengths),
        cut=cut,
        left_out=left_out,
        shared_prefix=prefix,
        longest_completion=max(counts.longest_answers),
    )
