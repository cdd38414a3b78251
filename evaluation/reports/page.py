"""An evaluation's files → report.html: verdict, scores, labels, calibration, all answers, training, costs, provenance.

    write_report(Path("runs/claims/20260714T090000Z"), Path("runs/claims/20260714T090000Z/evaluations/tuned"))
        →  Path("runs/claims/20260714T090000Z/evaluations/tuned/report.html")

All that is shown comes from files that somebody else may have written: the template escapes it, the answers lie packed
in base64, and the page allows no script but its own, named by its hash. *Not here:* reading files (sources), figures
(figures, drawing), sentences (verdict), the table of answers (answers.js).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from lfine.evaluation.compare import Comparison
from lfine.evaluation.files import write_whole
from lfine.evaluation.records import LabelScore, Scores
from lfine.evaluation.reports import numbers
from lfine.evaluation.reports.answers import AnswerRow, answer_rows, example_metric, worst_first
from lfine.evaluation.reports.calibration import Reliability
from lfine.evaluation.reports.costs import CostRow, ReasonRow, cost_rows, reason_rows
from lfine.evaluation.reports.drawing import draw
from lfine.evaluation.reports.figures import Calibration, figures_of
from lfine.evaluation.reports.frame import environment
from lfine.evaluation.reports.frame import render as render_page
from lfine.evaluation.reports.packing import Packed, pack
from lfine.evaluation.reports.sources import Decision, ModelEvaluation, ReportFiles, read_report_files
from lfine.evaluation.reports.tables import LabelRow, Mistake, commonest_mistakes, label_rows
from lfine.evaluation.reports.training import EvaluationRow, Spent, best_step, evaluation_rows, spent, watched
from lfine.evaluation.reports.verdict import notes, verdict

WORST = 20
"""Answers that are shown where scripts are not allowed to run."""
CHARACTERS = 700
"""Of a text among them."""
MISTAKES = 8
SCRIPTS = ("theme.js", "differences.js", "answers.js")
"""One script in the page, in this order."""


@dataclass(frozen=True)
class Flips:
    """Rows on which subject and base model are not equally good."""

    won: int
    lost: int


@dataclass(frozen=True)
class Page:
    """What the template is filled with, by section; a chart that is not there leaves its section out."""

    title: str
    verdict: str
    notes: tuple[str, ...]
    files: ReportFiles
    models: tuple[Scores, ...]
    metrics: tuple[str, ...]
    """Of all models, in the order in which they first occur."""
    share: bool
    """The headline is a share of 1, shown in points of 100."""
    comparisons: tuple[Comparison, ...]
    charts: dict[str, Markup]
    """By the names of figures_of."""
    titles: dict[str, str]
    """Of the charts."""
    costs: tuple[CostRow, ...]
    reasons: tuple[ReasonRow, ...]
    watched: tuple[str, ...]
    """Metrics of the evaluations on the way."""
    evaluations: tuple[EvaluationRow, ...]
    best: int | None
    """The update that an evaluation chose."""
    spent: Spent
    labels: tuple[LabelRow, ...]
    label_scores: dict[str, LabelScore]
    """With their intervals, by label; empty in scores of an older lfine."""
    mistakes: tuple[Mistake, ...]
    reliability: Reliability | None
    flips: Flips | None
    packed: Packed | None
    """None without predictions."""
    row_metric: str
    """What the score of a row is."""
    worst: tuple[AnswerRow, ...]
    rival: str | None
    """The model whose answers stand beside the subject's."""
    chosen: tuple[Decision, ...]
    """Decisions of the plan that are no defaults."""
    defaults: tuple[Decision, ...]


def write_report(run_folder: Path | None, evaluation_folder: Path) -> Path:
    """Write report.html into `evaluation_folder` from the files there, beside it and in `run_folder`; return its path.

    Raises:
        RunError: LF505, the evaluation has no scores.json, or one of the files is damaged.
    """
    return write_page(read_report_files(run_folder, evaluation_folder), evaluation_folder)


def write_page(source: ReportFiles, evaluation_folder: Path) -> Path:
    """Write report.html of what has been read; return its path."""
    target = evaluation_folder / "report.html"
    write_whole(target, render(source))
    return target


def render(source: ReportFiles) -> str:
    """Return the page as HTML."""
    templates = environment()
    templates.filters.update(value=_value_text, short=_short)
    return render_page(templates, "page.html", styles=("page.css",), scripts=SCRIPTS, values={"page": _fill(source)})


def rival_of(source: ReportFiles) -> ModelEvaluation | None:
    """Return the base model's evaluation; of the base model itself there is none to set beside it."""
    return next((other for other in source.others if other.scores.model == "base"), None)


def flips_of(rows: Sequence[AnswerRow]) -> Flips | None:
    """Count the rows won and lost; None where no row has two scores."""
    changes = [row.change for row in rows if row.change is not None]
    return Flips(changes.count("won"), changes.count("lost")) if changes else None


def _fill(source: ReportFiles) -> Page:
    subject = source.subject.scores
    models = (subject, *(other.scores for other in source.others))
    comparisons = source.comparisons
    base = rival_of(source)
    against = {comparison.second: comparison for comparison in comparisons}
    figures, best = figures_of(source), best_step(source.log, source.run)
    reliability = figures.get("reliability")
    rows = answer_rows(source.subject, base)
    decisions = source.plan.decisions if source.plan else ()
    return Page(
        title=subject.task,
        verdict=verdict(subject, base.scores if base else None, against.get(base.scores.model) if base else None),
        notes=tuple(notes(subject, comparisons)),
        files=source,
        models=models,
        metrics=tuple(dict.fromkeys(name for scores in models for name in scores.metrics)),
        share=subject.headline not in numbers.NO_SHARES,
        comparisons=tuple(comparisons),
        charts={name: draw(figure) for name, figure in figures.items()},
        titles={name: figure.title for name, figure in figures.items()},
        costs=tuple(cost_rows(source)),
        reasons=tuple(reason_rows(subject)),
        watched=watched(source.log),
        evaluations=tuple(evaluation_rows(source.log, best)),
        best=best,
        spent=spent(source.log),
        labels=tuple(label_rows(subject.confusion)) if subject.confusion else (),
        label_scores={each.label: each for each in subject.per_label or ()},
        mistakes=tuple(commonest_mistakes(subject.confusion, MISTAKES)) if subject.confusion else (),
        reliability=reliability.found if isinstance(reliability, Calibration) else None,
        flips=flips_of(rows),
        packed=pack(rows) if rows else None,
        row_metric=example_metric(subject),
        worst=tuple(worst_first(rows)[:WORST]),
        rival=base.scores.model if base and base.predictions else None,
        chosen=tuple(decision for decision in decisions if decision.origin != "default"),
        defaults=tuple(decision for decision in decisions if decision.origin == "default"),
    )


def _value_text(value: object) -> str:
    """Return a decision's value on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= CHARACTERS else text[:CHARACTERS] + "…"
