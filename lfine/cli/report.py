"""`lfine report RUN…`: write the reports of a run again from its files; as Markdown, its answers as CSV, its figures.

*Not here:* the report (lfine.evaluation.reports).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, print_json
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.evaluation.reports.sources import ReportFiles


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folder or evaluation folder")
    parser.add_argument("--figures", metavar="DIR", help="write every figure as DIR/MODEL/NAME.svg and .png")
    parser.add_argument("--csv", metavar="DIR", help="write all answers with their scores as DIR/MODEL.csv")
    add_format(parser, ("text", "json", "markdown"))


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for of each evaluation and print where; the Markdown itself."""
    from lfine.evaluation.reports.page import write_report
    from lfine.extras import require_figures

    if arguments.figures is not None:
        require_figures()
    folders = [folder for text in arguments.runs for folder in evaluations_in(Path(text))]
    written = {"reports": [write_report(run_of(folder), folder) for folder in folders]}
    if arguments.csv is not None:
        from lfine.evaluation.reports.answer_file import write_answers

        place = Path(arguments.csv)
        written["csv"] = [write_answers(_read(folder), place / f"{name}.csv") for folder, name in named(folders)]
    if arguments.figures is not None:
        from lfine.evaluation.reports.figure_files import write_figures

        place = Path(arguments.figures)
        drawn = [write_figures(_read(folder), place / name) for folder, name in named(folders)]
        written["figures"] = [path for paths in drawn for path in paths]
    if arguments.format == "json":
        print_json({kind: [str(path) for path in paths] for kind, paths in written.items()})
    elif arguments.format == "markdown":
        from lfine.evaluation.reports.markdown import markdown

        print("\n".join(markdown(_read(folder)) for folder in spoken_of(folders)), end="")
    else:
        print("\n".join(str(path) for paths in written.values() for path in paths))
    return 0


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


def _read(folder: Path) -> ReportFiles:
    from lfine.evaluation.reports.sources import read_report_files

    return read_report_files(run_of(folder), folder)
