"""`lfine evaluate TASK…`: score the latest run of a task, another run, the base model or given predictions.

*Not here:* evaluating (lfine.evaluating).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_runs_dir, add_set, nothing_done, positive, print_json
from lfine.schemas.errors import LfineError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.evaluating import Evaluated
    from lfine.evaluation.records import MetricScore, Scores

SOME_FAILED = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="task file")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--run", metavar="DIR", help="a run folder (default: the latest finished run of the task)")
    which.add_argument("--adapter", metavar="DIR", help="an adapter in peft's format, from anywhere")
    which.add_argument("--predictions", metavar="FILE", help="score answers in a JSONL or CSV file; needs no torch")
    parser.add_argument("--base", action="store_true", help="score the base model, without an adapter")
    parser.add_argument("--limit", type=positive, metavar="N", help="score the first N rows of the held-out sample")
    add_set(parser)
    add_runs_dir(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate each task; one that fails does not end the others."""
    from lfine.cli.quiet import quiet_libraries
    from lfine.evaluating import EvaluateOptions, evaluate_task
    from lfine.extras import require_training

    if arguments.predictions is None:
        require_training()
        quiet_libraries()
    options = EvaluateOptions(
        overrides=arguments.set,
        runs_dir=arguments.runs_dir,
        run=arguments.run,
        adapter=arguments.adapter,
        base=arguments.base,
        predictions=arguments.predictions,
        limit=arguments.limit,
        command=arguments.command_line,
    )
    outcomes: list[dict[str, object]] = []
    problems: list[Problem] = []
    for task in arguments.tasks:
        try:
            evaluated = evaluate_task(Path(task), options)
        except LfineError as error:
            if len(arguments.tasks) == 1:
                raise
            print(error, file=sys.stderr)
            problems += error.problems
            continue
        outcomes.append(evaluated.outcome.record())
        if arguments.format == "text":
            print(summary(evaluated))
    if problems and not outcomes:
        raise nothing_done(problems, "no task was evaluated", arguments.format)
    if arguments.format == "json":
        document = outcomes[0] if len(arguments.tasks) == 1 else {"evaluations": outcomes}
        print_json(document | {"problems": [each.record() for each in problems]} if problems else document)
    return SOME_FAILED if problems else 0


def summary(evaluated: Evaluated) -> str:
    """Return the lines for people: one for each metric, the baselines, the report."""
    scores = evaluated.scores
    head = f"{scores.task}: {scores.model} on {scores.n} {scores.split} rows"
    if scores.unscored:
        head += f", {scores.unscored} without a judgeable answer (counted as wrong)"
    beside = [_line(f"{each.model} ({each.headline})", each.metrics[each.headline]) for each in evaluated.beside]
    return "\n".join([head, *_metric_lines(scores), *beside, f"report: {evaluated.report}"])


def _metric_lines(scores: Scores) -> list[str]:
    rows = [_line(name, each) for name, each in scores.metrics.items()]
    return [f"{rows[0]}  ({scores.settings.confidence:.0%} interval)", *rows[1:]]


def _line(name: str, each: MetricScore) -> str:
    return f"  {name:<24} {each.value:.4f}  {each.low:.4f}–{each.high:.4f}"
