"""`lfine schema`: the JSON Schema of task files, for editors.

*Not here:* the schema (schemas/task.schema.json).
"""

from __future__ import annotations

import argparse

from lfine.cli.options import print_json
from lfine.schemas.schema import task_schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has no arguments."""


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001 (every command has this signature)
    """Print the schema."""
    print_json(task_schema())
    return 0
