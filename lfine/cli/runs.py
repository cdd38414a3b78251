"""`lfine runs [TASK…]`: what has been trained here, the newest first, with scores.

*Not here:* reading run folders (lfine.run_list).
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, add_runs_dir, print_json

if TYPE_CHECKING:
    from lfine.run_list import ListedRun, ListedScore

HEADINGS = ("task", "when (UTC)", "base model", "status", "updates", "minutes", "score", "base", "folder")
RIGHT = frozenset({"updates", "minutes"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="only runs of tasks whose name holds this text")
    add_runs_dir(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the runs; folders that cannot be read are listed as damaged, and said."""
    from lfine.run_list import listed_runs
    from lfine.runs import runs_folder

    folder = runs_folder(arguments.runs_dir)
    found = listed_runs(folder, arguments.tasks)
    if arguments.format == "json":
        print_json({"runs_dir": str(folder), "runs": [each.record() for each in found]})
        return 0
    if not found:
        of = f" of {' or '.join(arguments.tasks)}" if arguments.tasks else ""
        print(f"no runs{of} in {folder}; go to where `lfine train` was given, or name the folder with --runs-dir")
        return 0
    print(_table([HEADINGS, *(_cells(each) for each in found)]))
    for each in found:
        if each.problem is not None:
            print(f"{each.folder}: {each.problem}", file=sys.stderr)
    return 0


def _cells(run: ListedRun) -> tuple[str, ...]:
    minutes = "" if run.seconds is None else f"{run.seconds / 60:.1f}"
    updates = "" if run.steps is None else str(run.steps)
    when = (run.created or "").replace("T", " ").removesuffix("Z")
    scores = _score(run.tuned, run.headline), _score(run.base, None)
    return (run.task, when, run.base_model or "", run.status, updates, minutes, *scores, run.folder)


def _score(score: ListedScore | None, name: str | None) -> str:
    if score is None:
        return ""
    limit = "" if score.limit is None else f" ({score.n} rows)"
    return f"{f'{name} ' if name else ''}{score.value:.3f} {score.low:.3f}–{score.high:.3f}{limit}"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if HEADINGS[at] in RIGHT else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
