"""What `lfine compile` prints for `--diff` and `--target`.

*Not here:* comparing plans (lfine.diffing), writing targets (lfine.targeting).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import print_json

if TYPE_CHECKING:
    from lfine.compiling import CompiledTask
    from lfine.finetune.compile.plan import Plan


def print_difference(arguments: argparse.Namespace, plan: Plan) -> int:
    """Print in what a plan differs from that of another task file, run folder or plan.json."""
    from lfine.compiling import compile_file
    from lfine.diffing import difference, stored_plan

    other = (
        stored_plan(Path(arguments.diff))
        or compile_file(Path(arguments.diff), arguments.set, allow_code=arguments.allow_code).plan
    )
    found = difference(plan, other)
    if arguments.format == "json":
        print_json(found.record())
    else:
        print(found.text(arguments.task, arguments.diff))
    return 0


def print_target(arguments: argparse.Namespace, compiled: CompiledTask) -> int:
    """Write a target's files to `--out`, or print its configuration; what is lost goes to stderr."""
    from lfine.targeting import as_text, target, write_files

    written = target(compiled, arguments.target)
    paths = write_files(written, Path(arguments.out)) if arguments.out else []
    if arguments.format == "json":
        files = [str(path) for path in paths]
        lacks = list(written.lacks)
        print_json({"target": arguments.target, "files": files, "command": written.command, "cannot_express": lacks})
        return 0
    if not paths:
        print(as_text(written), end="")
        return 0
    print("\n".join(f"wrote {path}" for path in paths))
    print(f"to train: cd {arguments.out} && {written.command}")
    if written.lacks:
        print(
            f"{arguments.target} cannot express:", *(f"- {lack}" for lack in written.lacks), sep="\n", file=sys.stderr
        )
    return 0
