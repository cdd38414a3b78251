"""`lfine data check FILE|TASK`: findings with counts, rows, examples and cures; as a page, and a cleaned copy.

*Not here:* checking (lfine.checking), the page (lfine.data_page), cleaning (lfine.cleaning).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_set, add_sheet, add_skip_bad_rows, print_json
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.checking import Asked
    from lfine.cleaning import Cleaned

FOUND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="data file, folder or pattern of data files, or task file")
    parser.add_argument("--validation", metavar="FILE", help="PATH holds training rows, this file those to validate on")
    parser.add_argument("--test", metavar="FILE", help="PATH holds training rows, this file those to score")
    parser.add_argument(
        "--input", action="append", default=[], metavar="COLUMN", help="a column of the prompt; may be repeated"
    )
    parser.add_argument("--output", metavar="COLUMN", help="the column to learn")
    parser.add_argument("--split", metavar="COLUMN", help="the column that says train, validation or test")
    add_sheet(parser)
    parser.add_argument(
        "--difference",
        type=float,
        default=5.0,
        metavar="POINTS",
        help="the difference, in points of 100, that the test set should show (default 5)",
    )
    parser.add_argument("--html", metavar="FILE", help="write the findings, with pictures, as a page too")
    parser.add_argument("--fix", metavar="OUT_FILE", help="write a cleaned copy, and OUT_FILE.changes.log beside it")
    repairs = "mojibake, control-characters, whitespace, labels, empty-answers or duplicates"
    parser.add_argument("--only", action="append", default=[], metavar="REPAIR", help=f"of --fix only this: {repairs}")
    parser.add_argument("--skip", action="append", default=[], metavar="REPAIR", help="of --fix all but this")
    parser.add_argument("--force", action="store_true", help="let --fix write over files that exist")
    parser.add_argument("--strict", action="store_true", help="exit 1 when there is a warning or an error")
    add_skip_bad_rows(parser)
    add_set(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the findings; with --strict exit 1 where one is a warning or an error."""
    from lfine.checking import Asked, report_text, subject_of
    from lfine.finetune.data.check.checking import check
    from lfine.finetune.data.check.fixing import MENDED

    asked = Asked(
        validation=arguments.validation,
        test=arguments.test,
        inputs=tuple(arguments.input),
        output=arguments.output,
        split=arguments.split,
        sheet=arguments.sheet,
        difference=arguments.difference / 100,
        skip_bad_rows=arguments.skip_bad_rows,
    )
    path = Path(arguments.path)
    if arguments.html is not None and Path(arguments.html).suffix.lower() not in (".html", ".htm"):
        message = f"the name of a page ends in .html, got {arguments.html!r}"  # a data file would be lost
        raise UsageError(Problem("LF115", message, "give it this suffix"))
    cleaned = _cleaned(arguments, path, asked)
    subject = subject_of(path, asked, overrides=arguments.set)
    report = check(subject)
    if arguments.html is not None:
        from lfine.data_page import page
        from lfine.evaluation.files import write_whole

        write_whole(Path(arguments.html), page(report, subject.rows))
        print(f"wrote {arguments.html}", file=sys.stderr)
    if arguments.format == "json":
        print_json({**report.record(), **({} if cleaned is None else {"fix": asdict(cleaned)})})
    else:
        print(report_text(report))
        mended = [each.name for each in report.findings if each.name in MENDED]
        if cleaned is None and mended:
            print(f"--fix OUT_FILE writes a copy that mends what is certain of: {', '.join(dict.fromkeys(mended))}")
        elif cleaned is not None:
            from lfine.cleaning import cleaned_text

            print(f"\n{cleaned_text(cleaned)}")
    return FOUND if arguments.strict and any(each.severity != "note" for each in report.findings) else 0


def _cleaned(arguments: argparse.Namespace, path: Path, asked: Asked) -> Cleaned | None:
    """Write the cleaned copy that --fix asks for; before the check, which refuses some of what it mends."""
    if arguments.fix is None:
        given = [name for name in ("only", "skip", "force") if getattr(arguments, name)]
        if given:
            message = f"--{given[0]} says something of --fix, which is not given"
            raise UsageError(Problem("LF115", message, "add --fix OUT_FILE"))
        return None
    from lfine.cleaning import Wanted, chosen_repairs, clean

    repairs = chosen_repairs(arguments.only, arguments.skip)
    return clean(path, asked, Wanted(Path(arguments.fix), repairs, arguments.force), overrides=arguments.set)
