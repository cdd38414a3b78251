"""From folders of runs to a leaderboard: what was scored, what it took, written as a page, as Markdown and as CSV.

    places_in(Path("runs"))               →  (Path("runs/viggo/20261122T091500Z/evaluations"), …)
    write_board(places, Path("runs"))     →  Written(html=Path("runs/leaderboard.html"), …)

Where several base models answered, the name of each model says which: `base (mistral-7b-instruct)`.
*Not here:* the statistics (lfine.evaluation.leaderboard), how it is shown (lfine.evaluation.reports).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.evaluation.files import read_predictions, read_scores, write_whole
from lfine.evaluation.leaderboard import TUNED, Cost, Evaluation, Leaderboard, leaderboard
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.board_page import BoardPage, Trained, board_page
from lfine.evaluation.reports.board_text import board_csv, board_markdown
from lfine.evaluation.reports.published import Published
from lfine.runs import FINISHED, read_run, runs_of


@dataclass(frozen=True)
class Board:
    """A leaderboard and what else its page shows."""

    leaderboard: Leaderboard
    trained: tuple[Trained, ...]


@dataclass(frozen=True)
class Written:
    html: Path
    markdown: Path
    csv: Path

    def record(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"html": str(self.html), "markdown": str(self.markdown), "csv": str(self.csv)}


def places_in(folder: Path) -> tuple[Path, ...]:
    """Return the `evaluations/` of each task in `runs/` or `runs/TASK`, by task; empty for any other folder.

    That of the newest finished run that was scored, and before it what was scored without a run.
    """
    runs = {path.parent.parent for pattern in ("*/run.json", "*/*/run.json") for path in folder.glob(pattern)}
    alone = {path.parents[2] for path in folder.glob("*/evaluations/*/scores.json") if not _of_run(path.parents[2])}
    return tuple(place for task in sorted(runs | alone) for place in _places_of(task))


def beside(place: Path) -> list[Path]:
    """Return an `evaluations/` folder, and before it that of its task, where models without a run were scored."""
    without = place.parent.parent / "evaluations"
    return [without, place] if _of_run(place.parent) and without.is_dir() else [place]


def _of_run(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _places_of(task: Path) -> list[Path]:
    scored = (run for run in runs_of(task.parent, task.name) if read_run(run).status == FINISHED)
    newest = next((run / "evaluations" for run in scored if any(run.glob("evaluations/*/scores.json"))), None)
    return [task / "evaluations"] if newest is None else beside(newest)


def board_of(places: Iterable[Path], beside: Path) -> Board:
    """Return the leaderboard of these `evaluations/` folders; of the same task and model the last one counts.

    Reports are named as seen from `beside`, the folder that the page will lie in.
    """
    folders = [path.parent for place in places for path in sorted(place.glob("*/scores.json"))]
    found = {folder: read_scores(folder / "scores.json") for folder in folders}
    bases = {scores.base_model for scores in found.values() if scores.base_model}
    names = {folder: _name(scores, several=len(bases) > 1) for folder, scores in found.items()}
    evaluations = [
        Evaluation(scores, names[folder], _cost(folder, scores), _report(folder, beside))
        for folder, scores in found.items()
    ]
    tuned = dict.fromkeys(names[folder] for folder, scores in found.items() if scores.model == TUNED)
    runs = dict.fromkeys(folder.parent.parent for folder in folders if _of_run(folder.parent.parent))
    return Board(leaderboard(evaluations, tuned=tuple(tuned)), tuple(_trained(run) for run in runs))


def _name(scores: Scores, *, several: bool) -> str:
    base = Path(scores.base_model or "").name
    return f"{scores.model} ({base})" if several and base else scores.model


def _cost(folder: Path, scores: Scores) -> Cost:
    """Return what the answers took: of a remote model as it counts them, else by the predictions."""
    if scores.endpoint is not None:
        use = scores.endpoint
        return Cost(scores.seconds, use.prompt_tokens, use.completion_tokens, use.usd)
    path = folder / "predictions.jsonl"
    predictions = read_predictions(path) if path.is_file() else []
    prompt = [each.prompt_tokens for each in predictions if each.prompt_tokens is not None]
    completion = [each.completion_tokens for each in predictions if each.completion_tokens is not None]
    return Cost(scores.seconds, sum(prompt) if prompt else None, sum(completion) if completion else None)


def _report(folder: Path, beside: Path) -> str | None:
    report = folder / "report.html"
    return Path(os.path.relpath(report, beside)).as_posix() if report.is_file() else None


def _trained(run: Path) -> Trained:
    record = read_run(run)
    return Trained(record.task, record.train_examples, record.steps, record.seconds)


def write_board(board: Board, folder: Path, published: Published | None = None) -> Written:
    """Write leaderboard.html, .md and .csv into `folder`."""
    written = Written(*(folder / f"leaderboard.{end}" for end in ("html", "md", "csv")))
    write_whole(written.html, board_page(BoardPage(board.leaderboard, board.trained, published)))
    write_whole(written.markdown, board_markdown(board.leaderboard))
    write_whole(written.csv, board_csv(board.leaderboard))
    return written


def common_folder(places: Sequence[Path]) -> Path:
    """Return the deepest folder that holds all of these."""
    return Path(os.path.commonpath([place.resolve() for place in places]))
