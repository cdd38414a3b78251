"""What is decided for a model that is not here, beside what is decided for one that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.compile.compiling import Source
from lfine.finetune.compile.endpoint_plan import plan_endpoint
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import EvaluationPlan, evaluation_hash
from lfine.finetune.compile.prepare import prepare_rows
from lfine.schemas.errors import TaskError
from tests.finetune.compile.bench import Bench, make_rows


def planned(bench: Bench, *overrides: str, longest: int | None = None) -> tuple[EvaluationPlan, Notes]:
    loaded = bench.load(overrides)
    source = Source(loaded.task, loaded.folder, loaded.origin, loaded.problem)
    rows = prepare_rows(loaded.task, loaded.folder, needed=(loaded.task.evaluation.split,), place=loaded.problem)
    notes = Notes(loaded.origin)
    return plan_endpoint(source, rows, notes, longest_completion=longest)[0], notes


def test_with_a_run_it_is_the_plan_of_the_tuned_model(bench: Bench) -> None:
    plan = bench.compile().plan
    found, _ = planned(bench, longest=plan.training.length.longest_completion)
    generation = plan.evaluation.generation
    assert generation is not None
    assert found == replace(plan.evaluation, generation=replace(generation, batch_size=1))
    assert evaluation_hash(found) == plan.evaluation_hash


def test_without_a_run_no_training_answer_has_more_tokens_than_bytes(bench: Bench) -> None:
    rows = make_rows()
    for row in rows:
        row["label"] = f"ä rather long label of {row['label']}"
    bench.write(rows=rows)
    found, notes = planned(bench)
    longest = max(len(row["label"].encode()) for row in rows)
    assert found.generation is not None
    assert found.generation.max_new_tokens == longest
    reason = next(each.reason for each in notes.decisions if each.path == "generation.max_new_tokens")
    assert str(longest) in reason


def test_what_the_task_says_stands(bench: Bench) -> None:
    found, _ = planned(bench, "generation.max_new_tokens=7", "generation.temperature=0.5", "generation.stop=[X]")
    assert found.generation is not None
    said = found.generation
    assert (said.max_new_tokens, said.temperature, said.stop, said.constrain) == (7, 0.5, ("X",), None)


def test_short_answers_have_room_for_what_endpoints_want_at_the_least(bench: Bench) -> None:
    rows = make_rows()
    for row in rows:
        row["label"] = row["label"][0]
    bench.write(rows=rows)
    found, _ = planned(bench)
    assert found.generation is not None
    assert found.generation.max_new_tokens == 16


def test_without_training_rows_the_limit_must_be_given(bench: Bench) -> None:
    bench.write(rows=[{**row, "split": "test"} for row in make_rows()])
    with pytest.raises(TaskError) as caught:
        planned(bench)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF101", "generation.max_new_tokens")
    assert planned(bench, "generation.max_new_tokens=7")[0].rows == len(make_rows())


@pytest.mark.parametrize(
    ("override", "code"),
    [("generation.constrain=json_schema", "LF266"), ("evaluation.metrics=[numeric_match]", "LF204")],
)
def test_what_does_not_fit_the_output_is_refused(bench: Bench, override: str, code: str) -> None:
    with pytest.raises(TaskError) as caught:
        planned(bench, override)
    assert {problem.code for problem in caught.value.problems} == {code}
