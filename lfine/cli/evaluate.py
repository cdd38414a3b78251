"""`lfine evaluate TASK…`: score the latest run of a task, another run, the base model, a remote one, given predictions.

*Not here:* evaluating (lfine.evaluating).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_format, add_model, add_runs_dir, add_set, add_skip_bad_rows, positive
from lfine.cli.remote import add_endpoint, endpoint_of, use_lines
from lfine.cli.several import Done, Words, add_tasks, each_task, selected
from lfine.evaluation.reports.numbers import duration

SHOWN = 5
"""Labels that are listed."""

if TYPE_CHECKING:
    from lfine.evaluating import Evaluated
    from lfine.evaluation.records import MetricScore, Scores
    from lfine.finetune.models.keeping import Loader

WORDS = Words(plural="evaluations", nothing="no task was evaluated", done="evaluated")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_tasks(parser)
    add_model(parser, verb="score", predictions=True)
    parser.add_argument("--limit", type=positive, metavar="N", help="score the first N rows of the held-out sample")
    parser.add_argument(
        "--allow-overlap", action="store_true", help="score rows too whose input the adapter was trained on"
    )
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="run code that a model wrote even where this system has no cage that holds (docs/explanation/cage.md)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="leave models as they are that were scored before with the same plan, evaluation and rows",
    )
    add_skip_bad_rows(parser)
    add_allow_code(parser)
    add_set(parser)
    add_runs_dir(parser)
    add_format(parser)
    add_endpoint(parser)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate each task; one that fails does not end the others."""
    from lfine.cli.quiet import quiet_libraries
    from lfine.evaluating import EvaluateOptions, evaluate_task
    from lfine.extras import require_training

    load: Loader | None = None
    selection = selected(arguments)
    endpoint = endpoint_of(arguments)
    if arguments.predictions is None and endpoint is None:
        require_training()
        quiet_libraries()
        load = _kept() if selection.many else None
    options = EvaluateOptions(
        overrides=arguments.set,
        runs_dir=arguments.runs_dir,
        run=arguments.run,
        adapter=arguments.adapter,
        base=arguments.base,
        predictions=arguments.predictions,
        endpoint=endpoint,
        limit=arguments.limit,
        allow_code=arguments.allow_code,
        unsafe=arguments.unsafe,
        allow_overlap=arguments.allow_overlap,
        rest=arguments.resume,
        skip_bad_rows=arguments.skip_bad_rows,
        command=arguments.command_line,
    )

    places: list[Path] = []

    def one(task: Path) -> Done:
        evaluated = evaluate_task(task, options, load=load)
        places.append(evaluated.folder.parent)
        return Done(evaluated.outcome.record(), summary(evaluated), line(evaluated), evaluated.before)

    def board() -> tuple[str, dict[str, object]]:
        from lfine.boards import beside, board_of, write_board  # numpy: not for the parser
        from lfine.evaluation.reports.board_text import board_text
        from lfine.runs import runs_folder

        out = runs_folder(arguments.runs_dir)
        found = board_of(dict.fromkeys(each for place in places for each in beside(place)), out)
        written = write_board(found, out)
        text = f"{board_text(found.leaderboard)}\nleaderboard: {written.html}"
        return text, {"leaderboard": {**written.record(), **found.leaderboard.record()}}

    return each_task(arguments, selection, one, words=WORDS, board=board)


def _kept() -> Loader:
    """Return what loads a base model once for all tasks that need the same."""
    from lfine.compiling import say
    from lfine.finetune.models.keeping import KeptBase  # torch: not for somebody else's predictions

    return KeptBase(say)


def line(evaluated: Evaluated) -> str:
    """Return one line for people, where there are several tasks."""
    scores = evaluated.scores
    main = scores.metrics[scores.headline]
    said = f"{scores.model} {scores.headline} {main.value:.4f} ({main.low:.4f}–{main.high:.4f}) on {scores.n} rows"
    return f"scored before, {said}" if evaluated.before else f"{said} in {duration(scores.seconds)}"


def summary(evaluated: Evaluated) -> str:
    """Return the lines for people: one for each metric, the baselines, the report."""
    from lfine.evaluation.scoring import left_out

    scores = evaluated.scores
    head = f"{scores.task}: {scores.model} on {scores.n} {scores.split} rows"
    if scores.unscored:
        head += f", {scores.unscored} without a judgeable answer (counted as wrong)"
    counts = scores.unjudged.items()
    unread = [f"  {name} cannot read {count} of the answers (counted as wrong)" for name, count in counts]
    beside = [_line(f"{each.model} ({each.headline})", each.metrics[each.headline]) for each in evaluated.beside]
    took = [] if scores.endpoint is None else use_lines(scores.endpoint)
    lines = [
        head,
        *_metric_lines(scores),
        *_no_label(scores),
        *unread,
        *left_out(scores),
        *beside,
        *took,
        f"report: {evaluated.report}",
    ]
    return "\n".join(lines)


def _no_label(scores: Scores) -> list[str]:
    """Return the line that says that answers came, and not one of them is a label: most likely another task's."""
    coded = scores.coded
    if coded is None or not scores.scored or any(answer < len(coded.labels) for answer in coded.answers):
        return []
    shown = ", ".join(map(repr, coded.labels[:SHOWN])) + (", …" if len(coded.labels) > SHOWN else "")
    return [f"  none of the {scores.scored} answers is one of the labels ({shown}): are they this task's?"]


def _metric_lines(scores: Scores) -> list[str]:
    rows = [_line(name, each) for name, each in scores.metrics.items()]
    main = scores.metrics[scores.headline]
    return [f"{rows[0]}  ({scores.settings.confidence:.0%} interval, ±{(main.high - main.low) / 2:.4f})", *rows[1:]]


def _line(name: str, each: MetricScore) -> str:
    return f"  {name:<24} {each.value:.4f}  {each.low:.4f}–{each.high:.4f}"
