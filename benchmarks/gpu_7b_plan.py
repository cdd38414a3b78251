"""The plan and the rows of gpu_7b.py, without task file, tokenizer and data: decided as lfine decides, from the folder.

    rows_of([(30, 45), (28, 61)], vocab=32000)[0].prompt_ids[:PREFIX]        the same in all rows
    plan, memory = plan_of(folder, rows, device="cuda", batch=16, updates=15)

*Not here:* running it (gpu_7b.py).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.linears import linear_layers
from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.encoded import EncodedExample
from lfine.finetune.compile.estimates import Facts, load_of, load_of_run
from lfine.finetune.compile.lengths import percentile
from lfine.finetune.compile.machine import machine_for, this_machine
from lfine.finetune.compile.machine_passes import decide_layout, decide_machine
from lfine.finetune.compile.memory import training_memory
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import (
    AdapterPlan,
    DataPlan,
    LengthPlan,
    MemoryPart,
    ModelPlan,
    OptimizerPlan,
    PromptPlan,
    TrainingPlan,
)
from lfine.schemas.loading import load_task

PREFIX = 139
"""Tokens that all of ViGGO's prompts begin with in task_configs/viggo_functional.yaml."""
TASK = """\
base_model: {folder}
dataset: {{path: none.csv}}
prompt: {{template: "{{x}}"}}
output_feature: y
"""
RATE = 2e-4
ADAPTER = AdapterPlan(
    r=8,
    alpha=16,
    dropout=0.0,
    target_modules=("q_proj", "k_proj", "v_proj", "o_proj"),
    use_rslora=False,
    use_dora=False,
    bias="none",
    init="default",
    rank_pattern={},
    alpha_pattern={},
    modules_to_save=(),
    start=None,
)


def rows_of(lengths: Sequence[tuple[int, int]], *, vocab: int) -> list[EncodedExample]:
    """Return rows of those lengths: PREFIX tokens in common, then random ones."""
    draw = random.Random(11)  # noqa: S311 (token ids, not secrets)

    def tokens(count: int) -> tuple[int, ...]:
        return tuple(draw.randrange(3, vocab) for _ in range(count))

    shared = tokens(PREFIX)
    return [
        EncodedExample(row, (*shared, *tokens(own)), (*tokens(answer - 1), 2))
        for row, (own, answer) in enumerate(lengths)
    ]


def plan_of(
    folder: Path, rows: Sequence[EncodedExample], *, device: str, batch: int, updates: int
) -> tuple[TrainingPlan, tuple[MemoryPart, ...]]:
    """Return the plan of `updates` updates over the rows, and the memory it is to take."""
    card, machine, length = read_card(folder), machine_for(device, this_machine()), lengths_of(rows)
    model = ModelPlan(
        name="7B shape",
        revision=None,
        trust_remote_code=False,
        identity="",
        family=card.model_type,
        parameters=card.parameters,
        context=card.context,
        dtype="bfloat16",
        quantization=QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16"),
    )
    loaded = load_task(task_file(folder), [])
    notes = Notes(loaded.origin)
    layout = decide_layout(length, card, notes)
    learned = tuple(row.learned_tokens for row in rows)
    facts = Facts(card, linear_layers(folder, card), tuple(row.length for row in rows), learned, machine)
    load = load_of(model, ADAPTER, length, facts, layout=layout, optimizer="adamw")
    decided = decide_machine(loaded.task, load, machine, layout=layout, batch_size=batch, notes=notes)
    plan = TrainingPlan(
        model=model,
        prompt=PromptPlan("{x}", None, chat_used=False, example_rows=(), messages=None, loss_on="all", hash=""),
        data=DataPlan("fixed", None, len(rows), 0, 0, "", "y", "text", ()),
        length=length,
        truncation="end",
        adapter=ADAPTER,
        steps=updates,
        batch_size=batch,
        train_examples=batch * updates,
        learning_rate=RATE,
        decay="constant",
        warmup_steps=0,
        optimizer=OptimizerPlan("adamw", (0.9, 0.999), 1e-8, 0.0, 0.0),
        max_grad_norm=1.0,
        prompt_loss_weight=0.0,
        label_smoothing=0.0,
        neftune_noise_alpha=None,
        seed=0,
        selection=None,
        steps_per_evaluation=updates + 1,
        validation_sample=0,
        evaluation_sample=0,
        steps_per_checkpoint=updates + 1,
        keep=1,
        trackers=(),
        machine=decided,
    )
    return plan, training_memory(load_of_run(load, decided, facts))


def lengths_of(rows: Sequence[EncodedExample]) -> LengthPlan:
    """Return the rows' statistics; none is cut."""
    lengths = [row.length for row in rows]
    return LengthPlan(
        max_sequence_length=max(lengths),
        p50=percentile(lengths, 0.5),
        p95=percentile(lengths, 0.95),
        p99=percentile(lengths, 0.99),
        longest=max(lengths),
        cut=0,
        left_out=0,
        shared_prefix=PREFIX,
        longest_completion=max(len(row.completion_ids) for row in rows),
    )


def task_file(folder: Path) -> Path:
    """Write a task that leaves everything to lfine, beside the model."""
    path = folder / "task.yaml"
    path.write_text(TASK.format(folder=folder), encoding="utf-8")
    return path
