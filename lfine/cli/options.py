"""Options that several commands share, so that they read and behave alike.

*Not here:* options of one command.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any


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


def print_json(document: Any) -> None:
    """Write the one JSON document."""
    print(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))
