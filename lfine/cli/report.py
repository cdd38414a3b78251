"""`lfine report RUN…`: write the HTML reports of runs again from their files, and of several tasks a leaderboard.

*Not here:* the report and the leaderboard's page (lfine.evaluation.reports), what stands in one (lfine.boards).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lfine.cli.options import add_format, print_json
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folder, evaluation folder, or a folder of runs")
    parser.add_argument("--out", metavar="DIR", help="where the leaderboard is written (default: beside the runs)")
    parser.add_argument("--published", metavar="FILE", help="a CSV of published scores to show beside the leaderboard")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write one report for each evaluation, of several places a leaderboard too, and print where."""
    from lfine.boards import board_of, common_folder, places_in, write_board
    from lfine.evaluation.reports.page import write_report
    from lfine.evaluation.reports.published import read_published

    published = None if arguments.published is None else read_published(Path(arguments.published))
    given = [Path(text) for text in arguments.runs]
    of_runs = {place: places_in(place) for place in given}
    folders = [folder for place in given if not of_runs[place] for folder in evaluations_in(place)]
    reports = [str(write_report(run_of(folder), folder)) for folder in folders]
    places = [
        *(place for found in of_runs.values() for place in found),
        *dict.fromkeys(each.parent for each in folders),
    ]
    if not any(of_runs.values()) and len(given) == 1:
        document: dict[str, object] = {"reports": reports}
    else:
        out = common_folder(given) if arguments.out is None else Path(arguments.out)
        written = write_board(board_of(places, out), out, published)
        document = {"reports": reports, "leaderboard": written.record()}
        reports = [*reports, f"leaderboard: {written.html}"]
    if arguments.format == "json":
        print_json(document)
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
