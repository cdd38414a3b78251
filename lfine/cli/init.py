"""`lfine init DATA` and `lfine init --from FILE [DATA]`: a task file, with every choice explained.

*Not here:* guessing and writing (lfine.starting), converting (lfine.converting).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_sheet, print_json
from lfine.schemas.errors import TaskError, UsageError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.converting.account import Conversion
    from lfine.starting.starting import Started

STDOUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", nargs="?", help="data file, folder or pattern of data files")
    parser.add_argument(
        "--from", dest="source", metavar="FILE", help="a Ludwig config, or the metadata of a LoRA Land task"
    )
    parser.add_argument(
        "--out", metavar="TASK", help="write the task file here (default: DATA's name with .yaml); -: to stdout"
    )
    parser.add_argument("--output", metavar="COLUMN", help="the column to learn")
    parser.add_argument(
        "--input", action="append", default=[], metavar="COLUMN", help="a column of the prompt; may be repeated"
    )
    parser.add_argument("--metric", metavar="NAME", help="what answers are scored by")
    parser.add_argument("--base-model", metavar="MODEL", help="hub id, folder or name of the model to adapt")
    add_sheet(parser)
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write a task file; print what was chosen, or what became of each key."""
    if arguments.source is None and arguments.data is None:
        message = "lfine init takes a data file, or --from with another system's configuration"
        raise UsageError(Problem("LF115", message, "lfine init DATA"))
    out = _out(arguments)
    return _start(arguments, out) if arguments.source is None else _convert(arguments, out)


def _out(arguments: argparse.Namespace) -> str:
    """Return where the task goes, a file that may be written or `-`."""
    if arguments.out is not None:
        out = str(arguments.out)
    elif arguments.source is not None:
        out = STDOUT
    else:
        from lfine.starting.starting import default_out

        out = default_out(arguments.data)
    if out == STDOUT:
        return out
    if Path(out).suffix.lower() not in (".yaml", ".yml"):
        message = f"the name of a task file ends in .yaml, got {out!r}"  # a data file would be lost
        raise UsageError(Problem("LF115", message, "give it this suffix"))
    if Path(out).exists() and not arguments.force:
        cure = "--force writes over it; or name another with --out"
        raise TaskError(Problem("LF132", "the file exists already", cure, file=out))
    return out


def _started(arguments: argparse.Namespace, out: str, *, output: str | None) -> Started:
    from lfine.finetune.data.guess.records import Wanted
    from lfine.starting.drafting import BASE_MODEL
    from lfine.starting.starting import Asked, start

    wanted = Wanted(arguments.output or output, tuple(arguments.input), arguments.metric)
    return start(
        arguments.data,
        Asked(
            out=out,
            wanted=wanted,
            base_model=arguments.base_model or BASE_MODEL,
            sheet=arguments.sheet,
        ),
    )


def _start(arguments: argparse.Namespace, out: str) -> int:
    from dataclasses import asdict

    from lfine.starting.drafting import next_commands
    from lfine.starting.starting import choices_table
    from lfine.starting.writing import written

    started = _started(arguments, out, output=None)
    text = written(started.draft, schema=schema_line(None if out == STDOUT else Path(out)))
    guess = started.guess
    notes = (*([started.sample.note] if started.sample.note else []), *guess.notes, *guess.left)
    warnings = [problem.message for problem in started.sample.table.warnings]
    _write(out, text)
    if arguments.format == "json":
        choices = [asdict(choice) for choice in guess.choices]
        named = None if out == STDOUT else out
        print_json({"form": guess.form, "out": named, "task": text, "choices": choices, "notes": [*notes, *warnings]})
        return 0
    account = "\n".join([choices_table(guess.choices), *(f"note: {note}" for note in (*notes, *warnings))])
    commands = "\n".join(f"  {command}" for command in next_commands(guess, out))
    _print(out, text, account, f"wrote {out}; read it, then:\n{commands}")
    return 0


def _convert(arguments: argparse.Namespace, out: str) -> int:
    from lfine.converting.account import table
    from lfine.converting.converting import task_text

    found = _converted(arguments, out)
    text = task_text(found, Path(arguments.source), schema=schema_line(None if out == STDOUT else Path(out)))
    _write(out, text)
    if arguments.format == "json":
        keys = [key.record() for key in found.keys]
        print_json({"form": found.form, "out": arguments.out, "task": text, "keys": keys, "notes": list(found.notes)})
        return 0
    account = "\n".join([table(found.keys), *(f"note: {note}" for note in found.notes)])
    _print(out, text, account, f"wrote {out}; next: lfine validate {out}")
    return 0


def _converted(arguments: argparse.Namespace, out: str) -> Conversion:
    """Return the configuration as a task; what it leaves open is filled in from the data, where they are here."""
    from dataclasses import replace

    from lfine.converting.converting import convert

    given = [name for name in ("output", "input", "metric", "base_model") if getattr(arguments, name)]
    if given:
        message = f"--{given[0].replace('_', '-')} says what is guessed of data, and --from converts what a file says"
        raise UsageError(Problem("LF115", message, "leave it out, and edit the task file"))
    found = convert(Path(arguments.source), arguments.data)
    if arguments.data is None:
        return found
    from lfine.starting.completing import completed, output_of

    try:
        started = _started(arguments, out, output=output_of(found))
    except (TaskError, UsageError) as error:  # data that are elsewhere, or others than the configuration's
        if any(problem.code not in ("LF301", "LF115") for problem in error.problems):
            raise
        reason = error.problems[0].message.removeprefix("--output: ")
        note = f"nothing was filled in from the data: {reason}"
        return replace(found, notes=(*found.notes, note))
    read = {key: value for key, value in started.task["dataset"].items() if key in ("path", "sheet")}
    return completed(replace(found, task={**found.task, "dataset": read}), started)


def _write(out: str, text: str) -> None:
    from lfine.schemas.records import write_text

    if out != STDOUT:
        write_text(Path(out), text)


def _print(out: str, text: str, account: str, last: str) -> None:
    """Print the account and what comes next; where the task itself goes to stdout, the account goes to stderr."""
    if out == STDOUT:
        print(text, end="")
        print(account, file=sys.stderr)
    else:
        print(f"{account}\n{last}")


def schema_line(out: Path | None) -> str | None:
    """Return what the editor's line of a new file names: the installed schema, relative where it lies near."""
    from lfine.cli.schema import schema_file

    if out is None:
        return schema_file().as_posix()
    folder = Path(os.path.abspath(out)).parent  # noqa: PTH100 (Path.resolve would follow links)
    near = os.path.relpath(schema_file(), folder)
    return schema_file().as_posix() if near.count("..") > 2 else Path(near).as_posix()
