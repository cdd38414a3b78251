"""Which row is on which side."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pytest

from lfine.finetune.data.splits import SplitAssignment, assign_splits
from lfine.finetune.data.tables import Table
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split, SplitName

Problems = Callable[[Callable[[], object]], list[Problem]]
MakeSplit = Callable[..., Split]
MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]

VALIDATION: tuple[SplitName, ...] = ("validation",)


def column(values: Sequence[object], name: str = "split") -> list[dict[str, object]]:
    return [{"q": f"text {row}", name: value} for row, value in enumerate(values)]


def many(n: int) -> list[dict[str, object]]:
    return [{"q": f"question {row}", "a": row % 3} for row in range(n)]


def test_a_column_called_split_decides(table: MakeTable, split: MakeSplit) -> None:
    rows = table(column(["train", "test", "Validation", " TRAIN ", "test"]))
    found = assign_splits(rows, split())
    assert found.names == ("train", "test", "validation", "train", "test")
    assert (found.type, found.column, found.reason) == ("fixed", "split", "the data have a column 'split'")
    assert (found.rows("train"), found.rows("test")) == ((0, 3), (1, 4))
    assert found.content_columns(rows) == ("q",)
    assert found.counts() == "train 2, validation 1, test 2"


@pytest.mark.parametrize("values", [[0, 1, 2], ["0", "1", "2"], ["train", 1, "test"]])
def test_numbers_mean_splits_too(table: MakeTable, split: MakeSplit, values: list[object]) -> None:
    found = assign_splits(table(column(values, "part")), split(type="fixed", column="part"))
    assert found.names == ("train", "validation", "test")
    assert (found.column, found.reason) == ("part", "column 'part', as the task says")


def test_a_column_alone_means_fixed(table: MakeTable, split: MakeSplit) -> None:
    assert assign_splits(table(column([0, 2], "part")), split(column="part")).type == "fixed"


def test_values_that_mean_nothing_are_counted(table: MakeTable, split: MakeSplit, problems: Problems) -> None:
    rows = table(column(["train", *["dev"] * 7, "test", "", None, "3", 1.0]))
    (problem,) = problems(lambda: assign_splits(rows, split()))
    assert (problem.code, problem.path) == ("LF304", "preprocessing.split.column")
    assert problem.message == (
        "column 'split' has values that mean no split: 'dev' (7 rows: 1, 2, 3, 4, 5 and 2 more), '' (2 rows: 9, 10), "
        "'1.0' (1 row: 12), '3' (1 row: 11)"
    )
    assert problem.cure.startswith("write train, validation or test (or 0, 1, 2): 'dev' is 'validation' here; or ")


def test_a_missing_column_and_its_neighbour(table: MakeTable, split: MakeSplit, problems: Problems) -> None:
    rows = table(column(["train"], "splits"))
    (problem,) = problems(lambda: assign_splits(rows, split(type="fixed")))
    assert (problem.code, problem.message) == ("LF201", "the data have no column 'split' to split by")
    assert problem.cure == "did you mean `splits`?"


def test_hash_shares_are_near_those_asked_for(table: MakeTable, split: MakeSplit) -> None:
    found = assign_splits(table(many(4000)), split())
    counts = Counter(found.names)
    # the standard deviation of a share of 0.1 of 4,000 is 19 rows
    assert abs(counts["train"] - 3200) < 100
    assert abs(counts["test"] - 400) < 80
    assert found.type == "hash"
    assert found.reason == "80/10/10 by a hash of each row's content, seed 42: the data have no column 'split'"


def test_hash_looks_at_nothing_but_the_row(table: MakeTable, split: MakeSplit) -> None:
    rows = many(300)
    whole = dict(zip((row["q"] for row in rows), assign_splits(table(rows), split()).names, strict=True))
    kept = list(reversed(rows[50:250]))
    part = assign_splits(table(kept), split()).names
    assert list(part) == [whole[row["q"]] for row in kept]


def test_equal_rows_stay_on_one_side(table: MakeTable, split: MakeSplit) -> None:
    found = assign_splits(table(many(200) * 3), split()).names
    assert found[:200] == found[200:400] == found[400:]


def test_another_seed_is_another_division(table: MakeTable, split: MakeSplit) -> None:
    rows = table(many(300))
    assert assign_splits(rows, split(seed=1)).names != assign_splits(rows, split(seed=2)).names


def test_hash_may_be_asked_for_in_spite_of_a_column(table: MakeTable, split: MakeSplit) -> None:
    rows = table(column(["whatever"] * 200))
    found = assign_splits(rows, split(type="hash"))
    assert (found.type, found.column) == ("hash", None)
    assert found.content_columns(rows) == ("q", "split")
    assert found.reason.endswith("as the task says")


@pytest.mark.parametrize(
    ("probabilities", "present"),
    [((0.5, 0.0, 0.5), {"train", "test"}), ((1.0, 0.0, 0.0), {"train"}), ((0.0, 0.0, 1.0), {"test"})],
)
def test_a_share_of_nothing_gets_no_row(
    table: MakeTable, split: MakeSplit, probabilities: tuple[float, ...], present: set[str]
) -> None:
    found = assign_splits(table(many(500)), split(type="hash", probabilities=probabilities), needed=())
    assert set(found.names) == present


@pytest.mark.parametrize("probabilities", [(0.8, 0.2), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1), ()])
def test_shares_that_do_not_add_up(
    table: MakeTable, split: MakeSplit, problems: Problems, probabilities: tuple[float, ...]
) -> None:
    (problem,) = problems(lambda: assign_splits(table(many(9)), split(probabilities=probabilities)))
    assert (problem.code, problem.path) == ("LF239", "preprocessing.split.probabilities")
    assert problem.message.endswith(f"got {list(probabilities)}")


def test_shares_may_be_off_by_rounding(table: MakeTable, split: MakeSplit) -> None:
    assert len(assign_splits(table(many(100)), split(probabilities=(0.7, 0.1, 0.2)), needed=()).names) == 100


def test_the_last_split_takes_what_rounding_leaves(
    table: MakeTable, split: MakeSplit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lfine.finetune.data.divisions.content_hash", lambda *_: b"\xff" * 32)
    shares = (0.7, 0.1, 0.1999995)
    assert assign_splits(table(many(1)), split(probabilities=shares), needed=()).names == ("test",)
    assert assign_splits(table(many(1)), split(probabilities=(1.0, 0.0, 0.0)), needed=()).names == ("train",)


@pytest.mark.parametrize("kind", ["hash", "random"])
def test_hash_and_chance_take_no_column(table: MakeTable, split: MakeSplit, problems: Problems, kind: str) -> None:
    (problem,) = problems(lambda: assign_splits(table(many(9)), split(type=kind, column="a")))
    assert (problem.code, problem.path) == ("LF235", "preprocessing.split.column")


@pytest.mark.parametrize("kind", ["stratify", "group", "datetime"])
def test_the_others_need_a_column(table: MakeTable, split: MakeSplit, problems: Problems, kind: str) -> None:
    (problem,) = problems(lambda: assign_splits(table(many(9)), split(type=kind)))
    assert (problem.code, problem.path) == ("LF238", "preprocessing.split.column")
    (problem,) = problems(lambda: assign_splits(table(many(9)), split(type=kind, column="Q")))
    assert (problem.code, problem.cure) == ("LF201", "did you mean `q`?")


def test_stratify_goes_by_the_output_unless_told(table: MakeTable, split: MakeSplit) -> None:
    rows = table(many(90))
    assert assign_splits(rows, split(type="stratify"), output_column="a").column == "a"
    found = assign_splits(rows, split(type="stratify", column="a"), output_column="q")
    assert (found.type, found.column) == ("stratify", "a")
    assert found.content_columns(rows) == ("q", "a")


def test_the_content_is_that_of_the_rows_as_read(table: MakeTable, split: MakeSplit) -> None:
    read = table(many(200))
    made = table([{**row, "b": "made"} for row in many(200)])
    for kind in ("hash", "stratify"):
        asked = split(type=kind, column=None if kind == "hash" else "a")
        assert assign_splits(made, asked, content=read).names == assign_splits(read, asked).names
    assert assign_splits(made, split()).names != assign_splits(read, split()).names


def test_separate_files_win(table: MakeTable, split: MakeSplit) -> None:
    divided = dataclasses.replace(table(column(["whatever"] * 3)), given_splits=("train", "validation", "test"))
    found = assign_splits(divided, split())
    assert found == SplitAssignment(
        ("train", "validation", "test"), "files", None, "the data come divided: a file or hub split for each"
    )


@pytest.mark.parametrize("given", [{"type": "hash"}, {"column": "split"}, {"type": "fixed", "column": "split"}])
def test_separate_files_and_a_split_exclude_each_other(
    table: MakeTable, split: MakeSplit, problems: Problems, given: dict[str, str]
) -> None:
    divided = dataclasses.replace(table(column(["train", "test"])), given_splits=("train", "test"))
    (problem,) = problems(lambda: assign_splits(divided, split(**given)))
    assert (problem.code, problem.path) == ("LF206", "preprocessing.split")


def test_needed_splits_without_a_row_come_together(table: MakeTable, split: MakeSplit, problems: Problems) -> None:
    rows = table(column(["validation"] * 3))
    found = problems(lambda: assign_splits(rows, split()))
    assert [problem.message for problem in found] == [
        "no row is in the split 'train' (train 0, validation 3, test 0)",
        "no row is in the split 'test' (train 0, validation 3, test 0)",
    ]
    assert {problem.code for problem in found} == {"LF305"}
    assert found[1].cure.startswith("give some rows the value test in column 'split'")
    assert assign_splits(rows, split(), needed=VALIDATION).rows("validation") == (0, 1, 2)


def test_the_cure_of_an_empty_split_fits_the_type(table: MakeTable, split: MakeSplit, problems: Problems) -> None:
    divided = dataclasses.replace(table(many(2)), given_splits=("train", "train"))
    (problem,) = problems(lambda: assign_splits(divided, split()))
    assert "dataset.test" in problem.cure
    (problem,) = problems(lambda: assign_splits(table(many(5)), split(probabilities=(1.0, 0.0, 0.0))))
    assert "probabilities" in problem.cure


def test_problems_point_into_the_task_file(
    table: MakeTable, split: MakeSplit, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    (problem,) = problems(lambda: assign_splits(table(column(["dev"])), split(), place=placed))
    assert (problem.file, problem.line) == ("task.yaml", 7)
