"""`lfine train TASK…`: train adapters, each in a new run folder.

*Not here:* training (lfine.training).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from lfine.cli.options import add_format, add_runs_dir, add_set, print_json
from lfine.schemas.errors import LfineError, TaskError
from lfine.schemas.problems import Problem

SOME_FAILED = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="task file")
    parser.add_argument("--resume", action="store_true", help="go on with the task's newest unfinished run")
    add_set(parser)
    add_runs_dir(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train each task; one that fails does not end the others (exit code 4, or its own when it is the only one)."""
    from lfine.cli.quiet import quiet_libraries
    from lfine.extras import require_training

    require_training()
    quiet_libraries()
    from lfine.training import TrainOptions, train_task

    options = TrainOptions(arguments.set, arguments.runs_dir, arguments.resume, arguments.command_line)
    outcomes, problems = [], []
    for task in arguments.tasks:
        try:
            outcome = train_task(Path(task), options)
        except LfineError as error:
            if len(arguments.tasks) == 1:
                raise
            print(error, file=sys.stderr)
            problems += error.problems
            continue
        outcomes.append(asdict(outcome))
        if arguments.format == "text":
            loss = "" if outcome.final_loss is None else f", last loss {outcome.final_loss:.3f}"
            print(f"{outcome.task}: {outcome.steps} updates in {outcome.seconds:.0f} s{loss}")
            print(f"adapter: {outcome.run_dir}\nnext: lfine evaluate {task}")
    if arguments.format == "json":
        document = outcomes[0] if len(arguments.tasks) == 1 else {"runs": outcomes}
        print_json(document | {"problems": [each.record() for each in problems]} if problems else document)
    if problems and not outcomes:
        raise TaskError(Problem("LF116", "no task was trained", "see the problems above"))
    return SOME_FAILED if problems else 0
