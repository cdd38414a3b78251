"""`lfine compile TASK`: print the plan; `--explain` says where each value came from and why.

*Not here:* compiling (lfine.compiling).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_format, add_set, add_skip_bad_rows, print_json
from lfine.cli.written import print_difference, print_target
from lfine.finetune.compile.evaluation_cost import said
from lfine.finetune.targets.registry import names

if TYPE_CHECKING:
    from lfine.finetune.compile.plan import Decision, Estimate, EvaluationCost, EvaluationPlan, Plan


WIDEST = 48
"""Characters of a cell that the columns after it wait for; a longer one pushes its own line only."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="task file")
    parser.add_argument("--gpu", metavar="NAME", help="plan for this GPU, for instance A40 or A100-40GB")
    parser.add_argument("--explain", action="store_true", help="each value, where it came from and why")
    parser.add_argument("--diff", metavar="OTHER", help="what differs in meaning from another task file, run or plan")
    parser.add_argument("--target", choices=names(), help="write what another system reads, and say what is lost")
    parser.add_argument(
        "--out", metavar="PATH", help="write the plan as JSON to this file too; --target: to this folder"
    )
    add_skip_bad_rows(parser)
    add_allow_code(parser)
    add_set(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile one task and print its plan."""
    from lfine.extras import require_compiling

    require_compiling()
    from lfine.compiling import compile_file
    from lfine.finetune.compile.files import plan_record, write_plan
    from lfine.finetune.compile.machine import machine_with

    machine = None if arguments.gpu is None else machine_with(arguments.gpu)
    compiled = compile_file(
        Path(arguments.task),
        arguments.set,
        machine=machine,
        allow_code=arguments.allow_code,
        skip_bad_rows=arguments.skip_bad_rows,
    )
    if arguments.diff:
        return print_difference(arguments, compiled.plan)
    if arguments.target:
        return print_target(arguments, compiled)
    plan = compiled.plan
    if arguments.out:
        write_plan(plan, Path(arguments.out))
    if arguments.format == "json":
        print_json(plan_record(plan))
    else:
        print(f"{explained(plan.decisions)}\n\n{taken(plan.estimate)}" if arguments.explain else summary(plan))
    return 0


def explained(decisions: tuple[Decision, ...]) -> str:
    """Return a table: key, value, origin, reason."""
    rows = [(each.path, _written(each.value), each.origin, each.reason) for each in decisions]
    wide = [max(min(len(row[at]), WIDEST) for row in rows) for at in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(wide[at]) if at < 3 else cell for at, cell in enumerate(row)).rstrip() for row in rows
    )


def _written(value: object) -> str:
    """Return a value as JSON, without the keys that nobody set: a metric is its name."""
    return json.dumps(_set_keys(value), ensure_ascii=False)


def _set_keys(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_set_keys(each) for each in value]
    if isinstance(value, dict) and "name" in value:
        given = {key: each for key, each in value.items() if each is not None}
        return given["name"] if list(given) == ["name"] else given
    return value


def taken(estimate: Estimate) -> str:
    """Return what the run will take: memory part by part, time and money."""
    rows = [(part.name, gigabytes(part.bytes), part.reason) for part in estimate.memory]
    rows += [("in all", gigabytes(sum(part.bytes for part in estimate.memory)), "at the peak of training")]
    rows += [("room", gigabytes(estimate.available), f"up to {estimate.largest_micro_batch} examples at once fit")]
    rows += [("answers", gigabytes(estimate.keys_and_values), "keys and values while answering, in place of the above")]
    rows += [("time", _time(estimate.seconds), estimate.speed)]
    rows += [("evaluations", _time(estimate.evaluating.seconds), _evaluated(estimate.evaluating))]
    rows += [("cost", _usd(estimate), "by the prices under `cost`")] if estimate.usd is not None else []
    names, values = (max(len(row[at]) for row in rows) for at in (0, 1))
    head = (
        f"estimate of the run: {estimate.trainable_parameters:,} trained numbers, {estimate.computed_tokens:,} tokens"
    )
    return "\n".join([head, *(f"  {row[0].ljust(names)}  {row[1].rjust(values)}  {row[2]}" for row in rows)])


def gigabytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "not known"
    minutes = seconds / 60
    return f"{minutes / 60:.1f} h" if minutes >= 90 else f"{minutes:.0f} min" if minutes >= 1 else "under a minute"


def _evaluated(cost: EvaluationCost) -> str:
    """Return what is evaluated on the way, and its share of the updates' arithmetic."""
    if not cost.evaluations:
        return said(cost)
    slower = "; a GPU takes longer to write answers token by token" if cost.answered_rows else ""
    return f"{said(cost)}; about {cost.share:.0%} of the updates' arithmetic, at their speed{slower}"


def _usd(estimate: Estimate) -> str:
    return f"${estimate.usd:.2f}"


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
    guess = plan.estimate
    memory = sum(part.bytes for part in guess.memory)
    cost = f", {_usd(guess)}" if guess.usd is not None else ""
    lines = [
        f"task      {plan.task.name}",
        f"model     {model.name} ({model.family}, {size}{stored})",
        f"trains    {adapted}",
        f"data      {split}; output {data.output_type}",
        f"lengths   {lengths}; {cut}",
        f"updates   {updates}, {machine.micro_batch_size} at once, {training.warmup_steps} to warm up",
        f"rate      {training.learning_rate:g}, {training.decay}",
        f"machine   {machine.device}, {machine.layout} layout{shared}",
        f"memory    about {gigabytes(memory)}, of {guess.trainable_parameters:,} trained numbers and what they need",
        f"time      {_time(guess.seconds)}{cost} ({guess.speed})",
        f"watched   {said(guess.evaluating)} (about {guess.evaluating.share:.0%} of the updates' arithmetic)",
        f"scored    {', '.join(each.name for each in evaluation.metrics)} on {_scored_rows(evaluation)}",
        f"hashes    plan {plan.plan_hash}, evaluation {plan.evaluation_hash}",
    ]
    return "\n".join(lines)


def _scored_rows(evaluation: EvaluationPlan) -> str:
    """Say how many rows are scored, and whether more would be if there were more."""
    said = f"{evaluation.rows:,} {evaluation.split} rows"
    fewer = evaluation.rows < evaluation.sample_size
    return f"all {said} (a sample is {evaluation.sample_size:,})" if fewer else said


def _names(modules: tuple[str, ...] | str) -> str:
    return modules if isinstance(modules, str) else ", ".join(modules)
