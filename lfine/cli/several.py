"""One command over several task files: a task that fails does not end the others, and what is left can be done later.

    add_selection(parser)                                             # --only a,b  --skip c
    each_task(arguments, one, TRAIN) -> exit code                     # 0, 4 when some failed

With a folder or several files each task is one line of progress; what failed stands at the end, whole.
*Not here:* what is done with one task (the command's own module), which tasks there are (lfine.selecting).
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import nothing_done, print_json
from lfine.evaluation.reports.numbers import duration
from lfine.schemas.errors import LfineError
from lfine.schemas.problems import Problem
from lfine.stops import UNWRITABLE, Interrupted, unwritable

if TYPE_CHECKING:
    from lfine.selecting import Selected, Selection

SOME_FAILED = 4


@dataclass(frozen=True)
class Done:
    """What came of one task."""

    document: dict[str, object]
    """Its JSON document."""
    text: str
    """Its lines for people, where it is the only one."""
    line: str
    """The same in one line, without the task's name."""
    before: bool = False
    """It was done by an earlier command, and nothing was done now."""


@dataclass(frozen=True)
class Words:
    """How a command speaks of what it does."""

    plural: str
    """Key of the list in the JSON document."""
    nothing: str
    """Said when no task succeeded."""
    done: str
    """Of a task: trained, evaluated."""


@dataclass
class Outcomes:
    """Of the tasks so far."""

    done: list[Done] = field(default_factory=list)
    failed: list[tuple[Selected, Sequence[Problem]]] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        return [problem for _, problems in self.failed for problem in problems]


Board = Callable[[], tuple[str, dict[str, object]]]
"""What stands at the end of many tasks: a table for people, and its keys in the JSON document."""


def add_tasks(parser: argparse.ArgumentParser) -> None:
    """Add the task files and which of them are meant."""
    parser.add_argument("tasks", nargs="+", metavar="TASK", help="task file, or a folder that is searched for YAML")
    for option, does in (
        ("--only", "do only the tasks of these names"),
        ("--skip", "leave the tasks of these names out"),
    ):
        parser.add_argument(option, action="append", type=_names, default=[], metavar="NAME,…", help=does)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def selected(arguments: argparse.Namespace) -> Selection:
    """Return the tasks that the command line means."""
    from lfine.selecting import select_tasks  # reads task files, which a parser does not need

    only, skip = ([name for names in given for name in names] for given in (arguments.only, arguments.skip))
    return select_tasks(arguments.tasks, only=only, skip=skip, overrides=arguments.set)


def each_task(
    arguments: argparse.Namespace,
    selection: Selection,
    one: Callable[[Path], Done],
    *,
    words: Words,
    board: Board | None = None,
) -> int:
    """Do one task after the other and print each outcome; 4 when some failed, a single task's own error as it is.

    With `--format json` the documents of several tasks stand in a list under the key `words.plural`.
    """
    if not selection.many:
        (task,) = selection.tasks
        done = one(task.path)
        if arguments.format == "json":
            print_json(done.document)
        else:
            print(done.text)
        return 0
    outcomes = _all(arguments, selection, one)
    if not outcomes.done:
        _print_failures(outcomes, len(selection.tasks))
        raise nothing_done(outcomes.problems, words.nothing, arguments.format)
    table, keys = board() if board else ("", {})
    if arguments.format == "json":
        print_json(_document(outcomes, words, keys))
    else:
        print("\n".join(["", *([table, ""] if table else []), _counted(outcomes, words)]))
    _print_failures(outcomes, len(selection.tasks))
    return SOME_FAILED if outcomes.failed else 0


def _all(arguments: argparse.Namespace, selection: Selection, one: Callable[[Path], Done]) -> Outcomes:
    """Do every task; the line of each goes to stdout, or to stderr where that is for the document, or it failed."""
    outcomes, began = Outcomes(), time.perf_counter()
    progress = sys.stderr if arguments.format == "json" else sys.stdout
    for number, task in enumerate(selection.tasks, start=1):
        head = f"[{number}/{len(selection.tasks)}] {task.name}"
        print(f"{head}: begins, {duration(time.perf_counter() - began)} after the first", file=sys.stderr, flush=True)
        try:
            done = one(task.path)
        except Interrupted as stop:
            raise Interrupted(f"{task.name}: {stop.saved}", _again(arguments)) from None
        except KeyboardInterrupt:
            raise Interrupted(f"{number - 1} of {len(selection.tasks)} tasks are done", _again(arguments)) from None
        except Exception as error:  # noqa: BLE001 - one task's bug, ours too, must not cost the night's other tasks
            outcomes.failed.append((task, _problems(error)))
            codes = ", ".join(dict.fromkeys(problem.code for problem in outcomes.failed[-1][1]))
            print(f"{head}: failed, {codes}", file=sys.stderr, flush=True)
        else:
            outcomes.done.append(done)
            print(f"{head}: {done.line}", file=progress, flush=True)
    return outcomes


def _again(arguments: argparse.Namespace) -> str:
    """Return the command that does what is left."""
    words = shlex.split(arguments.command_line)
    return shlex.join(words if "--resume" in words else [*words, "--resume"])


def _problems(error: Exception) -> Sequence[Problem]:
    """Return what a task's failure says; a bug of ours shows its traceback at once."""
    if isinstance(error, LfineError):
        return error.problems
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        return [unwritable(error, "make room, give write permission, or choose another folder")]
    traceback.print_exception(error)
    message = f"{type(error).__name__}: {error}"
    return [Problem("LF508", message, "report it with the traceback on stderr")]


def _document(outcomes: Outcomes, words: Words, keys: dict[str, object]) -> dict[str, object]:
    whole: dict[str, object] = {words.plural: [each.document for each in outcomes.done], **keys}
    if outcomes.failed:
        whole["problems"] = [problem.record() for problem in outcomes.problems]
    return whole


def _counted(outcomes: Outcomes, words: Words) -> str:
    before = sum(each.before for each in outcomes.done)
    parts = [f"{len(outcomes.done) - before} {words.done}"]
    parts += [f"{before} done before"] * (before > 0) + [f"{len(outcomes.failed)} failed"] * bool(outcomes.failed)
    return f"{len(outcomes.done) + len(outcomes.failed)} tasks: {', '.join(parts)}"


def _print_failures(outcomes: Outcomes, tasks: int) -> None:
    """Print every problem of every failed task, by task."""
    if outcomes.failed:
        print(f"\n{len(outcomes.failed)} of {tasks} tasks failed:", file=sys.stderr)
    for task, problems in outcomes.failed:
        texts = "\n\n".join(problem.text() for problem in problems)
        print(f"\n{task.name} ({task.path})\n{texts}", file=sys.stderr)
