"""The share of the training rows that is used."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest

from lfine.finetune.data.samples import training_sample
from lfine.finetune.data.splits import SplitAssignment
from lfine.finetune.data.tables import Table
from lfine.schemas.task import SplitName

MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]
Rows = list[dict[str, object]]


def many(n: int) -> Rows:
    return [{"q": f"question {row}", "part": "test" if row % 5 == 0 else "train"} for row in range(n)]


def sampled(table: Table, ratio: float, seed: int = 42) -> list[object]:
    names: list[SplitName] = ["test" if row["part"] == "test" else "train" for row in table.rows]
    splits = SplitAssignment(tuple(names), "fixed", "part", "")
    return [table.rows[row]["q"] for row in training_sample(table, splits, ratio=ratio, seed=seed)]


@pytest.mark.parametrize(("ratio", "n"), [(1.0, 80), (0.5, 40), (0.1, 8), (0.30, 24), (0.0187, 1), (1e-9, 1)])
def test_the_share_is_the_nearest_number_and_at_least_one(table: MakeTable, ratio: float, n: int) -> None:
    found = sampled(table(many(100)), ratio)
    assert len(found) == n
    assert found == [row["q"] for row in many(100) if row["q"] in found]  # in the order of the data
    assert "question 5" not in found


def test_a_smaller_share_is_part_of_a_larger_one(table: MakeTable) -> None:
    rows = table(many(200))
    sets = [set(sampled(rows, ratio)) for ratio in (0.05, 0.1, 0.4, 0.41, 1.0)]
    assert all(small < large for small, large in pairwise(sets))


def test_neither_order_nor_other_splits_change_it(table: MakeTable) -> None:
    rows = many(200)
    mixed = random.Random(1).sample(rows, len(rows))
    without = [row for row in rows if row["part"] == "train"]
    assert set(sampled(table(mixed), 0.2)) == set(sampled(table(rows), 0.2)) == set(sampled(table(without), 0.2))
    assert sampled(table(rows), 0.2, seed=7) != sampled(table(rows), 0.2)


def test_no_training_rows_give_no_sample(table: MakeTable) -> None:
    assert sampled(table([{"q": "a", "part": "test"}]), 0.5) == []
