"""Costs of each model, what is not known left open, and the reasons by frequency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lfine.evaluation.records import EndpointUse, FailedRow, Prediction, Scores
from lfine.evaluation.reports.costs import MOST_REASONS, cost_rows, reason_rows
from lfine.evaluation.reports.sources import ModelEvaluation, ReportFiles

USE = EndpointUse("h", "m", "chat", (), 9, 3, 0, 120, 0, 7, 0.004, 0.004, None, (FailedRow(3, "429"),), (5, 6))


def report_files(subject: ModelEvaluation, *others: ModelEvaluation) -> ReportFiles:
    return ReportFiles(subject, others, None, None, None, ())


def test_time_and_tokens(scored: Callable[..., Scores]) -> None:
    scores = replace(scored([("auto", "auto"), ("home", None)]), seconds=4.0)
    rows = (Prediction(0, "auto", "auto", "p", "stop", 20, 3), Prediction(1, "home", None, "p", "stop", 30, 5))
    here, nothing = cost_rows(report_files(ModelEvaluation(scores, rows), ModelEvaluation(scores, ())))
    assert (here.rows, here.rows_per_second, here.prompt_tokens, here.completion_tokens) == (2, 0.5, 50, 8)
    assert here.tokens_per_second == 2.0
    assert (here.use, here.usd_per_thousand) == (None, None)
    assert (nothing.prompt_tokens, nothing.completion_tokens, nothing.tokens_per_second) == (None, None, None)


def test_a_remote_model_s_own_counts_and_money(scored: Callable[..., Scores]) -> None:
    remote = replace(scored([("auto", "auto"), ("home", None)]), endpoint=USE, seconds=1.0)
    (row,) = cost_rows(report_files(ModelEvaluation(remote, (Prediction(0, "a", "a", None, None, 1, 1),))))
    assert (row.prompt_tokens, row.completion_tokens) == (120, 7)
    assert row.usd_per_thousand == pytest.approx(2.0)
    assert row.rows_per_second == 2.0
    kept = replace(remote, endpoint=replace(USE, kept_answers=1))
    (row,) = cost_rows(report_files(ModelEvaluation(kept, ())))
    assert row.rows_per_second is None  # answers of an earlier command took no time now


def test_reasons_by_frequency(scored: Callable[..., Scores]) -> None:
    told = {"sql": {str(row): "no such table" if row < 3 else f"error {row}" for row in range(30)}}
    found = reason_rows(replace(scored([("auto", "auto")]), reasons=told, endpoint=USE))
    assert [(row.metric, row.reason, row.rows) for row in found][:2] == [
        ("sql", "no such table", 3),
        ("request refused", "content filter of the endpoint", 2),
    ]
    assert len(found) == MOST_REASONS
    assert reason_rows(scored([("auto", "auto")])) == []
