"""One command over several task files: a task that fails does not end the others.

    each_task(arguments, one, plural="runs", nothing="no task was trained") -> exit code

*Not here:* what is done with one task (the command's own module).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from lfine.cli.options import nothing_done, print_json
from lfine.schemas.errors import LfineError
from lfine.schemas.problems import Problem

SOME_FAILED = 4

Done = tuple[dict[str, object], str]
"""A task's JSON document, and its lines for people."""


def each_task(arguments: argparse.Namespace, one: Callable[[str], Done], *, plural: str, nothing: str) -> int:
    """Do one task after the other and print each outcome; 4 when some failed, a single task's own error as it is.

    With several tasks and `--format json` the documents stand in a list under the key `plural`.
    """
    outcomes: list[dict[str, object]] = []
    problems: list[Problem] = []
    for task in arguments.tasks:
        try:
            document, text = one(task)
        except LfineError as error:
            if len(arguments.tasks) == 1:
                raise
            print(error, file=sys.stderr)
            problems += error.problems
            continue
        outcomes.append(document)
        if arguments.format == "text":
            print(text)
    if problems and not outcomes:
        raise nothing_done(problems, nothing, arguments.format)
    if arguments.format == "json":
        whole = outcomes[0] if len(arguments.tasks) == 1 else {plural: outcomes}
        print_json(whole | {"problems": [each.record() for each in problems]} if problems else whole)
    return SOME_FAILED if problems else 0
