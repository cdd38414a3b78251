"""`lfine compile TASK`: print the plan; `--explain` says where each value came from and why.

*Not here:* compiling (lfine.compiling).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_set, print_json

if TYPE_CHECKING:
    from lfine.finetune.compile.plan import Decision, Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="task file")
    parser.add_argument("--explain", action="store_true", help="each value, where it came from and why")
    parser.add_argument("--out", metavar="FILE", help="write the plan as JSON to this file too")
    add_set(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile one task and print its plan."""
    from lfine.extras import require_compiling

    require_compiling()
    from lfine.compiling import compile_file
    from lfine.finetune.compile.files import plan_record, write_plan

    plan = compile_file(Path(arguments.task), arguments.set).plan
    if arguments.out:
        write_plan(plan, Path(arguments.out))
    if arguments.format == "json":
        print_json(plan_record(plan))
    else:
        print(explained(plan.decisions) if arguments.explain else summary(plan))
    return 0


def explained(decisions: tuple[Decision, ...]) -> str:
    """Return a table: key, value, origin, reason."""
    rows = [(each.path, json.dumps(each.value, ensure_ascii=False), each.origin, each.reason) for each in decisions]
    wide = [max(len(row[at]) for row in rows) for at in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(wide[at]) if at < 3 else cell for at, cell in enumerate(row)).rstrip() for row in rows
    )


def summary(plan: Plan) -> str:
    """Return the plan in a dozen lines."""
    training, evaluation = plan.training, plan.evaluation
    model, length, adapter = training.model, training.length, training.adapter
    scheme = model.quantization
    size = "" if model.parameters is None else f"{model.parameters / 1e6:.0f}M parameters, "
    stored = model.dtype if scheme is None else f"{scheme.bits}-bit, computed in {model.dtype}"
    adapted = (
        "all weights"
        if adapter is None
        else f"LoRA rank {adapter.r}, alpha {adapter.alpha}, on {_names(adapter.target_modules)}"
    )
    data, machine = training.data, training.machine
    split = f"{data.train_rows} train, {data.validation_rows} validation, {data.test_rows} test rows"
    lengths = f"p50 {length.p50}, p95 {length.p95}, p99 {length.p99}, longest {length.longest} tokens"
    cut = f"limit {length.max_sequence_length}: {length.cut} cut, {length.left_out} left out"
    updates = f"{training.steps} of {training.batch_size} examples ({training.train_examples} in all)"
    shared = f", {length.shared_prefix} tokens computed once" if machine.layout == "shared_prefix" else ""
    lines = [
        f"task      {plan.task.name}",
        f"model     {model.name} ({model.family}, {size}{stored})",
        f"trains    {adapted}",
        f"data      {split}; output {data.output_type}",
        f"lengths   {lengths}; {cut}",
        f"updates   {updates}, {machine.micro_batch_size} at once, {training.warmup_steps} to warm up",
        f"rate      {training.learning_rate:g}, {training.decay}",
        f"machine   {machine.device}, {machine.layout} layout{shared}",
        f"scored    {', '.join(evaluation.metrics)} on {evaluation.rows} {evaluation.split} rows",
        f"hashes    plan {plan.plan_hash}, evaluation {plan.evaluation_hash}",
    ]
    return "\n".join(lines)


def _names(modules: tuple[str, ...] | str) -> str:
    return modules if isinstance(modules, str) else ", ".join(modules)
