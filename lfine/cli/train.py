"""`lfine train TASK…`: train adapters, each in a new run folder.

*Not here:* training (lfine.training).
"""

from __future__ import annotations

import argparse
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_format, add_runs_dir, add_set, add_skip_bad_rows
from lfine.cli.several import Done, each_task

if TYPE_CHECKING:
    from lfine.training import TrainOutcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="task file")
    parser.add_argument("--resume", action="store_true", help="go on with the task's newest unfinished run")
    parser.add_argument("--curve", action="store_true", help="draw the loss curve in the terminal while training")
    add_skip_bad_rows(parser)
    add_allow_code(parser)
    add_set(parser)
    add_runs_dir(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train each task; one that fails does not end the others (exit code 4, or its own when it is the only one)."""
    from lfine.cli.quiet import quiet_libraries
    from lfine.extras import require_training

    require_training()
    quiet_libraries()
    from lfine.compiling import say
    from lfine.finetune.models.keeping import KeptBase
    from lfine.finetune.models.loading import load_base
    from lfine.finetune.train.launch import joined
    from lfine.training import TrainOptions, train_task

    with joined() as processes:
        options = TrainOptions(
            overrides=arguments.set,
            runs_dir=arguments.runs_dir,
            resume=arguments.resume,
            command=arguments.command_line,
            allow_code=arguments.allow_code,
            skip_bad_rows=arguments.skip_bad_rows,
            curve=arguments.curve,
            processes=processes,
        )

        load = KeptBase(say) if len(arguments.tasks) > 1 else load_base

        def one(task: str) -> Done:
            outcome = train_task(Path(task), options, load=load)
            return asdict(outcome), summary(outcome, task, arguments.runs_dir)

        return each_task(arguments, one, plural="runs", nothing="no task was trained")


def summary(outcome: TrainOutcome, task: str, runs_dir: str | None) -> str:
    """Return the lines for people: what was done, where it lies, what to do next."""
    loss = "" if outcome.final_loss is None else f", last loss {outcome.final_loss:.3f}"
    where = [] if runs_dir is None else ["--runs-dir", runs_dir]
    return (
        f"{outcome.task}: {outcome.steps} updates in {outcome.seconds:.0f} s{loss}\n"
        f"run: {outcome.run_dir}\n"
        f"next: {shlex.join(['lfine', 'evaluate', task, *where])}"
    )
