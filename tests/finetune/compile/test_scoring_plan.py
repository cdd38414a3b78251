"""What the plan says of answering and scoring: every key of generation, constraints, few-shot rows, golds to judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.finetune.compile import passes
from lfine.schemas.errors import TaskError
from tests.finetune.compile.bench import Bench


@pytest.fixture
def bench(tmp_path: Path, tiny_model_folder: Path) -> Bench:
    made = Bench(tmp_path, tiny_model_folder)
    made.write()
    return made


def test_generation_is_what_the_task_says(bench: Bench) -> None:
    said = (
        "generation={temperature: 0.7, top_p: 0.9, top_k: 40, min_p: 0.1, repetition_penalty: 1.2, stop: [Q], seed: 9}"
    )
    plan = passes.decide_generation(bench.task([said]), 12, 8, bench.notes([said]))
    drawn = (plan.temperature, plan.top_p, plan.top_k, plan.min_p, plan.repetition_penalty)
    assert drawn == (0.7, 0.9, 40, 0.1, 1.2)
    assert (plan.max_new_tokens, plan.batch_size, plan.stop, plan.seed) == (12, 8, ("Q",), 9)
    assert (plan.constrain, plan.json_schema) == (None, None)


@pytest.mark.parametrize(("constrain", "code"), [("labels", "LF265"), ("json_schema", "LF266")])
def test_a_constraint_needs_what_it_keeps_to(bench: Bench, constrain: str, code: str) -> None:
    said = f"generation.constrain={constrain}"
    with pytest.raises(TaskError) as caught:
        passes.decide_generation(bench.task([said]), 12, 8, bench.notes([said]), place=bench.place)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == (code, "generation.constrain")


def test_the_schema_is_in_the_plan_only_where_it_constrains(bench: Bench) -> None:
    said = ["generation.constrain=json_schema", "output_feature={name: label, type: json, schema: s.json}"]
    plan = passes.decide_generation(bench.task(said), 12, 8, bench.notes(said), schema="{}")
    assert plan.json_schema == "{}"
    assert passes.decide_generation(bench.task(), 12, 8, bench.notes(), schema="{}").json_schema is None


def test_few_shot_rows_are_training_rows_and_only_with_the_baseline(bench: Bench) -> None:
    assert bench.compile().plan.evaluation.few_shot_rows == ()
    asked = ["evaluation.baselines=[few_shot]", "evaluation.few_shot_examples=2"]
    compiled = bench.compile(asked)
    rows = compiled.plan.evaluation.few_shot_rows
    assert len(rows) == 2
    assert set(rows) <= set(bench.prepared(asked).rows.row_ids("train"))
    assert compiled.plan.evaluation_hash != bench.compile(["evaluation.baselines=[few_shot]"]).plan.evaluation_hash


def test_a_positive_label_that_the_data_lack(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        bench.compile(["evaluation.metrics=[{name: f1, average: binary, positive: weather}]"])
    assert [problem.code for problem in caught.value.problems] == ["LF211"]


def test_gold_answers_that_a_metric_cannot_judge_are_refused_before_training(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        bench.compile(["output_feature.type=text", "evaluation.metrics=[numeric_match]"])
    assert [problem.code for problem in caught.value.problems] == ["LF314"]
