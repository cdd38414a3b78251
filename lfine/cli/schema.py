"""`lfine schema`: the JSON Schema of task files, for editors.

*Not here:* the schema (schemas/task.schema.json).
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from lfine.cli.options import print_json
from lfine.schemas.schema import task_schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--path", action="store_true", help="print where the schema's file lies instead")


def run(arguments: argparse.Namespace) -> int:
    """Print the schema, one file without references to others, or its place."""
    if arguments.path:
        print(schema_file())
    else:
        print_json(task_schema())
    return 0


def schema_file() -> Path:
    """Return the installed schema's file."""
    return Path(str(files("lfine.schemas").joinpath("task.schema.json")))
