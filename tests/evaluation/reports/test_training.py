"""Figures of the training: the metric that is drawn, the best evaluation, seconds and tokens."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lfine.evaluation.reports.sources import Decision, LogLine, PlanFile, RunFile
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

LOG = (
    LogLine(1, loss=3.0, tokens=100, computed_tokens=40, step_seconds=1.5),
    LogLine(2, loss=2.0, tokens=120, computed_tokens=50, step_seconds=0.5),
    LogLine(2, validation_loss=1.75, metrics={"f1": 0.5, "accuracy": 0.25}, best=True, seconds=4.0),
    LogLine(2, seconds=0.25),
    LogLine(3, loss=1.0, tokens=80, computed_tokens=30, step_seconds=1.0),
    LogLine(4, validation_loss=1.5, metrics={"f1": 0.75, "accuracy": 0.5}, best=True, seconds=3.0),
    LogLine(6, validation_loss=1.25, metrics={"f1": 0.625}, seconds=3.0),
)


def plan_by(value: object) -> PlanFile:
    return PlanFile((Decision("trainer.save_best_by", value, "task.yaml:3", ""),), "0")


def test_metrics_are_named_in_the_order_of_the_log() -> None:
    assert watched(LOG) == ("f1", "accuracy")
    assert watched(LOG[:2]) == ()


@pytest.mark.parametrize(
    ("plan", "headline", "shown"),
    [
        (plan_by("accuracy"), "f1", "accuracy"),
        (plan_by("loss"), "accuracy", "accuracy"),
        (plan_by(None), "f1", "f1"),
        (None, "rougeL", "f1"),
        (plan_by("gone"), "rougeL", "f1"),
    ],
)
def test_the_metric_that_chose_the_adapter_is_drawn(plan: PlanFile | None, headline: str, shown: str) -> None:
    assert shown_metric(watched(LOG), plan, headline) == shown


def test_without_metrics_nothing_is_drawn() -> None:
    assert shown_metric((), plan_by("accuracy"), "accuracy") is None


def test_a_metric_by_update_in_points() -> None:
    line, points = metric_curves(LOG, "f1")
    assert line.places == points.places == ((2.0, 50.0), (4.0, 75.0), (6.0, 62.5))
    assert (line.name, points.name) == ("", "f1")
    assert [places for _, places in metric_curves(LOG, "accuracy")[0].places] == [25.0, 50.0]
    again = (*LOG, LogLine(2, validation_loss=1.0, metrics={"f1": 0.1}))
    assert metric_curves(again, "f1")[0].places[0] == (2.0, 10.0)
    assert metric_curves((LogLine(1, validation_loss=1.0, metrics={"f1": math.nan}),), "f1") == []


def test_the_best_is_the_run_s_own_or_the_last_that_was_best() -> None:
    assert best_step(LOG, None) == 4
    assert best_step(LOG, RunFile(best_step=2)) == 2
    assert best_step(LOG, RunFile()) == 4
    assert best_step(LOG[:2], None) is None


def test_rows_of_evaluations() -> None:
    assert evaluation_rows(LOG, 4) == [
        EvaluationRow(2, 1.75, (0.5, 0.25), best=False),
        EvaluationRow(4, 1.5, (0.75, 0.5), best=True),
        EvaluationRow(6, 1.25, (0.625, None), best=False),
    ]


def test_seconds_and_tokens_add_up() -> None:
    assert spent(LOG) == Spent(updating=3.0, evaluating=10.0, saving=0.25, tokens=300, computed=120)
    assert spent(()) == Spent(None, None, None, None, None)


def test_what_one_line_does_not_say_is_not_known() -> None:
    older = tuple(replace(line, computed_tokens=None) for line in LOG)
    assert (spent(older).tokens, spent(older).computed) == (300, None)
    assert spent((replace(LOG[0], tokens=None), LOG[1])).tokens is None
