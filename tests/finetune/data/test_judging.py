"""Further right answers and the texts of labels: every form of a cell, and cells that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluation.records import Prediction
from lfine.finetune.data.judging import further_answers, label_texts, texts_of
from lfine.finetune.data.places import unplaced
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from tests.finetune.compile.bench import Bench


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        (["Paris", " the city ", None, ""], ("Paris", "the city")),
        ('["Paris", "Lutetia"]', ("Paris", "Lutetia")),
        ("Paris", ("Paris",)),
        ("[Paris", ("[Paris",)),
        ("[" * 100_000, ("[" * 100_000,)),
        ([1, 2.5, True], ("1", "2.5", "true")),
        (None, ()),
        ("  ", ()),
        ([], ()),
    ],
)
def test_texts_of_a_cell(cell: object, texts: tuple[str, ...]) -> None:
    assert texts_of(cell) == texts


ROWS = [
    {"question": f"what is {n}", "note": f"note {n}", "label": "yes" if n % 2 else "no", "split": split}
    | {"others": f'["so {n}", "thus {n}"]', "choices": '["red", "blue"]'}
    for n, split in enumerate(["train"] * 6 + ["test"] * 4)
]


@pytest.fixture
def bench(tmp_path: Path, tiny_model_folder: Path) -> Bench:
    made = Bench(tmp_path, tiny_model_folder)
    made.write(rows=ROWS)
    return made


def problem(caught: pytest.ExceptionInfo[TaskError]) -> Problem:
    (found,) = caught.value.problems
    return found


def test_rows_get_what_they_are_judged_by(bench: Bench) -> None:
    said = ["evaluation={metrics: [multiple_choice, drop], references: others, choices: choices}"]
    rows = bench.prepared(said).rows
    found = rows.complete([Prediction(7, "yes", "a"), Prediction(6, "no", None)])
    assert [(each.row_id, each.references, each.choices) for each in found] == [
        (7, ("so 7", "thus 7"), ("red", "blue")),
        (6, ("so 6", "thus 6"), ("red", "blue")),
    ]
    assert bench.prepared().rows.complete([Prediction(7, "yes", "a")]) == [Prediction(7, "yes", "a")]


def test_the_plan_names_both_columns(bench: Bench) -> None:
    said = ["evaluation={metrics: [multiple_choice, drop], references: others, choices: choices}"]
    plan = bench.compile(said).plan.evaluation
    assert (plan.references, plan.choices) == ("others", "choices")


@pytest.mark.parametrize("key", ["references", "choices"])
def test_a_column_that_is_not_there(bench: Bench, key: str) -> None:
    with pytest.raises(TaskError) as caught:
        bench.compile([f"evaluation={{metrics: [multiple_choice, drop], {key}: otters}}"])
    assert (problem(caught).code, problem(caught).path) == ("LF201", f"evaluation.{key}")


def test_a_column_that_no_metric_looks_at(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        bench.compile(["evaluation.references=others"])  # accuracy, the category's own
    assert (problem(caught).code, problem(caught).path) == ("LF280", "evaluation.references")


def test_choices_that_are_no_list_for_each_label(bench: Bench) -> None:
    bench.write(rows=[row | {"choices": "red"} if n in (7, 8) else row for n, row in enumerate(ROWS)])
    with pytest.raises(TaskError) as caught:
        bench.compile(["evaluation={metrics: [multiple_choice], choices: choices}"])
    assert problem(caught).code == "LF316"
    assert problem(caught).message == "column 'choices' holds no list of 2 texts in 2 rows: 7, 8"
    table = bench.prepared().rows.table
    with pytest.raises(TaskError, match="no list of 2 to 3 texts"):
        label_texts(table, [0, 7], "choices", ("a", "b", "c"), place=unplaced)
    assert further_answers(table, [7], "choices", place=unplaced) == [("red",)]
