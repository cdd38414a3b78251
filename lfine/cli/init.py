"""`lfine init --from FILE`: a task file from another system's configuration, with an account of every key.

*Not here:* converting (lfine.converting).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lfine.cli.options import add_format, print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        required=True,
        help="a Ludwig config, or the metadata of a LoRA Land task",
    )
    parser.add_argument("--out", metavar="TASK", help="write the task file here; else it goes to stdout")
    parser.add_argument("--data", metavar="PATH", help="the data file of the task")
    parser.add_argument("--force", action="store_true", help="write over a file that exists")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Convert one file; print what became of each of its keys."""
    from lfine.converting.account import table
    from lfine.converting.converting import convert, task_text
    from lfine.schemas.errors import TaskError
    from lfine.schemas.problems import Problem
    from lfine.schemas.records import write_text

    source, out = Path(arguments.source), Path(arguments.out) if arguments.out else None
    if out is not None and out.exists() and not arguments.force:
        problem = Problem("LF132", "the file exists already", "--force writes over it; or name another", file=str(out))
        raise TaskError(problem)
    found = convert(source, arguments.data)
    text = task_text(found, source, schema=schema_line(out))
    if out is not None:
        write_text(out, text)
    if arguments.format == "json":
        keys = [key.record() for key in found.keys]
        print_json({"form": found.form, "out": arguments.out, "task": text, "keys": keys, "notes": list(found.notes)})
        return 0
    account = "\n".join([table(found.keys), *(f"note: {note}" for note in found.notes)])
    print(
        text if out is None else f"{account}\nwrote {out}; next: lfine validate {out}", end="" if out is None else "\n"
    )
    if out is None:
        print(account, file=sys.stderr)
    return 0


def schema_line(out: Path | None) -> str | None:
    """Return what the editor's line of a new file names: the installed schema, relative where it lies near."""
    from lfine.cli.schema import schema_file

    if out is None:
        return schema_file().as_posix()
    folder = Path(os.path.abspath(out)).parent  # noqa: PTH100 (Path.resolve would follow links)
    near = os.path.relpath(schema_file(), folder)
    return schema_file().as_posix() if near.count("..") > 2 else Path(near).as_posix()
