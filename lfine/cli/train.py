"""`lfine train TASK…`: train adapters, each in a new run folder.

*Not here:* training (lfine.training).
"""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_runs_dir, add_set, nothing_done, print_json
from lfine.schemas.errors import LfineError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.training import TrainOutcome

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
    outcomes: list[dict[str, object]] = []
    problems: list[Problem] = []
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
            print(summary(outcome, task, arguments.runs_dir))
    if problems and not outcomes:
        raise nothing_done(problems, "no task was trained", arguments.format)
    if arguments.format == "json":
        document = outcomes[0] if len(arguments.tasks) == 1 else {"runs": outcomes}
        print_json(document | {"problems": [each.record() for each in problems]} if problems else document)
    return SOME_FAILED if problems else 0


def summary(outcome: TrainOutcome, task: str, runs_dir: str | None) -> str:
    """Return the lines for people: what was done, where it lies, what to do next."""
    loss = "" if outcome.final_loss is None else f", last loss {outcome.final_loss:.3f}"
    where = [] if runs_dir is None else ["--runs-dir", runs_dir]
    return (
        f"{outcome.task}: {outcome.steps} updates in {outcome.seconds:.0f} s{loss}\n"
        f"run: {outcome.run_dir}\n"
        f"next: {shlex.join(['lfine', 'evaluate', task, *where])}"
    )
