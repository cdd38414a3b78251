"""An evaluation's files → report.html: title and verdict, comparison, data, losses, mistakes, decisions, provenance.

    write_report(Path("runs/claims/20260714T090000Z"), Path("runs/claims/20260714T090000Z/evaluations/tuned"))
        →  Path("runs/claims/20260714T090000Z/evaluations/tuned/report.html")

All that is shown comes from files that somebody else may have written: the template escapes it, and the page itself
forbids scripts. *Not here:* reading files (sources), drawing (charts, heat_map), sentences (verdict).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from lfine.evaluation.compare import Comparison, Difference, compare
from lfine.evaluation.files import write_whole
from lfine.evaluation.records import Scores
from lfine.evaluation.reports import numbers
from lfine.evaluation.reports.charts import Curve, Dot, Mark, curve_chart, interval_chart
from lfine.evaluation.reports.examples import Example, example_scores, worst
from lfine.evaluation.reports.heat_map import heat_map
from lfine.evaluation.reports.sources import Decision, ModelEvaluation, ReportFiles, read_report_files
from lfine.evaluation.reports.tables import (
    LabelRow,
    LengthRow,
    Mistake,
    commonest_mistakes,
    label_rows,
    length_rows,
    loss_curves,
)
from lfine.evaluation.reports.training import (
    EvaluationRow,
    Spent,
    best_step,
    evaluation_rows,
    metric_curves,
    shown_metric,
    spent,
    watched,
)
from lfine.evaluation.reports.verdict import notes, verdict
from lfine.schemas.errors import RunError

if TYPE_CHECKING:
    from jinja2 import Environment

WORST = 20
MISTAKES = 8


@dataclass(frozen=True)
class Page:
    """What the template is filled with, by section; a chart that is None leaves its section out."""

    title: str
    verdict: str
    notes: tuple[str, ...]
    files: ReportFiles
    models: tuple[Scores, ...]
    metrics: tuple[str, ...]
    """Of all models, in the order in which they first occur."""
    scores_chart: Markup
    comparisons: tuple[Comparison, ...]
    differences_chart: Markup | None
    losses_chart: Markup | None
    metric: str | None
    """That of the chart below the losses."""
    metric_chart: Markup | None
    watched: tuple[str, ...]
    """Metrics of the evaluations on the way."""
    evaluations: tuple[EvaluationRow, ...]
    best: int | None
    """The update that an evaluation chose."""
    spent: Spent
    heat_map: Markup | None
    labels: tuple[LabelRow, ...]
    mistakes: tuple[Mistake, ...]
    lengths: tuple[LengthRow, ...]
    length_metric: str
    worst: tuple[Example, ...]
    rival: str | None
    """The model whose answers stand beside the worst ones."""
    chosen: tuple[Decision, ...]
    """Decisions of the plan that are no defaults."""
    defaults: tuple[Decision, ...]


def write_report(run_folder: Path | None, evaluation_folder: Path) -> Path:
    """Write report.html into `evaluation_folder` from the files there, beside it and in `run_folder`; return its path.

    Raises:
        RunError: LF505, the evaluation has no scores.json, or one of the files is damaged.
    """
    target = evaluation_folder / "report.html"
    write_whole(target, render(read_report_files(run_folder, evaluation_folder)))
    return target


def render(source: ReportFiles) -> str:
    """Return the page as HTML."""
    room = files("lfine.evaluation.reports")
    template = _environment().from_string(room.joinpath("page.html").read_text(encoding="utf-8"))
    # The style sheet is ours; everything else is escaped.
    style = Markup(room.joinpath("page.css").read_text(encoding="utf-8"))  # noqa: S704 - a file of this package
    html = template.render(page=_fill(source), style=style)
    return html.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair in an answer has no UTF-8


def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    for formatter in (numbers.points, numbers.probability):
        environment.filters[formatter.__name__] = formatter
    environment.globals.update(shown=numbers.shown, shown_span=numbers.shown_span, shown_change=numbers.shown_change)
    environment.filters.update(count=numbers.count, duration=numbers.duration, value=_value_text)
    return environment


def _fill(source: ReportFiles) -> Page:
    subject = source.subject.scores
    models = (subject, *(other.scores for other in source.others))
    comparisons = _comparisons(subject, source.others)
    base = _rival(source)
    against = {comparison.second: comparison for comparison in comparisons}
    names, best = watched(source.log), best_step(source.log, source.run)
    metric = shown_metric(names, source.plan, subject.headline)
    scores = example_scores(subject)
    decisions = source.plan.decisions if source.plan else ()
    return Page(
        title=subject.task,
        verdict=verdict(subject, base.scores if base else None, against.get(base.scores.model) if base else None),
        notes=tuple(notes(subject, comparisons)),
        files=source,
        models=models,
        metrics=tuple(dict.fromkeys(name for scores in models for name in scores.metrics)),
        scores_chart=_scores_chart(models, subject.headline),
        comparisons=tuple(comparisons),
        differences_chart=_differences_chart(comparisons),
        losses_chart=_by_update(loss_curves(source.log), "Loss", best),
        metric=metric,
        metric_chart=None if metric is None else _by_update(metric_curves(source.log, metric), metric, best),
        watched=names,
        evaluations=tuple(evaluation_rows(source.log, best)),
        best=best,
        spent=spent(source.log),
        heat_map=heat_map(subject.confusion) if subject.confusion else None,
        labels=tuple(label_rows(subject.confusion)) if subject.confusion else (),
        mistakes=tuple(commonest_mistakes(subject.confusion, MISTAKES)) if subject.confusion else (),
        lengths=tuple(length_rows(source.subject.predictions, scores)) if source.subject.predictions and scores else (),
        length_metric=subject.headline if subject.headline in subject.per_example else "per-row score",
        worst=tuple(worst(source.subject, base, WORST)),
        rival=base.scores.model if base and base.predictions else None,
        chosen=tuple(decision for decision in decisions if decision.origin != "default"),
        defaults=tuple(decision for decision in decisions if decision.origin == "default"),
    )


def _by_update(curves: Sequence[Curve], what: str, best: int | None) -> Markup | None:
    """Draw curves over the updates, the chosen one marked; None where there is nothing to draw."""
    if not curves:
        return None
    mark = None if best is None else Mark("update whose weights are the adapter's", float(best))
    return curve_chart(curves, title=f"{what} by update", x_name="update", mark=mark)


def _rival(source: ReportFiles) -> ModelEvaluation | None:
    """Return the base model's evaluation; of the base model itself there is none to set beside it."""
    return next((other for other in source.others if other.scores.model == "base"), None)


