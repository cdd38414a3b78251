"""Builders for predictions and scores, so that a test states only what it is about.

    def test_…(settings, scored): scored([("a", "a"), ("b", None)], model="base").unscored == 1

*Not here:* files of a whole run (tests/evaluation/reports/conftest.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, Provenance, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import score
from lfine.schemas.task import Extract, MetricChoice

Pair = tuple[str, str | None]


@pytest.fixture
def settings() -> ScoringSettings:
    return ScoringSettings(
        metrics=(plain("accuracy"),),
        output_type="category",
        labels=("auto", "auto claims", "home"),
        extract=Extract("none", pattern=None, field=None),
        confidence=0.95,
        seed=7,
    )


@pytest.fixture
def identity() -> ScoreIdentity:
    made = Provenance(
        lfine_version="0.1.0",
        python_version="3.11.9",
        packages={"numpy": "2.0"},
        git_commit="0123456789abcdef",
        git_dirty=False,
        created="2026-07-14T09:00:00+00:00",
        command="lfine evaluate claims.yaml",
        data={"claims.csv": "ab" * 32},
    )
    return ScoreIdentity("claims", "tuned", "test", None, "plan0", "evaluation0", made, 2.0)


@pytest.fixture
def scored(settings: ScoringSettings, identity: ScoreIdentity) -> Callable[..., Scores]:
    """Score (gold, answer) pairs as rows 0, 1, 2, …; further arguments change the settings or the model's name."""

    def build(
        pairs: Sequence[Pair], *, model: str = "tuned", metrics: Sequence[str | MetricChoice] = ("accuracy",)
    ) -> Scores:
        rows = [Prediction(row_id, gold, answer) for row_id, (gold, answer) in enumerate(pairs)]
        chosen = tuple(each if isinstance(each, MetricChoice) else plain(each) for each in metrics)
        text = chosen[0].name == "rouge"
        used = replace(settings, output_type="text", labels=()) if text else settings
        return score(rows, settings=replace(used, metrics=chosen), identity=replace(identity, model=model))

    return build
