"""Few-shot examples of a task: which rows, what is refused, and what training does without."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lfine.finetune.compile.few_shot import few_shot_renderer, few_shot_rows, shown_rows, without_shown
from lfine.finetune.compile.prepare import PreparedRows, prepare_rows
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.values import content_hash
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from tests.finetune.compile.bench import Bench, find, make_rows


def rows_of(bench: Bench, *overrides: str) -> PreparedRows:
    loaded = bench.load(overrides)
    return prepare_rows(loaded.task, loaded.folder, place=loaded.problem)


def problems_of(bench: Bench, *overrides: str) -> Sequence[Problem]:
    with pytest.raises(TaskError) as caught:
        shown_rows(rows_of(bench, *overrides))
    return caught.value.problems


def test_the_training_rows_with_the_smallest_hash(bench: Bench) -> None:
    rows = rows_of(bench, "prompt.examples=3")
    names = ["question", "note", "label"]
    by_hash = sorted(rows.row_ids("train"), key=lambda row_id: content_hash(rows.table.rows[row_id], names, 42))
    assert shown_rows(rows) == few_shot_rows(rows, 3, 42) == tuple(by_hash[:3])
    assert few_shot_rows(rows, 0, 42) == ()
    assert few_shot_rows(rows, 3, 7) != few_shot_rows(rows, 3, 42)
    assert shown_rows(rows_of(bench)) == ()


def test_added_and_reordered_rows_move_no_example(bench: Bench) -> None:
    def shown() -> list[tuple[str, str]]:
        rows = rows_of(bench)
        return [(row.values["question"], row.answer) for row in rows.examples_of(few_shot_rows(rows, 8, 42))]

    before, data = shown(), make_rows()
    bench.write(rows=data[::-1])
    assert shown() == before
    bench.write(rows=[{**data[0], "question": f"new {n}"} for n in range(20)] + data)
    kept = [each for each in shown() if not each[0].startswith("new")]
    assert kept == before[: len(kept)]
    assert 3 <= len(kept) < 8


def test_rows_that_read_alike_are_shown_once(bench: Bench) -> None:
    data = make_rows()
    first = few_shot_rows(rows_of(bench), 1, 42)[0]
    bench.write(rows=[*data, {**data[first], "split": "train"}])
    rows = rows_of(bench)
    chosen = few_shot_rows(rows, 40, 42)
    assert len({row.values["question"] for row in rows.examples_of(chosen)}) == 40
    assert chosen[0] == first


def test_more_examples_than_there_are_rows(bench: Bench) -> None:
    (problem,) = problems_of(bench, "prompt.examples=41")
    assert (problem.code, problem.path) == ("LF341", "prompt.examples.count")
    assert problem.message == "41 examples asked for, and there are 40 different rows in the training split"
    rows = rows_of(bench)
    with pytest.raises(TaskError) as caught:
        few_shot_rows(rows, 41, 42, key="evaluation.few_shot_examples")
    assert caught.value.problems[0].path == "evaluation.few_shot_examples"


def test_rows_given_by_id_stay_in_their_order(bench: Bench) -> None:
    assert shown_rows(rows_of(bench, "prompt.examples={count: 3, row_ids: [9, 2, 30]}")) == (9, 2, 30)


def test_rows_that_are_not_for_training_are_refused_at_their_key(bench: Bench) -> None:
    (problem,) = problems_of(bench, "prompt.examples={count: 4, row_ids: [2, 41, 50, 99]}")
    assert (problem.code, problem.path) == ("LF340", "prompt.examples.row_ids")
    assert "row 41 is in the validation split, row 50 is in the test split" in problem.message
    assert "there is no row 99 (the last is 53)" in problem.message


def test_the_baselines_renderer_has_other_examples_and_nothing_else(bench: Bench) -> None:
    prepared = bench.prepared(["prompt.examples=1", "prompt.system=Be brief."])
    plain, own = few_shot_renderer(prepared, ()), prepared.model.renderer
    other = few_shot_renderer(prepared, (9, 2))
    assert plain.hash == bench.prepared(["prompt.system=Be brief."]).model.renderer.hash != own.hash
    assert [shot.row_id for shot in other.shots] == [9, 2]
    values = {"question": "who", "note": "x"}
    nine, two = prepared.rows.examples_of([9, 2])
    text = other.prompt_text(values)
    assert text.index(nine.values["question"]) < text.index(two.values["question"]) < text.index("who")
    assert text.startswith("<|im_start|>system\nBe brief.<|im_end|>\n")
    assert few_shot_renderer(prepared, shown_rows(prepared.rows)).hash == own.hash


def test_rows_without_those_that_read_like_an_example() -> None:
    rows = [
        Example(0, {"q": "a"}, "x"),
        Example(1, {"q": "a"}, "y"),
        Example(2, {"q": "b"}, "x"),
        Example(3, {"q": "a"}, "x"),
    ]
    assert without_shown(rows, rows[:1]) == rows[1:3]
    assert without_shown(rows, ()) == rows


# --- in the plan -----------------------------------------------------------------------------------------------------


def test_shown_rows_are_not_trained_on_and_counted(bench: Bench) -> None:
    compiled = bench.compile(["prompt.examples=3"])
    shown = compiled.plan.training.prompt.example_rows
    assert len(shown) == 3
    assert {row.row_id for row in compiled.rows.train} == set(range(40)) - set(shown)
    assert find(compiled.plan.decisions, "rows shown as examples").value == 3
    found = find(compiled.plan.decisions, "prompt.examples.row_ids")
    assert (found.value, found.origin) == (list(shown), "derived")
    assert "seed 42" in found.reason
    assert compiled.plan.training.length.shared_prefix > 60  # all prompts begin with the examples


def test_examples_are_another_plan(bench: Bench) -> None:
    wanted = [[], ["prompt.examples=1"], ["prompt.examples=2"], ["prompt.examples={count: 2, seed: 7}"]]
    plans = [bench.compile(each).plan for each in wanted]
    assert len({plan.plan_hash for plan in plans}) == len({plan.training.prompt.hash for plan in plans}) == 4
    named = ["prompt.examples={count: 2, row_ids: " + str(list(plans[2].training.prompt.example_rows)) + "}"]
    assert bench.compile(named).plan.plan_hash == plans[2].plan_hash


def test_a_training_split_of_nothing_but_examples(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        bench.compile(["prompt.examples=40"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF341", "prompt.examples.count")
    assert "none is left to train on" in problem.message
