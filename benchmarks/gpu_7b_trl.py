"""TRL's side of gpu_7b.py: SFTTrainer on the same weights, adapter, rows and order.

    seconds, losses, tokens = trl_side(folder, rows, arguments)

The base model is loaded by lfine's own loader, so that both sides have the same NF4 layers; the adapter's first values
are lfine's too. No checkpointing and no packing; SDPA attention.

*Not here:* the other side and the figures (gpu_7b.py).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerFast, TrainerCallback
from trl import SFTConfig, SFTTrainer

from benchmarks.gpu_7b_plan import plan_of
from lfine.finetune.compile.encoded import EncodedExample
from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.batches import epoch_order


class Laps(TrainerCallback):  # type: ignore[misc]
    """Notes the seconds between the ends of two updates, the device's work done."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last = 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self._last = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        now = time.perf_counter()
        self.seconds.append(now - self._last)
        self._last = now


def trl_side(
    folder: Path, rows: Sequence[EncodedExample], arguments: argparse.Namespace
) -> tuple[list[float], list[float], list[int]]:
    """Return seconds, loss and tokens of each update."""
    plan, _ = plan_of(folder, rows, device=arguments.device, batch=arguments.batch, updates=arguments.updates)
    if plan.adapter is None:
        raise SystemExit("the comparison is of adapters")
    model = load_base(folder, dtype="bfloat16", device=arguments.device, quantization=plan.model.quantization)
    adapted = add_adapter(model, plan.adapter, seed=plan.seed)
    ordered = [rows[number] for number in epoch_order(0, len(rows), plan.seed)]
    laps = Laps()
    with tempfile.TemporaryDirectory() as place:
        trainer = SFTTrainer(
            model=adapted,
            args=settings(place, arguments, rate=plan.learning_rate),
            train_dataset=Dataset.from_list([encoded(row) for row in ordered]),
            processing_class=blank_tokenizer(),
            callbacks=[laps],
        )
        trainer.train()
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    parts = [ordered[at : at + arguments.batch] for at in range(0, len(ordered), arguments.batch)]
    return laps.seconds, losses, [sum(row.length for row in part) for part in parts]


def settings(place: str, arguments: argparse.Namespace, *, rate: float) -> SFTConfig:
    """Return the trainer's settings: those of the plan, and nothing that lfine's side does not do."""
    return SFTConfig(
        output_dir=place,
        per_device_train_batch_size=arguments.batch,
        max_steps=arguments.updates,
        learning_rate=rate,
        lr_scheduler_type="constant",
        max_grad_norm=1.0,
        weight_decay=0.0,
        bf16=arguments.device == "cuda",
        gradient_checkpointing=False,
        completion_only_loss=True,
        packing=False,
        max_length=None,
        train_sampling_strategy="sequential",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=arguments.device == "cpu",
        seed=0,
    )


def encoded(row: EncodedExample) -> dict[str, list[int]]:
    """Return a row as TRL takes tokenized ones."""
    prompt, answer = len(row.prompt_ids), len(row.completion_ids)
    return {"input_ids": [*row.prompt_ids, *row.completion_ids], "completion_mask": [0] * prompt + [1] * answer}


def blank_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer that only says which token pads: the rows are tokens already."""
    from tokenizers import Tokenizer, models

    raw = Tokenizer(models.WordLevel({"<unk>": 0, "<s>": 1, "</s>": 2}, "<unk>"))
    named = {"unk_token": "<unk>", "eos_token": "</s>", "pad_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=raw, **named)
