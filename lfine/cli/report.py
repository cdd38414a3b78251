"""`lfine report RUN…`: write the HTML reports of a run again from its files.

*Not here:* the report (lfine.evaluation.reports).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lfine.cli.options import add_format, print_json
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folder or evaluation folder")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write one report for each evaluation and print where."""
    from lfine.evaluation.reports.page import write_report

    folders = [folder for text in arguments.runs for folder in evaluations_in(Path(text))]
    reports = [str(write_report(run_of(folder), folder)) for folder in folders]
    if arguments.format == "json":
        print_json({"reports": reports})
    else:
        print("\n".join(reports))
    return 0


def evaluations_in(place: Path) -> list[Path]:
    """Return the evaluation folders that a path means; RunError LF501 where there are none."""
    found = sorted(path.parent for path in (place / "evaluations").glob("*/scores.json"))
    if (place / "scores.json").is_file():
        found = [place]
    if not found:
        raise RunError(Problem("LF501", f"no evaluation in {place}", "lfine evaluate TASK first"))
    return [path.resolve() for path in found]


def run_of(folder: Path) -> Path | None:
    """Return the run that an evaluation folder belongs to, None without one."""
    run_folder = folder.parent.parent
    return run_folder if (run_folder / "run.json").is_file() else None
