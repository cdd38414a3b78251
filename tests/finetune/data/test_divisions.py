"""Dividing by chance, in strata, in groups and along time."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pytest

from lfine.finetune.data.divisions import Asked, Division, divide
from lfine.finetune.data.held_out import held_out_sample
from lfine.finetune.data.places import unplaced
from lfine.finetune.data.splits import SplitAssignment, assign_splits
from lfine.finetune.data.tables import Table
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split, SplitName

Problems = Callable[[Callable[[], object]], list[Problem]]
MakeSplit = Callable[..., Split]
MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]
Rows = list[dict[str, object]]
Divide = Callable[..., Division]

AUTHORS = 60
HALF = (0.5, 0.25, 0.25)


def many(n: int) -> Rows:
    """Rows of 60 authors, three labels of unequal frequency, and a day each."""
    return [
        {
            "q": f"question {row}",
            "author": f"author {row % AUTHORS}",
            "label": "rare" if row % 50 == 0 else "often" if row % 2 else "seldom",
            "day": (dt.date(2024, 1, 1) + dt.timedelta(days=row)).isoformat(),
        }
        for row in range(n)
    ]


@pytest.fixture
def divided(table: MakeTable, split: MakeSplit) -> Divide:
    def run(rows: Rows, kind: str, column: str = "", **given: object) -> Division:
        made = table(rows)
        return divide(Asked(made, made, split(type=kind, column=column or None, **given), column, unplaced))

    return run


def counts(names: Sequence[SplitName]) -> tuple[int, int, int]:
    found = Counter(names)
    return found["train"], found["validation"], found["test"]


# --- random ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "expected"), [(1000, (800, 100, 100)), (1005, (803, 101, 101)), (10, (8, 1, 1))])
def test_random_has_exact_shares(divided: Divide, n: int, expected: tuple[int, int, int]) -> None:
    assert counts(divided(many(n), "random").names) == expected


def test_random_goes_by_the_row_number_alone(divided: Divide) -> None:
    rows = many(300)
    names = divided(rows, "random").names
    assert divided(rows[::-1], "random").names == names
    assert divided(rows, "random", seed=7).names != names
    assert "rows must keep their order" in divided(rows, "random").reason


def test_rows_appended_move_few_others(divided: Divide) -> None:
    before, after = divided(many(1000), "random").names, divided(many(1010), "random").names
    assert sum(a != b for a, b in zip(before, after, strict=False)) <= 10


def test_random_warns_of_equal_rows_apart(divided: Divide) -> None:
    rows = many(200)
    assert divided(rows, "random").warnings == ()
    found = divided(rows + rows, "random")
    (warning,) = found.warnings
    apart = sum(2 for a, b in zip(found.names[:200], found.names[200:], strict=True) if a != b)
    assert (warning.code, warning.severity, warning.path) == ("LF323", "warning", "preprocessing.split.type")
    assert warning.message.startswith(f"{apart} rows stand on another side than an equal row: ")
    assert 20 < apart < 200
    assert "hash" in warning.cure


# --- stratify --------------------------------------------------------------------------------------------------------


def test_each_value_has_the_shares_of_the_whole(divided: Divide) -> None:
    rows = many(1000)
    found = divided(rows, "stratify", "label")
    by_label = {
        label: counts([name for row, name in zip(rows, found.names, strict=True) if row["label"] == label])
        for label in ("often", "seldom", "rare")
    }
    assert by_label == {"often": (400, 50, 50), "seldom": (384, 48, 48), "rare": (16, 2, 2)}
    assert found.warnings == ()
    assert found.reason.startswith("80/10/10 of each of 3 values of column 'label', by a hash of each row's content")


def test_stratify_does_not_look_at_the_order_of_rows(divided: Divide) -> None:
    rows = many(500)
    whole = dict(zip((row["q"] for row in rows), divided(rows, "stratify", "label").names, strict=True))
    mixed = random.Random(3).sample(rows, len(rows))
    assert [whole[row["q"]] for row in mixed] == list(divided(mixed, "stratify", "label").names)
    assert divided(rows, "stratify", "label", seed=1).names != divided(rows, "stratify", "label", seed=2).names


def test_values_with_too_few_rows_are_for_training_and_said(divided: Divide) -> None:
    rows = [*many(100), {**many(1)[0], "label": "lonely"}, *({**row, "label": "pair"} for row in many(2))]
    found = divided(rows, "stratify", "label")
    (warning,) = found.warnings
    assert found.names[100] == "train"
    assert "train" in found.names[101:]
    assert (warning.code, warning.severity) == ("LF324", "warning")
    assert "'lonely' (1 row, none in test and validation)" in warning.message
    assert "'often'" not in warning.message


def test_a_column_of_different_values_leaves_no_test(table: MakeTable, split: MakeSplit, problems: Problems) -> None:
    (problem,) = problems(lambda: assign_splits(table(many(50)), split(type="stratify", column="q")))
    assert (problem.code, problem.message) == (
        "LF305",
        "no row is in the split 'test' (train 50, validation 0, test 0)",
    )
    assert problem.cure.startswith("stratify by a column whose values have more rows")


def test_stratify_warns_of_equal_rows_apart(divided: Divide) -> None:
    found = divided(many(3) * 40, "stratify", "author")
    assert [warning.code for warning in found.warnings] == ["LF323"]


# --- group -----------------------------------------------------------------------------------------------------------


def test_a_group_is_never_divided(divided: Divide) -> None:
    rows = many(600)
    found = divided(rows, "group", "author", probabilities=HALF)
    sides = {(row["author"], name) for row, name in zip(rows, found.names, strict=True)}
    assert len(sides) == AUTHORS
    assert len({name for _, name in sides}) == 3
    assert found.reason == "about 50/25/25 by a hash of column 'author', 60 values, seed 42"


def test_no_row_that_comes_or_goes_moves_a_group(divided: Divide) -> None:
    rows = many(600)
    before = divided(rows, "group", "author", probabilities=HALF).names
    side = {row["author"]: name for row, name in zip(rows, before, strict=True)}
    other = [*reversed(rows[100:]), *({**row, "author": f"new {n}"} for n, row in enumerate(many(300)))]
    after = divided(other, "group", "author", probabilities=HALF).names
    known = [(side[row["author"]], name) for row, name in zip(other, after, strict=True) if row["author"] in side]
    assert len(known) == 500
    assert all(was == now for was, now in known)


def test_rows_without_a_group_stand_alone_and_are_said(divided: Divide) -> None:
    rows: Rows = [{**row, "author": None if n < 300 else " "} for n, row in enumerate(many(600))]
    found = divided(rows, "group", "author", probabilities=HALF)
    (warning,) = found.warnings
    assert min(counts(found.names)) > 100
    assert (warning.code, warning.severity) == ("LF328", "warning")
    assert warning.message == "column 'author' is empty in 600 rows: 0, 1, 2, 3, 4 and 595 more"
    assert divided(rows * 2, "group", "author", probabilities=HALF).names[:600] == found.names


# --- datetime --------------------------------------------------------------------------------------------------------


def test_the_latest_rows_are_the_test(divided: Divide) -> None:
    rows = random.Random(5).sample(many(100), 100)
    found = divided(rows, "datetime", "day")
    days: dict[str, list[str]] = {}
    for row, name in zip(rows, found.names, strict=True):
        days.setdefault(name, []).append(str(row["day"]))
    assert counts(found.names) == (80, 10, 10)
    assert max(days["train"]) < min(days["validation"]) <= max(days["validation"]) < min(days["test"])
    assert divided(rows, "datetime", "day", seed=9).names == found.names


def test_equal_moments_stay_together(divided: Divide) -> None:
    rows = [{**row, "day": n // 7} for n, row in enumerate(many(100))]
    found = divided(rows, "datetime", "day")
    assert len({(row["day"], name) for row, name in zip(rows, found.names, strict=True)}) == 15
    assert counts(found.names) == (77, 14, 9)


def test_values_without_an_order_are_named(divided: Divide, problems: Problems) -> None:
    rows = many(9)
    for row, day in ((2, "3/4/2020"), (5, "3/4/2020"), (6, None), (7, "2020")):
        rows[row]["day"] = day
    (problem,) = problems(lambda: divided(rows, "datetime", "day"))
    assert (problem.code, problem.path) == ("LF322", "preprocessing.split.column")
    assert problem.message == (
        "column 'day' has values that are no ISO dates: '3/4/2020' (2 rows: 2, 5), '' (1 row: 6), '2020' (1 row: 7)"
    )


def test_numbers_and_dates_do_not_mix(divided: Divide, problems: Problems) -> None:
    rows = many(9)
    rows[4]["day"] = 2020
    (problem,) = problems(lambda: divided(rows, "datetime", "day"))
    assert problem.message == "column 'day' has values that are no ISO dates: '2020' (1 row: 4)"


def test_one_moment_leaves_no_test(table: MakeTable, split: MakeSplit, problems: Problems) -> None:
    rows = table([{**row, "day": 1} for row in many(20)])
    (problem,) = problems(lambda: assign_splits(rows, split(type="datetime", column="day")))
    assert (problem.code, problem.cure[:29]) == ("LF305", "go by a column with more valu")


# --- the held-out sample ---------------------------------------------------------------------------------------------


def assigned(table: Table, kind: str, split: MakeSplit) -> SplitAssignment:
    columns = {"fixed": "fold", "group": "author"}
    shares = {} if kind == "fixed" else {"probabilities": HALF}
    return assign_splits(table, split(type=kind, column=columns.get(kind), **shares), needed=())


@pytest.mark.parametrize("kind", ["fixed", "hash", "group"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_training_rows_never_move_the_held_out_sample(table: MakeTable, split: MakeSplit, kind: str, seed: int) -> None:
    """Training rows are removed, mixed and added (of known and of new groups); the sample stays row for row."""
    chance = random.Random(seed)
    rows: Rows = [{**row, "fold": ("train", "test")[n % 3 == 0]} for n, row in enumerate(many(400))]
    before = assigned(table(rows), kind, split)
    new: Rows = [{**row, "q": f"new {n}", "author": f"author {n % 80}", "fold": "train"} for n, row in enumerate(rows)]
    sides = assigned(table(new), kind, split)
    training = [row for row, name in zip(rows, before.names, strict=True) if name == "train"]
    rest = [row for row, name in zip(rows, before.names, strict=True) if name != "train"]
    added = [row for row, name in zip(new, sides.names, strict=True) if name == "train"]
    kept = chance.sample(training, len(training) // 2)
    changed = table([*added, *rest[::-1], *kept])
    after = assigned(changed, kind, split)

    def sample(of: Table, found: SplitAssignment) -> list[object]:
        ids = held_out_sample(of, found, split="test", sample_size=30, seed=42).row_ids
        return [of.rows[row]["q"] for row in ids]

    assert sample(changed, after) == sample(table(rows), before)
    assert len(after.rows("train")) == len(kept) + len(added) > 100
