"""A small run folder as the stages before leave it, with a task, a plan, a log and two or three evaluations.

*Not here:* damaged variants; each test spoils its own copy.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.files import write_predictions, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, ScoreIdentity, ScoringSettings
from lfine.evaluation.scoring import score
from lfine.schemas.task import Extract

PLAN = {
    "format": 1,
    "task": "claims",
    "training": {"anything": [1, 2]},
    "evaluation": {},
    "decisions": [
        {"path": "adapter.alpha", "value": 16, "origin": "derived", "reason": "2r"},
        {"path": "trainer.batch_size", "value": 8, "origin": "default", "reason": ""},
    ],
    "plan_hash": "plan0",
    "evaluation_hash": "evaluation0",
}

RUN = {
    "format": 1,
    "task": "claims",
    "status": "finished",
    "created": "2026-07-14T08:00:00+00:00",
    "finished": None,
    "steps": 20,
    "train_examples": 160,
    "seconds": 65.0,
    "final_loss": 0.5,
    "best_validation_loss": None,
    "plan_hash": "plan0",
    "command": "lfine train claims.yaml",
    "versions": {"torch": "2.9.0"},
    "data": {
        "files": {"claims.csv": {"sha256": "ab" * 32, "rows": "4000"}},
        "rows": {"train": 320, "validation": 40, "test": 40},
        "cut": 12,
        "left_out": 0,
    },
}


@pytest.fixture
def add_evaluation(settings: ScoringSettings, identity: ScoreIdentity) -> Callable[..., Path]:
    """Write an evaluation folder of 40 rows of which the first `wrong` are wrong; `hostile` stands in all texts."""

    def build(run: Path, model: str, *, wrong: int, hostile: str = "", rows: int = 40) -> Path:
        folder = run / "evaluations" / model
        predictions = []
        for row_id in range(rows):
            gold = ("auto", "home")[row_id % 2]
            answer = "auto claims" if row_id < wrong else gold
            prompt = f"Which department? Message: number {row_id} of {'x' * row_id} {hostile} Department:"
            predictions.append(Prediction(row_id, gold, answer + hostile, prompt, "stop", 20 + row_id, 2))
        used = replace(
            settings, metrics=tuple(map(plain, ("accuracy", "f1", "confusion"))), extract=Extract("label", None, None)
        )
        scores = score(predictions, settings=used, identity=replace(identity, model=model))
        write_predictions(folder / "predictions.jsonl", predictions)
        write_scores(folder / "scores.json", scores)
        return folder

    return build


@pytest.fixture
def run_folder(tmp_path: Path, add_evaluation: Callable[..., Path]) -> Path:
    run = tmp_path / "claims" / "20260714T080000Z"
    add_evaluation(run, "tuned", wrong=4)
    add_evaluation(run, "base", wrong=30)
    (run / "task.yaml").write_text("base_model: smollm2  # a comment\n", encoding="utf-8")
    (run / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    (run / "run.json").write_text(json.dumps(RUN), encoding="utf-8")
    lines: list[dict[str, float]] = [{"step": step, "loss": 3 / step, "examples": 8} for step in range(1, 21)]
    lines.insert(10, {"step": 10, "validation_loss": 0.4, "seconds": 1.0})
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return run
