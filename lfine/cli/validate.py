"""`lfine validate PATH…`: all problems of all files.

*Not here:* validating (lfine.validating).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lfine.cli.options import add_format, add_set, print_json

PROBLEMS_FOUND = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="task file, or a folder that is searched for YAML")
    parser.add_argument("--data", action="store_true", help="read the rows too, not only the header")
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    add_set(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print every problem; exit 1 when there is an error (with --strict: or a warning)."""
    from lfine.schemas.rendering import problems_json, problems_text
    from lfine.validating import validate_paths

    found = validate_paths([Path(text) for text in arguments.paths], arguments.set, data=arguments.data)
    if arguments.format == "json":
        print_json(problems_json(found.files, found.problems))
    elif found.problems:
        print(problems_text(found.problems), file=sys.stderr)
    if arguments.format == "text" and not found.failed:
        print(f"{found.files} {'file' if found.files == 1 else 'files'} in order")
    return PROBLEMS_FOUND if found.failed or (arguments.strict and found.problems) else 0
