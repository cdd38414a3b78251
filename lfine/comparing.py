"""`lfine compare`: from what a person names to scores of the same rows, and whether the later ones may pass.

    compare_places([Path("runs/viggo/20261122T091500Z/evaluations/base"), Path("runs/viggo/20261122T091500Z")])
    judge(comparisons, margin=0.01)  →  Gate(metric="accuracy", margin=0.01, worse=("base",), reasons=("base is …",))

*Not here:* the statistics (lfine.evaluation.compare).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.evaluation.compare import Comparison, adjusted, compare
from lfine.evaluation.comparison_text import amount, interval, p_text
from lfine.evaluation.files import read_scores
from lfine.evaluation.records import Scores
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.problems import Problem

ROUNDING = 1e-9
"""0.91 - 0.90 is a little more than 0.01 in floats: such a gap is not more than the margin."""


@dataclass(frozen=True)
class Gate:
    """What `--fail-if-worse` comes to; the JSON form has `met` besides."""

    metric: str
    margin: float
    worse: tuple[str, ...]
    """Models that are worse than the first by more than the margin."""
    reasons: tuple[str, ...]
    """A sentence for each."""

    @property
    def met(self) -> bool:
        return not self.worse

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {"metric": self.metric, "margin": self.margin, "met": self.met, "worse": list(self.worse)}


def compare_places(places: Sequence[Path], *, headline: bool = False) -> tuple[Comparison, ...]:
    """Compare the first evaluation with each other one; each is a run folder, an evaluation folder or a scores.json.

    Raises:
        TaskError: LF501 for a place without scores.
        RunError: LF505 for what cannot be read; LF502 for scores that cannot be compared; LF560, with
            `headline`, where they can be compared in other metrics only than the first one's headline.
    """
    first, *others = map(scores_at, places)
    found = [
        _told_apart(compare(first, other), tasks=(first.task, other.task), places=(places[0], place))
        for other, place in zip(others, places[1:], strict=True)
    ]
    comparisons = adjusted(found)
    for each in comparisons if headline else ():
        if each.headline != first.headline:
            message = f"{each.first} and {each.second} cannot be compared in {first.headline}, only in {each.headline}"
            raise RunError(Problem("LF560", message, "score both with the same metrics, of this version of lfine"))
    return comparisons


def _told_apart(comparison: Comparison, *, tasks: tuple[str, str], places: tuple[Path, Path]) -> Comparison:
    """Return it with names that differ: two models called `tuned` are named by their tasks too, or by their runs."""
    if comparison.first != comparison.second:
        return comparison
    runs = tuple(_scores_file(place).resolve().parents[2].name for place in places)
    before, after = next((pair for pair in (tasks, runs) if pair[0] != pair[1]), ("", ""))
    if not before:
        return comparison
    model = comparison.first
    return replace(comparison, first=f"{before}/{model}", second=f"{after}/{model}")


def judge(comparisons: Sequence[Comparison], *, margin: float) -> Gate:
    """Say which models are worse than the first by more than `margin`; the differences as measured decide."""
    worse = [each for each in comparisons if each.main.gain > margin + ROUNDING]
    names, reasons = tuple(each.second for each in worse), tuple(_reason(each, margin) for each in worse)
    return Gate(comparisons[0].headline, margin, names, reasons)


def _reason(comparison: Comparison, margin: float) -> str:
    gap = comparison.main
    behind, level = amount(gap, gap.gain), f"{100 * comparison.confidence:g}%"
    said = f"{comparison.second} is worse than {comparison.first} by {behind} of {gap.metric}"
    doubt = "" if gap.verdict == "better" else f"; chance alone could do that (p = {p_text(gap.p_value)})"
    return (
        f"{said}, more than {amount(gap, margin)} (--fail-if-worse {margin:g});"
        f" {comparison.first} minus {comparison.second}: {interval(gap)} at {level}{doubt}"
    )


def scores_at(place: Path) -> Scores:
    """Read the scores that a path means; a run folder means its tuned model. TaskError LF501 where there are none."""
    return read_scores(_scores_file(place))


def _scores_file(place: Path) -> Path:
    tried = [place, place / "scores.json", place / "evaluations" / "tuned" / "scores.json"]
    found = next((path for path in tried if path.is_file()), None)
    if found is None:
        message = f"no scores in {place}" + ("" if place.exists() else ": there is no such file or folder")
        raise TaskError(Problem("LF501", message, "lfine evaluate TASK first, or name a scores.json"))
    return found
