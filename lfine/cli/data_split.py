"""`lfine data split IN OUT`: rows with a column `split`, and a manifest; `--check OUT` holds a file against its own.

*Not here:* dividing and checking (lfine.dividing).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_sheet, add_skip_bad_rows, print_json

if TYPE_CHECKING:
    from lfine.dividing import Divided

WAYS = ("hash", "random", "stratify", "group", "datetime")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN", nargs="?", help="data file, folder or pattern of data files")
    parser.add_argument("out", metavar="OUT", nargs="?", help="new data file; its suffix says the format")
    parser.add_argument(
        "--by", choices=WAYS, default="hash", help="how rows are divided (default: hash of their content)"
    )
    parser.add_argument("--column", metavar="NAME", help="stratify, group, datetime: the column to go by")
    parser.add_argument(
        "--probabilities",
        type=shares,
        default=(0.8, 0.1, 0.1),
        metavar="A,B,C",
        help="shares of train, validation and test (default 0.8,0.1,0.1)",
    )
    parser.add_argument("--seed", type=int, default=42, metavar="N", help="another seed divides otherwise (default 42)")
    add_sheet(parser)
    parser.add_argument("--force", action="store_true", help="replace a column `split`, and a file that exists")
    parser.add_argument(
        "--check", metavar="FILE", help="hold a divided file against its manifest; exit 1 if its rows changed"
    )
    add_skip_bad_rows(parser)
    add_format(parser)


def shares(text: str) -> tuple[float, ...]:
    """Read three numbers; whether they add up is the library's affair."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be numbers with commas between them, got {text!r}") from error


def run(arguments: argparse.Namespace) -> int:
    """Divide a file, or check a divided one."""
    from lfine.schemas.errors import UsageError
    from lfine.schemas.problems import Problem

    if arguments.check is not None:
        if arguments.source is not None:
            message = f"--check looks at one file, and {arguments.source!r} is given too"
            raise UsageError(Problem("LF115", message, f"lfine data split --check {arguments.check}"))
        return _check(arguments)
    if arguments.source is None or arguments.out is None:
        message = "dividing needs two files, the one to read and the one to write"
        raise UsageError(Problem("LF115", message, "lfine data split IN OUT"))
    return _divide(arguments)


def _divide(arguments: argparse.Namespace) -> int:
    from lfine.dividing import Asked, divide_file

    asked = Asked(
        by=arguments.by,
        column=arguments.column,
        probabilities=arguments.probabilities,
        seed=arguments.seed,
        sheet=arguments.sheet,
        skip_bad_rows=arguments.skip_bad_rows,
    )
    made = divide_file(arguments.source, Path(arguments.out), asked, force=arguments.force)
    for warning in made.warnings:
        print(warning.text(), file=sys.stderr)
    if arguments.format == "json":
        print_json(made.record())
    else:
        print(_summary(made))
    return 0


def _summary(made: Divided) -> str:
    from lfine.finetune.data.manifest import manifest_path
    from lfine.finetune.data.wording import counted
    from lfine.finetune.data.writing.rewritten import in_words

    manifest = made.manifest
    counts = ", ".join(f"{name} {each.rows}" for name, each in manifest.splits.items())
    return "\n".join(
        [
            f"wrote {made.out}: {counted(manifest.rows, 'row')}: {counts}",
            f"{made.reason}",
            f"manifest {manifest_path(made.out)}",
            f"held out for scores: {counted(manifest.held_out.rows, 'row')} of test",
            *(f"note: {line}" for line in in_words(made.rewritten)),
            f"next: lfine data check {made.out}",
            f"in a task: dataset: {{path: {made.out}}} (the column `split` is found)",
        ]
    )


def _check(arguments: argparse.Namespace) -> int:
    from lfine.dividing import check_file
    from lfine.schemas.errors import TaskError
    from lfine.schemas.problems import Problem

    path = Path(arguments.check)
    manifest, found = check_file(path)
    cure = "restore the file, or divide the rows anew: scores on other held-out rows cannot be compared"
    problems = [Problem("LF339", each.what, cure, file=str(path)) for each in found if not each.harmless]
    if problems:
        raise TaskError(*problems)
    if arguments.format == "json":
        print_json({"file": str(path), "rows": manifest.rows, "differences": [each.what for each in found]})
        return 0
    for each in found:
        print(f"note: {each.what}; what is held out is the same", file=sys.stderr)
    print(f"{path} is as its manifest says: {manifest.rows} rows, divided by {manifest.by}")
    return 0
