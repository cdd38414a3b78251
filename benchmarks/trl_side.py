"""TRL's side of train_speed.py: SFTTrainer on the rows of a JSON file, in their order, one loss a line.

    python -m benchmarks.trl_side rows.json --updates 2 --attention sdpa --autocast --losses losses.json

The rows come tokenized, with completion masks, so the trainer has nothing to prepare but its batches; the adapter's
first values are those of lfine, so that the losses of both sides can be compared update by update. The learning rate
is constant, AdamW without weight decay, the gradient's norm at most that of the plan.

*Not here:* measuring time: the process is timed from outside (train_speed.py).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

from lfine.finetune.compile.files import read_plan
from lfine.finetune.models.adapters import add_adapter


def trainer_of(given: dict[str, Any], arguments: argparse.Namespace, folder: str) -> SFTTrainer:
    """Return the trainer: model, adapter and rows as they stand in `given`."""
    plan = read_plan(Path(given["plan"])).training
    if plan.adapter is None:
        raise SystemExit("the comparison is of adapters")
    wide = plan.model.dtype == "float32"
    model = AutoModelForCausalLM.from_pretrained(
        given["model"],
        dtype=torch.float32 if wide or arguments.autocast else torch.bfloat16,
        attn_implementation=arguments.attention,
    )
    model.requires_grad_(requires_grad=False)
    adapted = add_adapter(model, plan.adapter, seed=plan.seed)
    rows = given["rows"][: arguments.updates * plan.batch_size]
    settings = SFTConfig(
        output_dir=folder,
        per_device_train_batch_size=plan.batch_size,
        max_steps=arguments.updates,
        learning_rate=plan.learning_rate,
        lr_scheduler_type="constant",
        max_grad_norm=plan.max_grad_norm or 0.0,
        weight_decay=0.0,
        adam_beta2=plan.optimizer.betas[1],
        bf16=arguments.autocast and not wide,
        gradient_checkpointing=False,
        completion_only_loss=True,
        packing=False,
        max_length=None,
        train_sampling_strategy="sequential",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        seed=plan.seed,
        dataloader_drop_last=False,
    )
    return SFTTrainer(
        model=adapted,
        args=settings,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(given["model"]),
    )


def main() -> None:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--updates", type=int, required=True)
    parser.add_argument("--attention", choices=("eager", "sdpa"), required=True)
    parser.add_argument("--autocast", action="store_true", help="float32 weights under bfloat16 autocast")
    parser.add_argument("--losses", type=Path, required=True)
    arguments = parser.parse_args()
    given = json.loads(arguments.rows.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(given, arguments, folder)
        trainer.train()
        losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    arguments.losses.write_text(json.dumps(losses), encoding="utf-8")


if __name__ == "__main__":
    main()
