"""Every task on all of its rows: columns and splits, encoding, two updates of a tiny random model, gold answers at 1.

    make test-tasks        (not in `make test`: some minutes)

Where the published rows are not at hand, those of tests/task_configs/samples stand in.

*Not here:* prompts and headers (test_lora_land.py).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from lfine.compiling import CompiledTask, compile_file
from lfine.evaluating import EvaluateOptions, evaluate_task
from lfine.evaluation.metrics.registry import find
from lfine.evaluation.records import Prediction
from lfine.evaluation.scoring import quick_scores
from lfine.finetune.compile.prepare import prepare_rows
from lfine.finetune.train.evaluations import scoring_settings
from lfine.schemas.loading import load_task
from lfine.training import TrainOptions, train_task
from tests.task_configs.golden_prompts import for_tiny_model
from tests.task_configs.library import ABSENT, DATA, STUDY, TASKS, full_rows, header, loaded, named, published

pytestmark = [pytest.mark.tasks, pytest.mark.shared]

every_task = pytest.mark.parametrize("path", TASKS, ids=named)

RUN = [path for path in TASKS if any(find(each.name).ready for each in loaded(path).evaluation.metrics or ())]
"""Tasks with answers that are run, as queries or programs, which only `lfine evaluate` does."""

SHORT = (
    "trainer.train_steps=2",
    "trainer.batch_size=4",
    "trainer.validation_sample=4",
    "trainer.steps_per_evaluation=null",
    "preprocessing.sample_ratio=0.05",
)
"""Two updates; a twentieth of the training rows is encoded, which of them is decided on all."""
ROWS = re.compile(r"([\d,]+) training, ([\d,]+) validation and ([\d,]+) test rows")
"""How a header gives the sizes of the splits in the data file that it names."""


def rows_of(path: Path) -> list[str]:
    rows = full_rows(path)
    if rows is None:
        pytest.skip(ABSENT)
    return rows


@every_task
def test_two_updates_give_a_finite_loss_and_gold_answers_score_one(
    path: Path, tmp_path: Path, roomy_model: Path
) -> None:
    overrides = [*rows_of(path), *for_tiny_model(roomy_model), *(SHORT if published(path) else SHORT[:-1])]
    outcome = train_task(path, TrainOptions(overrides=overrides, runs_dir=str(tmp_path / "runs")))
    assert outcome.steps == 2
    assert outcome.final_loss is not None
    assert math.isfinite(outcome.final_loss)
    scores = gold_scores(compile_file(path, overrides))
    assert scores or path in RUN
    assert {name: score for name, score in scores.items() if score != pytest.approx(1.0)} == {}


def gold_scores(compiled: CompiledTask) -> dict[str, float]:
    """Return the value of every metric on the held-out rows' own answers."""
    rows = compiled.prepared.rows
    held_out = rows.examples_of(rows.held_out().row_ids)
    answers = rows.complete([Prediction(row.row_id, row.answer, row.answer) for row in held_out])
    return quick_scores(answers, scoring_settings(compiled.plan.evaluation))


@pytest.mark.parametrize("path", RUN, ids=named)
def test_gold_answers_that_are_run_score_one(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFINE_DATA", str(DATA))
    overrides = rows_of(path)
    if not DATA.is_dir():
        pytest.skip(ABSENT)
    rows = prepare_rows(load_task(path, overrides).task, path.parent)
    golds = [{"row_id": row.row_id, "prediction": row.answer} for row in rows.examples_of(rows.held_out().row_ids)]
    file = tmp_path / "golds.jsonl"
    file.write_text("".join(f"{json.dumps(gold)}\n" for gold in golds), encoding="utf-8")
    options = EvaluateOptions(overrides=overrides, predictions=str(file), runs_dir=str(tmp_path / "runs"))
    found = evaluate_task(path, options).outcome.metrics
    assert found
    assert {name: score.value for name, score in found.items() if score.value != pytest.approx(1.0)} == {}


@pytest.mark.parametrize("path", STUDY, ids=named)
def test_its_splits_are_as_large_as_its_header_says(path: Path) -> None:
    if published(path) is None:
        pytest.skip(ABSENT)
    task = load_task(path, rows_of(path)).task
    counts = Counter(prepare_rows(task, path.parent).splits.names)
    written = ROWS.search(" ".join(header(path).split()))
    assert written is not None
    sizes = [int(number.replace(",", "")) for number in written.groups()]
    assert sizes == [counts["train"], counts["validation"], counts["test"]]
