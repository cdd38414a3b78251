"""`lfine data ACTION …`: what is done with rows before a task is trained on them.

    lfine data check rows.csv    lfine data convert rows.xlsx rows.jsonl    lfine data split rows.jsonl rows.parquet

*Not here:* the actions (one module each, lfine.cli.data_NAME; a new one is a module and a line in ACTIONS).
"""

from __future__ import annotations

import argparse
import importlib
from types import ModuleType

ACTIONS = {
    "check": "tell what is wrong with data, with rows and cures",
    "convert": "write rows in another file format, or in another form of conversations",
    "split": "divide rows into train, validation and test once and for ever",
}
"""Name → summary; each is the module lfine.cli.data_NAME with `add_arguments(parser)` and `run(arguments) -> int`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary.capitalize() + ".", allow_abbrev=False)
        _module(name).add_arguments(action)


def run(arguments: argparse.Namespace) -> int:
    """Run the action that is named."""
    code: int = _module(arguments.action).run(arguments)
    return code


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"lfine.cli.data_{name}")
