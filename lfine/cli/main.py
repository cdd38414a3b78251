"""`lfine COMMAND …`: finds the command, runs it, and turns what it raises into text or JSON and an exit code.

    0 fine · 1 problems in what the user wrote · 2 usage · 3 environment · 4 some of several failed · 5 the run failed
    70 a bug of ours (the only one with a traceback) · 130 interrupted

*Not here:* the commands (one module each in this package; a new one is a module and a line in COMMANDS).
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from lfine._version import __version__
from lfine.schemas.errors import LfineError, MachineError, UsageError
from lfine.schemas.problems import Problem
from lfine.stops import UNWRITABLE, Interrupted, unwritable

COMMANDS = {
    "init": "write a task file from a data file, or from another system's configuration",
    "validate": "check task files: all problems of all files, without loading a model",
    "schema": "print the JSON Schema of task files, for editors",
    "compile": "print the plan of a task; --explain says why",
    "preview": "show rows as the model sees them, learned tokens marked",
    "train": "train an adapter, always in a new run folder",
    "evaluate": "score the latest run, the base model, a remote model, or somebody else's predictions",
    "predict": "answer new rows: lines of JSON, or the sheet with a column of answers",
    "compare": "compare two evaluations row by row, with intervals",
    "report": "write the HTML report of a run again from its files",
    "runs": "list what has been trained here, with scores",
    "export": "write merged weights or the adapter for others, checked against the run; upload them",
    "data": "check data, convert them between formats, split them once and for ever",
    "models": "list the base models known and cached; pull one",
    "explain": "say what a problem's code means and what to do about it",
    "doctor": "say what this machine can do and what is missing",
    "completion": "print the completion script of a shell",
}
"""Name → summary; each is the module lfine.cli.NAME with `add_arguments(parser)` and `run(arguments) -> int`."""

FIRST = "First, with a table of yours: lfine init DATA.csv (it says what comes next)"
"""The last line of the help: what to try."""
USAGE, BUG, INTERRUPTED, PIPE_CLOSED = 2, 70, 130, 141


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are ours, so that `--format json` holds there too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(Problem("LF115", message, f"{self.prog} --help"))


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; with `only` just that command's module is imported and its arguments added."""
    about = "Declarative fine-tuning of language models."
    parser = Parser(prog="lfine", description=about, epilog=FIRST, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"lfine {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".", allow_abbrev=False)
        if only in (None, name):
            _module(name).add_arguments(command)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises but SystemExit for --help and --version."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not words:  # stderr and 2, so that a script that lost its arguments notices
            build_parser(only="").print_help(sys.stderr)
            return USAGE
        name = next((word for word in words if not word.startswith("-")), None)
        if name is not None and name not in COMMANDS:
            raise UsageError(_no_such_command(name))
        arguments, unknown = build_parser(only=name or "").parse_known_args(words)
        if unknown:
            message = f"lfine {arguments.command} does not take {shlex.join(unknown)}"
            raise UsageError(Problem("LF115", message, f"lfine {arguments.command} --help"))
        arguments.command_line = shlex.join(["lfine", *words])
        code: int = _module(arguments.command).run(arguments)
        sys.stdout.flush()
    except LfineError as error:
        return refuse(error, as_json=_wants_json(words))
    except KeyboardInterrupt as stop:
        return _interrupted(stop, as_json=_wants_json(words))
    except BrokenPipeError:  # the reader went away: 128 + SIGPIPE, as the shell reports it of every program
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        return _os_error(error, as_json=_wants_json(words))
    except Exception as error:  # noqa: BLE001 (the last resort: every foreign exception that reaches here is our bug)
        return _bug(error, as_json=_wants_json(words))
    return code


def entry() -> NoReturn:
    """The console script."""
    sys.exit(main())


def refuse(error: LfineError, *, as_json: bool) -> int:
    """Print the problems, as one JSON document on stdout or as text on stderr; return the exit code."""
    if as_json:
        _print_problems(*error.problems)
    else:
        print("\n\n".join(problem.text() for problem in error.problems), file=sys.stderr)
    return error.exit_code


def _print_problems(*problems: Problem) -> None:
    print(json.dumps({"problems": [problem.record() for problem in problems]}, ensure_ascii=False, indent=1))


def _no_such_command(name: str) -> Problem:
    from lfine.schemas.suggestions import did_you_mean

    cure = did_you_mean(name, tuple(COMMANDS)) or "lfine --help lists the commands"
    return Problem("LF115", f"there is no command {name!r}", cure)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"lfine.cli.{name}")


def _wants_json(words: Sequence[str]) -> bool:
    return "--format=json" in words or ("--format", "json") in itertools.pairwise(words)


def _interrupted(stop: KeyboardInterrupt, *, as_json: bool) -> int:
    saved, resume = (stop.saved, stop.resume) if isinstance(stop, Interrupted) else ("nothing was saved", "")
    if as_json:
        _print_problems(Problem("LF507", f"interrupted; {saved}", resume))
    else:
        print(f"\ninterrupted; {saved}" + (f"; to go on:\n  {resume}" if resume else ""), file=sys.stderr)
    return INTERRUPTED


def _os_error(error: OSError, *, as_json: bool) -> int:
    """A file that cannot be written is the machine's doing; anything else unforeseen is ours."""
    if error.errno not in UNWRITABLE:
        return _bug(error, as_json=as_json)
    problem = unwritable(error, "make room, give write permission, or choose another folder")
    return refuse(MachineError(problem), as_json=as_json)


def _bug(error: Exception, *, as_json: bool) -> int:
    """Ours: the only failure with a traceback."""
    traceback.print_exception(error)
    print(
        f"lfine {__version__}: this is a bug of lfine's; please report it with the lines above "
        "and what `lfine doctor` prints",
        file=sys.stderr,
    )
    if as_json:
        message = f"{type(error).__name__}: {error}"
        _print_problems(Problem("LF508", message, "report it with the traceback on stderr"))
    return BUG
