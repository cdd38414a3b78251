"""Which figures a report has, and that the page draws each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.files import read_predictions, write_predictions
from lfine.evaluation.records import MetricScore, Prediction
from lfine.evaluation.reports.drawing import draw
from lfine.evaluation.reports.figures import Curves, Figure, Intervals, figures_of
from lfine.evaluation.reports.sources import read_report_files


def figures(run: Path | None, evaluation: Path) -> dict[str, Figure]:
    source = read_report_files(run, evaluation)
    return figures_of(source)


@pytest.fixture
def whole_run(run_folder: Path) -> Path:
    """Return a run whose log and predictions have everything that is drawn."""
    lines: list[dict[str, object]] = [
        {"step": step, "loss": 3 / step, "learning_rate": 1e-3 / step} for step in range(1, 9)
    ]
    lines += [{"step": 8, "validation_loss": 0.4, "metrics": {"accuracy": 0.5}, "best": True}]
    (run_folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    path = run_folder / "evaluations" / "tuned" / "predictions.jsonl"
    rows = [
        Prediction(
            **{**vars(row), "label_log_probabilities": {row.gold: -0.2, "other": -1.7}},
        )
        for row in read_predictions(path)
    ]
    write_predictions(path, rows)
    return run_folder


NAMES = ["scores", "differences", "loss", "metric", "learning_rate", "confusion", "errors", "lengths", "reliability"]


def test_a_whole_run_has_every_figure_and_the_page_draws_each(whole_run: Path) -> None:
    found = figures(whole_run, whole_run / "evaluations" / "tuned")
    assert list(found) == NAMES
    for name, figure in found.items():
        assert figure.title
        assert "<svg" in draw(figure), name


def test_what_has_no_data_has_no_figure(run_folder: Path, add_evaluation: Callable[..., Path]) -> None:
    add_evaluation(run_folder, "tuned", wrong=0)
    tuned = run_folder / "evaluations" / "tuned"
    (tuned / "predictions.jsonl").unlink()
    assert list(figures(None, tuned)) == ["scores", "differences", "confusion"]  # nothing wrong: no errors


def test_differences_are_drawn_around_zero(run_folder: Path) -> None:
    found = figures(run_folder, run_folder / "evaluations" / "base")
    differences, scores = found["differences"], found["scores"]
    assert isinstance(differences, Intervals)
    assert isinstance(scores, Intervals)
    assert differences.low < differences.dots[0].value < 0 < differences.high
    assert differences.difference
    assert (scores.low, scores.high, [dot.strong for dot in scores.dots]) == (0, 1, [True, False])


def test_the_chosen_update_is_marked_in_every_curve(whole_run: Path) -> None:
    found = figures(whole_run, whole_run / "evaluations" / "tuned")
    curves = [figure for figure in found.values() if isinstance(figure, Curves)]
    assert [curve.mark.x if curve.mark else None for curve in curves] == [8.0, 8.0, 8.0]


@pytest.mark.parametrize(
    ("metric", "score", "low", "high"),
    [
        ("accuracy", MetricScore(0.4, 0.2, 0.6), 0.0, 1.0),
        ("pearson", MetricScore(-0.2, -0.4, 0.1), -0.42, 1.0),
        ("r2", MetricScore(-0.5, -2.0, 0.4), -2.1, 0.52),
        ("r2", MetricScore(-3.0, -4.0, -2.0), -4.2, 0.2),
        ("r2", MetricScore(0.0, 0.0, 0.0), 0.0, 0.05),
        ("perplexity", MetricScore(10.0, 8.0, 12.0), 0.0, 12.6),
    ],
)
def test_the_axis_of_scores_has_room_for_all_of_them(
    run_folder: Path, metric: str, score: MetricScore, low: float, high: float
) -> None:
    source = read_report_files(run_folder, run_folder / "evaluations" / "tuned")
    scores = replace(source.subject.scores, headline=metric, metrics={metric: score})
    found = figures_of(replace(source, subject=replace(source.subject, scores=scores), others=()))["scores"]
    assert isinstance(found, Intervals)
    assert [found.low, found.high] == pytest.approx([low, high])
    assert found.share == (metric in ("accuracy", "pearson"))
    assert "<svg" in draw(found)
