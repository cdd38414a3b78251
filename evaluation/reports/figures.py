"""The figures of a report as data: what the page draws as inline SVG, and matplotlib as PNG and SVG files.

    figures_of(source)  →  {"scores": Intervals((Dot("tuned", …), Dot("base", …)), 0, 1, …), "loss": Curves(…), …}

A figure without data is left out. Their order is the page's.
*Not here:* drawing (drawing for the page, figure_files for files).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfine.evaluation.compare import Comparison, Difference
from lfine.evaluation.records import Confusion, Scores
from lfine.evaluation.reports import numbers
from lfine.evaluation.reports.answers import example_metric, example_scores
from lfine.evaluation.reports.calibration import Reliability, reliability
from lfine.evaluation.reports.charts import Curve, Dot, Mark
from lfine.evaluation.reports.sources import ReportFiles
from lfine.evaluation.reports.tables import LabelErrors, label_errors, length_rows, loss_curves, rate_curve
from lfine.evaluation.reports.training import best_step, metric_curves, shown_metric, watched


@dataclass(frozen=True)
class Intervals:
    """Values with their intervals on one axis."""

    title: str
    dots: tuple[Dot, ...]
    low: float
    high: float
    difference: bool = False
    share: bool = True
    """Values are shares of 1, shown in points of 100."""


@dataclass(frozen=True)
class Curves:
    """Something by update."""

    title: str
    curves: tuple[Curve, ...]
    mark: Mark | None


@dataclass(frozen=True)
class Matrix:
    """Gold labels in rows, answers in columns."""

    title: str
    confusion: Confusion


@dataclass(frozen=True)
class Errors:
    """Wrong answers by gold label, the most first."""

    title: str
    labels: tuple[LabelErrors, ...]


@dataclass(frozen=True)
class Calibration:
    """Share of right answers by confidence."""

    title: str
    found: Reliability


Figure = Intervals | Curves | Matrix | Errors | Calibration


def figures_of(source: ReportFiles) -> dict[str, Figure]:
    """Return every figure that there are data for, by name."""
    subject = source.subject.scores
    models = (subject, *(other.scores for other in source.others))
    found: dict[str, Figure | None] = {
        "scores": _scores(models, subject.headline),
        "differences": _differences(source.comparisons),
        **_by_update(source),
        **_labels(subject),
        "lengths": _lengths(source),
        "reliability": _reliability(source),
    }
    return {name: figure for name, figure in found.items() if figure is not None}


def _scores(models: Sequence[Scores], headline: str) -> Intervals:
    dots = [
        _dot(scores, headline, strong=place == 0) for place, scores in enumerate(models) if headline in scores.metrics
    ]
    share = headline not in numbers.NO_SHARES
    low, most = min(0.0, *(dot.low for dot in dots)), max(0.0, *(dot.high for dot in dots))
    high = 1.0 if share else most + 0.05 * (most - low or 1.0)
    title = f"{headline} of each model with its interval"
    return Intervals(title, tuple(dots), 1.05 * low, high, share=share)


def _dot(scores: Scores, headline: str, *, strong: bool) -> Dot:
    score = scores.metrics[headline]
    figures = f"{numbers.shown(headline, score.value)} ({numbers.shown_span(headline, score.low, score.high)})"
    return Dot(scores.model, figures, score.value, score.low, score.high, strong)


def _differences(comparisons: Sequence[Comparison]) -> Intervals | None:
    if not comparisons:
        return None
    dots = [_gap(comparison, comparison.main) for comparison in comparisons]
    low, high = min(0.0, *(dot.low for dot in dots)), max(0.0, *(dot.high for dot in dots))
    margin = 0.05 * (high - low) or 0.01
    title = f"Difference in {comparisons[0].headline} on the same rows, with its interval"
    share = comparisons[0].main.share
    return Intervals(title, tuple(dots), low - margin, high + margin, difference=True, share=share)


def _gap(comparison: Comparison, gap: Difference) -> Dot:
    span = numbers.shown_change_span(gap.metric, gap.low, gap.high)
    figures = f"{numbers.shown_change(gap.metric, gap.difference)} ({span})"
    name = f"{comparison.first} − {comparison.second}"
    return Dot(name, figures, gap.difference, gap.low, gap.high, strong=True)


def _by_update(source: ReportFiles) -> dict[str, Figure | None]:
    best = best_step(source.log, source.run)
    mark = None if best is None else Mark("update whose weights are the adapter's", float(best))
    metric = shown_metric(watched(source.log), source.plan, source.subject.scores.headline)
    found = {
        "loss": ("Loss", loss_curves(source.log)),
        "metric": (metric or "", metric_curves(source.log, metric) if metric else []),
        "learning_rate": ("Learning rate", rate_curve(source.log)),
    }
    return {
        name: Curves(f"{what} by update", tuple(curves), mark) if curves else None
        for name, (what, curves) in found.items()
    }


def _labels(subject: Scores) -> dict[str, Figure | None]:
    if subject.confusion is None:
        return {}
    errors = tuple(label_errors(subject.confusion))
    return {
        "confusion": Matrix(f"What {subject.model} answered to each gold label", subject.confusion),
        "errors": Errors(f"Wrong answers of {subject.model} by gold label", errors) if errors else None,
    }


def _lengths(source: ReportFiles) -> Intervals | None:
    subject = source.subject
    scores, settings = example_scores(subject.scores), subject.scores.settings
    if not scores or not subject.predictions:
        return None
    rows = length_rows(subject.predictions, scores, confidence=settings.confidence, seed=settings.seed)
    dots = [
        Dot(
            f"{row.shortest:,} to {row.longest:,} tokens",
            f"{numbers.points(row.score)} ({numbers.span(row.low, row.high)}), {row.rows:,} rows",
            row.score,
            row.low,
            row.high,
            strong=True,
        )
        for row in rows
    ]
    title = f"{example_metric(subject.scores)} by length of the prompt, with its interval"
    return Intervals(title, tuple(dots), 0.0, 1.0) if dots else None


def _reliability(source: ReportFiles) -> Calibration | None:
    found = reliability(source.subject.predictions)
    return None if found is None else Calibration("Right answers by confidence", found)
