"""Options that several commands share, so that they read and behave alike.

*Not here:* options of one command.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


def add_format(parser: argparse.ArgumentParser, choices: Sequence[str] = ("text", "json")) -> None:
    parser.add_argument("--format", choices=choices, default="text", help="json: exactly one JSON document on stdout")


def add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY.PATH=VALUE",
        help="override a key of the task file; checked like the file; may be repeated",
    )


def add_runs_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs-dir", metavar="DIR", help="where run folders lie (default: LFINE_RUNS, then runs/)")


def add_allow_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-code",
        action="store_true",
        help="let the Python code run that comes with the model or with a custom metric, where the task says so too",
    )


def add_skip_bad_rows(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--skip-bad-rows",
        type=positive,
        default=0,
        metavar="N",
        help="leave out up to N lines of CSV, TSV and JSONL data that are no rows, and say which",
    )


def add_sheet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sheet", type=_sheet, metavar="NAME", help="of a workbook: name or number (from 1) of the sheet"
    )


def _sheet(text: str) -> str | int:
    """Read a number from digits: workbooks count their sheets from 1."""
    return int(text) if text.isdecimal() else text


def add_model(parser: argparse.ArgumentParser, *, verb: str, predictions: bool = False) -> None:
    """Add what says whose answers are meant; `verb` is what the command does with them."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--run", metavar="DIR", help="a run folder (default: the latest finished run of the task)")
    which.add_argument("--adapter", metavar="DIR", help="an adapter in peft's format, from anywhere")
    if predictions:
        which.add_argument("--predictions", metavar="FILE", help="score answers in a JSONL or CSV file; needs no torch")
    parser.add_argument("--base", action="store_true", help=f"{verb} the base model, without an adapter")


def print_json(document: Any) -> None:
    """Write the one JSON document."""
    print(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return number


def nothing_done(problems: Sequence[Problem], message: str, form: str) -> TaskError:
    """Return the error of several tasks that all failed; their problems stand on stderr, and in the JSON document."""
    last = Problem("LF116", message, "mend the problems of each task: they stand above")
    return TaskError(*problems, last) if form == "json" else TaskError(last)
