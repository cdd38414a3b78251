"""`lfine data convert IN OUT`: rows in another file format or form; of a task its prompts and answers.

*Not here:* converting (lfine.data_converting).
"""

from __future__ import annotations

import argparse
import sys

from lfine.cli.options import add_format, add_set, add_sheet, add_skip_bad_rows, print_json

FORMS = ("messages", "sharegpt", "alpaca", "prompt_completion", "table")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN", help="data file, folder or pattern of data files, or task file")
    parser.add_argument(
        "out", metavar="OUT", help="new data file; its suffix says the format, {split} in it: a file for each split"
    )
    parser.add_argument("--to", choices=FORMS, help="form of the new rows (not given: rows as they stand)")
    add_sheet(parser)
    parser.add_argument("--prompt-column", metavar="NAME", help="of a table: the questions (with --to table: new name)")
    parser.add_argument("--answer-column", metavar="NAME", help="of a table: the answers (with --to table: new name)")
    parser.add_argument("--system-column", metavar="NAME", help="of a table: the system texts, where it has some")
    parser.add_argument("--system", metavar="TEXT", help="a system text for rows without one")
    parser.add_argument("--only", action="store_true", help="leave out all columns but those of the form")
    parser.add_argument(
        "--parse",
        action="append",
        default=[],
        metavar="COLUMN",
        help="read the texts of this column as JSON (lists, numbers, true); may be repeated",
    )
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    add_skip_bad_rows(parser)
    add_set(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Convert, and print what was written and what is not as it stood."""
    from lfine.data_converting import Asked, convert, summary
    from lfine.finetune.data.convert.records import Names

    asked = Asked(
        to=arguments.to,
        names=Names(arguments.prompt_column, arguments.answer_column, arguments.system_column),
        system=arguments.system,
        sheet=arguments.sheet,
        parse=tuple(arguments.parse),
        only=arguments.only,
        skip_bad_rows=arguments.skip_bad_rows,
    )
    made = convert(arguments.source, arguments.out, asked, overrides=arguments.set, force=arguments.force)
    for warning in made.warnings:
        print(warning.text(), file=sys.stderr)
    if arguments.format == "json":
        print_json(made.record())
    else:
        print(summary(made))
    return 0