def _comparisons(subject: Scores, others: Sequence[ModelEvaluation]) -> list[Comparison]:
    """Compare with every other model that was scored on the same rows; the table of scores shows the rest."""
    comparisons = []
    for other in others:
        try:
            comparisons.append(compare(subject, other.scores))
        except RunError:
            continue
    return comparisons


def _scores_chart(models: Sequence[Scores], headline: str) -> Markup:
    dots = [
        _dot(scores, headline, strong=place == 0) for place, scores in enumerate(models) if headline in scores.metrics
    ]
    return interval_chart(dots, low=0, high=1, title=f"{headline} of each model with its interval")


def _dot(scores: Scores, headline: str, *, strong: bool) -> Dot:
    score = scores.metrics[headline]
    figures = f"{numbers.points(score.value)} ({numbers.span(score.low, score.high)})"
    return Dot(scores.model, figures, score.value, score.low, score.high, strong)


def _differences_chart(comparisons: Sequence[Comparison]) -> Markup | None:
    if not comparisons:
        return None
    dots = [_gap(comparison, comparison.main) for comparison in comparisons]
    low, high = min(0.0, *(dot.low for dot in dots)), max(0.0, *(dot.high for dot in dots))
    margin = 0.05 * (high - low) or 0.01
    title = f"Difference in {comparisons[0].headline} on the same rows, with its interval"
    return interval_chart(dots, low=low - margin, high=high + margin, title=title, difference=True)


def _gap(comparison: Comparison, gap: Difference) -> Dot:
    figures = f"{numbers.signed(gap.difference)} ({numbers.signed_span(gap.low, gap.high)})"
    name = f"{comparison.first} − {comparison.second}"
    return Dot(name, figures, gap.difference, gap.low, gap.high, strong=True)


def _value_text(value: object) -> str:
    """Return a decision's value on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
