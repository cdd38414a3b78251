"""Builders for predictions and scores, so that a test states only what it is about.

    def test_…(settings, scored): scored([("a", "a"), ("b", None)], model="base").unscored == 1

*Not here:* files of a whole run (tests/evaluation/reports/conftest.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lfine.evaluation.records import Prediction, Provenance, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import score

Pair = tuple[str, str | None]


@pytest.fixture
def settings() -> ScoringSettings:
    return ScoringSettings(
        metrics=("accuracy",),
        output_type="category",
        labels=("auto", "auto claims", "home"),
        extract="none",
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

    def build(pairs: Sequence[Pair], *, model: str = "tuned", metrics: tuple[str, ...] = ("accuracy",)) -> Scores:
        rows = [Prediction(row_id, gold, answer) for row_id, (gold, answer) in enumerate(pairs)]
        text = metrics[0] == "rouge"
        used = replace(settings, metrics=metrics, output_type="text", labels=()) if text else settings
        return score(rows, settings=replace(used, metrics=metrics), identity=replace(identity, model=model))

    return build
