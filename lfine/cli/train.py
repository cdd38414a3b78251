"""`lfine train TASK…`: train adapters, each in a new run folder.

*Not here:* training (lfine.training).
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_format, add_runs_dir, add_set, add_skip_bad_rows
from lfine.cli.several import Done, Words, add_tasks, each_task, selected
from lfine.evaluation.reports.numbers import duration
from lfine.finetune.data.wording import counted

if TYPE_CHECKING:
    from lfine.training import TrainOutcome

WORDS = Words(plural="runs", nothing="no task was trained", done="trained")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_tasks(parser)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the task's newest unfinished run; of several tasks do what is left",
    )
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
    selection = selected(arguments)
    from lfine.compiling import say
    from lfine.finetune.models.keeping import KeptBase
    from lfine.finetune.models.loading import load_base
    from lfine.finetune.train.launch import joined
    from lfine.training import TrainOptions, train_task

    with joined() as processes:
        options = TrainOptions(
            overrides=arguments.set,
            runs_dir=arguments.runs_dir,
            resume=arguments.resume and not selection.many,
            rest=arguments.resume and selection.many,
            command=arguments.command_line,
            allow_code=arguments.allow_code,
            skip_bad_rows=arguments.skip_bad_rows,
            curve=arguments.curve,
            processes=processes,
        )

        load = KeptBase(say) if selection.many else load_base

        def one(task: Path) -> Done:
            outcome = train_task(task, options, load=load)
            text = summary(outcome, str(task), arguments)
            return Done(outcome.record(), text, line(outcome), outcome.before)

        return each_task(arguments, selection, one, words=WORDS)


def line(outcome: TrainOutcome) -> str:
    """Return one line for people, where there are several tasks."""
    losses = [("last loss", outcome.final_loss), ("validation loss", outcome.best_validation_loss)]
    said = "".join(f", {name} {value:.3f}" for name, value in losses if value is not None)
    updates = f"{outcome.steps} updates in {duration(outcome.seconds)}{said}; {outcome.run_dir}"
    return f"finished before, {updates}" if outcome.before else updates


def summary(outcome: TrainOutcome, task: str, arguments: argparse.Namespace) -> str:
    """Return the lines for people: what was done, where it lies, what to do next."""
    runs_dir: str | None = arguments.runs_dir
    loss = "" if outcome.final_loss is None else f", last loss {outcome.final_loss:.3f}"
    where = [] if runs_dir is None else ["--runs-dir", runs_dir]
    named = [each for each in arguments.set if each.partition("=")[0].strip() == "name"]  # another name: another run
    where += [word for each in named[-1:] for word in ("--set", each)]
    return (
        f"{outcome.task}: {counted(outcome.steps, 'update')} in {outcome.seconds:.0f} s{loss}\n"
        f"run: {outcome.run_dir}\n"
        f"next: {shlex.join(['lfine', 'evaluate', task, *where])}"
    )
