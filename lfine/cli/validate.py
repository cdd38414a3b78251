"""`lfine validate PATH…`: all problems of all files.

*Not here:* validating (lfine.validating).
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_set, add_skip_bad_rows, print_json

if TYPE_CHECKING:
    from lfine.validating import Validation

PROBLEMS_FOUND = 1
FORMATS = ("text", "json", "github", "sarif", "junit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="task file, or a folder that is searched for YAML")
    parser.add_argument("--data", action="store_true", help="read the rows too, not only the header")
    parser.add_argument("--fix", action="store_true", help="apply the sure cures to the files, then check them")
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    add_skip_bad_rows(parser)
    add_set(parser)
    add_format(parser, FORMATS)


def run(arguments: argparse.Namespace) -> int:
    """Print every problem; exit 1 when there is an error (with --strict: or a warning)."""
    # what the imports make lives to the end: looking for garbage among it took a quarter of the time of one file
    gc.disable()
    from lfine.schemas.rendering import problems_json, problems_text
    from lfine.validating import validate_paths

    gc.freeze()
    gc.enable()
    paths = [Path(text) for text in arguments.paths]
    found = validate_paths(
        paths, arguments.set, data=arguments.data, fix=arguments.fix, skip_bad_rows=arguments.skip_bad_rows
    )
    for change in found.changes:
        print(change.text(), file=sys.stdout if arguments.format == "text" else sys.stderr)
    if arguments.format == "json":
        print_json(problems_json(found.files, found.problems))
    elif arguments.format != "text":
        print(_for_programs(arguments.format, found, strict=arguments.strict), end="")
    elif found.problems:
        print(problems_text(found.problems), file=sys.stderr)
    if arguments.format == "text" and not found.failed:
        print(f"{found.files} {'file' if found.files == 1 else 'files'} in order")
    return PROBLEMS_FOUND if found.failed or (arguments.strict and found.problems) else 0


def _for_programs(form: str, found: Validation, *, strict: bool) -> str:
    """Return the findings as one of the formats of other programs, its library imported only now."""
    if form == "sarif":
        from lfine.output.sarif import sarif_log
        from lfine.schemas.records import json_text

        return json_text(sarif_log(found.names, found.problems))
    if form == "junit":
        from lfine.output.junit import junit_xml

        return junit_xml(found.names, found.problems, strict=strict)
    from lfine.output.github import github_commands

    return github_commands(found.problems)
