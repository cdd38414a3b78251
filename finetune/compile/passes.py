"""Every decision of a plan as a small function: task, rows, model and machine in, one value and its reason out.

    decide_warmup(task, steps=160, notes=notes) -> 5      # "3% of the updates"

The order is that of lfine.finetune.compile.compiling. Constant defaults are in task.schema.json, derived ones here.

*Not here:* reading files, lengths' arithmetic (lengths.py), memory's arithmetic (memory.py).
"""

from __future__ import annotations

import math

from lfine.finetune.catalogue.cards import ModelCard, target_modules
from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.headers import scoring_problems
from lfine.finetune.compile.lengths import EncodedExample, percentile
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import UNKNOWN_MEMORY, largest_generation_batch, largest_micro_batch
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import AdapterPlan, LengthPlan, MachinePlan
from lfine.finetune.data.places import Place
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.task import Task

SHARED_PREFIX_FAMILIES = frozenset({"gpt_neox", "llama", "mistral", "phi3", "qwen2", "qwen3"})
"""Families whose loss and gradients in the packed layout were compared with the padded loop, in the tests."""
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
    if machine.bf16 and device == machine.device:
        return notes.derived("trainer.dtype", "bfloat16", "the device multiplies bfloat16 in hardware")
    return notes.derived("trainer.dtype", "float32", "the device has no fast bfloat16")


def decide_quantization(task: Task, device: str, card: ModelCard, notes: Notes) -> QuantizationPlan | None:
    """Take the task's scheme; on a processor say what dequantizing at load costs in memory."""
    asked = task.quantization
    if asked is None:
        return notes.written("quantization", None)
    kind = asked.bnb_4bit_quant_type if asked.bits == 4 else "int8"
    reason = f"{kind} weights"
    if device == "cpu":
        reason += f", dequantized once at load: the numbers of the {asked.bits}-bit model"
        if card.parameters is not None:
            more = (card.parameters - card.embedding_parameters) * (16 - asked.bits) / 8 / 1e6
            reason += f", at least {more:.0f} MB more memory"
    notes.written("quantization.bits", asked.bits, reason)
    if asked.bits == 4:
        notes.written("quantization.bnb_4bit_quant_type", asked.bnb_4bit_quant_type)
        notes.written("quantization.bnb_4bit_use_double_quant", asked.bnb_4bit_use_double_quant)
    return QuantizationPlan(asked.bits, asked.bnb_4bit_quant_type, asked.bnb_4bit_use_double_quant)


def decide_length(task: Task, lengths: list[int], card: ModelCard, notes: Notes) -> int:
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


def decide_adapter(task: Task, card: ModelCard, notes: Notes) -> AdapterPlan | None:
    """Fill alpha from the rank and the target modules from the family."""
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
    dropout = notes.written("adapter.dropout", asked.dropout)
    return AdapterPlan(asked.r, alpha, dropout, modules, notes.written("adapter.use_rslora", asked.use_rslora))


def decide_steps(task: Task, rows: int, notes: Notes) -> tuple[int, int]:
    """Return updates and examples of the whole run."""
    trainer, size = task.trainer, task.trainer.batch_size
    notes.written("trainer.batch_size", size, "examples in one update")
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


def decide_machine(
    task: Task, length: LengthPlan, card: ModelCard, machine: Machine, *, device: str, dtype: str, notes: Notes
) -> MachinePlan:
    """Choose the layout and the micro-batch: speed and memory, never the result."""
    layout, reason = _layout(length, card)
    notes.derived("layout", layout, reason)
    checkpointing = notes.written("trainer.gradient_checkpointing", task.trainer.gradient_checkpointing)
    asked = task.trainer.micro_batch_size
    if asked == "auto":
        most = largest_micro_batch(
            length, card, memory=machine.memory, dtype=dtype, checkpointing=checkpointing, layout=layout
        )
        micro = notes.derived(
            "trainer.micro_batch_size",
            min(task.trainer.batch_size, most),
            f"up to {most} examples fit a third of {_memory(machine)}",
        )
    else:
        reason = f"{asked} were asked for; an update has {task.trainer.batch_size}"
        micro = min(asked, task.trainer.batch_size)
        notes.written("trainer.micro_batch_size", micro, reason if micro < asked else "")
    return MachinePlan(device, layout, micro, checkpointing)


def _memory(machine: Machine) -> str:
    if machine.memory:
        return f"{machine.memory / 1e9:.0f} GB"
    return f"{UNKNOWN_MEMORY / 1e9:.0f} GB (assumed: this machine does not tell)"


def _layout(length: LengthPlan, card: ModelCard) -> tuple[str, str]:
    if card.model_type not in SHARED_PREFIX_FAMILIES:
        return "padded", f"the shared prefix is not yet checked for the family {card.model_type}"
    if card.sliding_window is not None and card.sliding_window < length.max_sequence_length:
        return "padded", f"the model attends to {card.sliding_window} tokens only, fewer than the longest sequence"
    return "shared_prefix", f"{length.shared_prefix} prompt tokens are common to all rows and computed once"


def decide_metrics(task: Task, output_type: str, notes: Notes, place: Place) -> tuple[str, ...]:
    """Take the task's metrics, or the output type's own; what is scored must fit that type."""
    found = scoring_problems(task.evaluation, output_type)
    if found:
        raise TaskError(*(place(each.code, each.path, each.message, each.cure) for each in found))
    asked = task.evaluation.metrics
    if asked is None:
        chosen = ("accuracy",) if output_type == "category" else ("rouge",)
        return notes.derived("evaluation.metrics", chosen, f"the output is {output_type}")
    return notes.written("evaluation.metrics", asked)


def decide_max_new_tokens(task: Task, longest_completion: int, notes: Notes) -> int:
    """Room for the longest training answer and 10% more."""
    asked = task.generation.max_new_tokens
    if asked != "auto":
        return notes.written("generation.max_new_tokens", asked)
    tokens = math.ceil(longest_completion * 11 / 10)
    reason = f"the longest training completion ({longest_completion} tokens) plus 10%"
    return notes.derived("generation.max_new_tokens", tokens, reason)


def decide_generation_batch(
    card: ModelCard, machine: Machine, *, prompt_tokens: int, max_new_tokens: int, notes: Notes
) -> int:
    """As many prompts at once as their keys and values fit a quarter of the memory, up to the device's best number."""
    tokens = prompt_tokens + max_new_tokens
    size = largest_generation_batch(card, memory=machine.memory, tokens=tokens, device=machine.device)
    reason = f"keys and values within a quarter of the memory; more would not be faster on {machine.device}"
    return notes.derived("generation.batch_size", size, reason)


def length_plan(encoded: list[EncodedExample], limit: int, *, cut: int, left_out: int, prefix: int) -> LengthPlan:
    """Gather the token statistics of the training rows."""
    lengths = [row.length for row in encoded]
    return LengthPlan(
        max_sequence_length=limit,
        p50=percentile(lengths, 0.50),
        p95=percentile(lengths, 0.95),
        p99=percentile(lengths, 0.99),
        longest=max(lengths),
        cut=cut,
        left_out=left_out,
        shared_prefix=prefix,
        longest_completion=max(len(row.completion_ids) for row in encoded),
    )
