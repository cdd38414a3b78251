"""`lfine compare`: from what a person names to two scores of the same rows.

    compare_places(Path("runs/viggo/20261122T091500Z/evaluations/base"), Path("runs/viggo/20261122T091500Z"))

*Not here:* the statistics (lfine.evaluation.compare).
"""

from __future__ import annotations

from pathlib import Path

from lfine.evaluation.compare import Comparison, compare
from lfine.evaluation.files import read_scores
from lfine.evaluation.records import Scores
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


def compare_places(first: Path, second: Path) -> Comparison:
    """Compare two evaluations, each a run folder, an evaluation folder or a scores.json."""
    return compare(scores_at(first), scores_at(second))


def scores_at(place: Path) -> Scores:
    """Read the scores that a path means; a run folder means its tuned model. RunError LF501 where there are none."""
    tried = [place, place / "scores.json", place / "evaluations" / "tuned" / "scores.json"]
    found = next((path for path in tried if path.is_file()), None)
    if found is None:
        problem = Problem("LF501", f"no scores in {place}", "lfine evaluate TASK first, or name a scores.json")
        raise RunError(problem)
    return read_scores(found)
