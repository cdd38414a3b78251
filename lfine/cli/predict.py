"""`lfine predict TASK --input FILE`: answers for new rows, one line of JSON for each, as they come; or a table.

*Not here:* predicting (lfine.predicting).
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_model, add_runs_dir, add_set, add_sheet, add_skip_bad_rows
from lfine.cli.remote import add_endpoint, endpoint_of, use_lines
from lfine.cli.several import SOME_FAILED
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.predicting import Predicted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="task file")
    parser.add_argument(
        "--input", required=True, metavar="FILE", help="new rows, in any data format; - for JSON lines on stdin"
    )
    add_sheet(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write here, not to stdout; what is answered there already is not asked again; "
        ".csv, .tsv, .xlsx or .parquet: the input with a column of answers, and the lines beside it",
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="COLUMN",
        help="hand this column of the input through to the answer (* for all); may be repeated",
    )
    add_model(parser, verb="ask")
    add_skip_bad_rows(parser)
    add_allow_code(parser)
    add_set(parser)
    add_runs_dir(parser)
    add_endpoint(parser)


def run(arguments: argparse.Namespace) -> int:
    """Answer the rows; 4 when some of them have no answer."""
    from lfine.cli.quiet import quiet_libraries
    from lfine.extras import require_training
    from lfine.predicting import PredictOptions, predict_task

    _check_out(arguments)
    endpoint = endpoint_of(arguments)
    if endpoint is None:
        require_training()
        quiet_libraries()
    options = PredictOptions(
        input=arguments.input,
        sheet=arguments.sheet,
        out=arguments.out,
        keep=tuple(arguments.keep),
        overrides=arguments.set,
        runs_dir=arguments.runs_dir,
        run=arguments.run,
        adapter=arguments.adapter,
        base=arguments.base,
        endpoint=endpoint,
        allow_code=arguments.allow_code,
        skip_bad_rows=arguments.skip_bad_rows,
        command=arguments.command_line,
    )
    found = predict_task(Path(arguments.task), options, sys.stdout)
    print(summary(found, arguments.out), file=sys.stderr)
    return SOME_FAILED if found.failed else 0


def _check_out(arguments: argparse.Namespace) -> None:
    """Refuse a table of a stream: it has no end at which the rows could be written."""
    from lfine.answer_table import is_table, lines_beside

    if arguments.input == "-" and arguments.out is not None and is_table(arguments.out):
        lines = str(lines_beside(Path(arguments.out)))
        message = f"{arguments.out!r} is a table, which holds the rows of a file; of lines on stdin come lines"
        raise UsageError(Problem("LF115", message, f"--out {shlex.quote(lines)}, or --input FILE"))


def summary(found: Predicted, out: str | None = None) -> str:
    """Return the lines for people."""
    from lfine.answer_table import is_table, lines_beside

    head = f"{found.rows} rows: {found.answered} answered"
    head += f", {found.before} answered there before" if found.before else ""
    head += f", {found.failed} failed" if found.failed else ""
    head += "" if out is None else f"; in {out}"
    head += "" if out is None or not is_table(out) else f", each with its line in {lines_beside(Path(out))}"
    return "\n".join([head, *([] if found.use is None else use_lines(found.use))])
