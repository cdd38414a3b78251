"""From evaluation folders to a leaderboard: what was scored beside each, by this command or an earlier one.

    board_of([Path("runs/viggo/20261122T091500Z/evaluations/tuned")])   →  Leaderboard(models=("tuned", "base"), …)

*Not here:* the statistics (lfine.evaluation.leaderboard), how it is shown (lfine.evaluation.reports).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lfine.evaluation.files import read_scores
from lfine.evaluation.leaderboard import Leaderboard, leaderboard
from lfine.evaluation.records import Scores


def board_of(evaluations: Iterable[Path]) -> Leaderboard:
    """Return the leaderboard of these evaluation folders and those beside them.

    Models that were scored for a task without a run stand there too; of the same model the run's own scores count.
    """
    return leaderboard(scores for folder in evaluations for scores in _beside(folder))


def _beside(folder: Path) -> list[Scores]:
    """Return what lies in `runs/TASK/RUN/evaluations` or `runs/TASK/evaluations`, the former last: it counts."""
    place = folder.parent
    run = place.parent
    without_run = run.parent / "evaluations"
    places = [without_run, place] if (run / "run.json").is_file() else [place]
    return [read_scores(path) for each in places for path in sorted(each.glob("*/scores.json"))]
