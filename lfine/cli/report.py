"""`lfine report RUN…`: write the reports of runs again from their files; Markdown, CSV, figures; a leaderboard.

*Not here:* the report and the leaderboard's page (lfine.evaluation.reports), what stands in one (lfine.boards).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, print_json
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.boards import Written as WrittenBoard
    from lfine.evaluation.reports.sources import ReportFiles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folder, evaluation folder, or a folder of runs")
    parser.add_argument("--figures", metavar="DIR", help="write every figure as DIR/MODEL/NAME.svg and .png")
    parser.add_argument("--csv", metavar="DIR", help="write all answers with their scores as DIR/MODEL.csv")
    parser.add_argument("--out", metavar="DIR", help="where the leaderboard is written (default: beside the runs)")
    parser.add_argument("--published", metavar="FILE", help="a CSV of published scores to show beside the leaderboard")
    add_format(parser, ("text", "json", "markdown"))


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for of each evaluation, of several places a leaderboard; print where, or the Markdown."""
    from lfine.boards import places_in
    from lfine.extras import require_figures

    if arguments.figures is not None:
        require_figures()
    given = [Path(text) for text in arguments.runs]
    of_runs = {place: places_in(place) for place in given}
    folders = [folder for place in given if not of_runs[place] for folder in evaluations_in(place)]
    board = None
    if any(of_runs.values()) or len(given) > 1:
        places = [place for found in of_runs.values() for place in found]
        board = _leaderboard(arguments, [*places, *dict.fromkeys(folder.parent for folder in folders)])
    written, texts = _written(arguments, folders)
    if arguments.format == "json":
        document: dict[str, object] = {kind: [str(path) for path in paths] for kind, paths in written.items()}
        print_json(document if board is None else {**document, "leaderboard": board.record()})
    elif arguments.format == "markdown":
        print("\n".join(texts if board is None else [board.markdown.read_text(encoding="utf-8"), *texts]), end="")
    else:
        lines = [str(path) for paths in written.values() for path in paths]
        print("\n".join(lines if board is None else [*lines, f"leaderboard: {board.html}"]))
    return 0


def _written(arguments: argparse.Namespace, folders: Sequence[Path]) -> tuple[dict[str, list[Path]], list[str]]:
    """Write the pages, and answers and figures where they are asked for, of one evaluation after the other.

    Return the files of each kind, and the Markdown where that is asked for.
    """
    from lfine.evaluation.reports.page import write_page

    wanted = {"reports": True, "csv": arguments.csv is not None, "figures": arguments.figures is not None}
    written: dict[str, list[Path]] = {kind: [] for kind, asked in wanted.items() if asked}
    texts, spoken = [], spoken_of(folders) if arguments.format == "markdown" else []
    for folder, name in named(folders):
        source = _read(folder)
        written["reports"].append(write_page(source, folder))
        if arguments.csv is not None:
            from lfine.evaluation.reports.answer_file import write_answers

            written["csv"].append(write_answers(source, Path(arguments.csv) / f"{name}.csv"))
        if arguments.figures is not None:
            from lfine.evaluation.reports.figure_files import write_figures

            written["figures"] += write_figures(source, Path(arguments.figures) / name)
        if folder in spoken:
            from lfine.evaluation.reports.markdown import markdown

            texts.append(markdown(source))
    return written, texts


def _leaderboard(arguments: argparse.Namespace, places: Sequence[Path]) -> WrittenBoard:
    from lfine.boards import board_of, common_folder, write_board
    from lfine.evaluation.reports.published import read_published

    published = None if arguments.published is None else read_published(Path(arguments.published))
    given = [Path(text) for text in arguments.runs]
    out = common_folder(given) if arguments.out is None else Path(arguments.out)
    return write_board(board_of(places, out), out, published)


def named(folders: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return each evaluation with the name of its files: the model's, before it task and run where models repeat."""
    names = [folder.name for folder in folders]
    if len(set(names)) < len(names):
        names = ["-".join((folder.parents[2].name, folder.parents[1].name, folder.name)) for folder in folders]
    return list(zip(folders, names, strict=True))


def spoken_of(folders: Sequence[Path]) -> list[Path]:
    """Return whose Markdown is printed: of a run with a tuned model that model's, where the others stand beside it."""
    tuned = {folder.parent for folder in folders if folder.name == "tuned"}
    return [folder for folder in folders if folder.parent not in tuned or folder.name == "tuned"]


def evaluations_in(place: Path) -> list[Path]:
    """Return the evaluation folders that a path means; TaskError LF501 where there are none."""
    found = sorted(path.parent for path in (place / "evaluations").glob("*/scores.json"))
    if (place / "scores.json").is_file():
        found = [place]
    if not found:
        raise TaskError(Problem("LF501", f"no evaluation in {place}", "lfine evaluate TASK first"))
    return [path.resolve() for path in found]


def run_of(folder: Path) -> Path | None:
    """Return the run that an evaluation folder belongs to, None without one."""
    run_folder = folder.parent.parent
    return run_folder if (run_folder / "run.json").is_file() else None


def _read(folder: Path) -> ReportFiles:
    from lfine.evaluation.reports.sources import read_report_files

    return read_report_files(run_of(folder), folder)
