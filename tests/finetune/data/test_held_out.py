"""The held-out sample does not move: the promise that makes scores comparable."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.finetune.data.files import DataFile
from lfine.finetune.data.held_out import HeldOut, fewer_than_asked, held_out_sample
from lfine.finetune.data.splits import assign_splits
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import content_hash
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split, SplitName

MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]
VALIDATION: tuple[SplitName, ...] = ("validation",)
BY_COLUMN = Split("fixed", "split", (0.8, 0.1, 0.1), 42)
BY_HASH = Split("hash", None, (0.5, 0.1, 0.4), 42)


def rows_of(split: str, numbers: Sequence[int]) -> list[dict[str, object]]:
    return [{"q": f"question {n}", "a": n % 2, "split": split} for n in numbers]


def as_table(rows: Sequence[Mapping[str, object]]) -> Table:
    return Table(("q", "a", "split"), tuple(rows), (DataFile("a", None, "", len(rows)),), None)


def sample(
    rows: Sequence[Mapping[str, object]], *, size: int = 10, seed: int = 42, split: Split = BY_COLUMN
) -> HeldOut:
    table = as_table(rows)
    return held_out_sample(table, assign_splits(table, split, needed=()), split="test", sample_size=size, seed=seed)


def contents(rows: Sequence[Mapping[str, object]], **given: int) -> list[object]:
    return [rows[row]["q"] for row in sample(rows, **given).row_ids]  # type: ignore[arg-type]


TRAIN, TEST = rows_of("train", range(50)), rows_of("test", range(100, 140))


def test_the_sample_is_the_smallest_hashes_in_order() -> None:
    rows = TRAIN + TEST
    hashes = {row: content_hash(rows[row], ("q", "a"), 42) for row in range(50, 90)}
    assert list(sample(rows).row_ids) == sorted(hashes, key=lambda row: hashes[row])[:10]
    assert sample(rows).available == 40


numbers = st.lists(st.integers(0, 60), max_size=30)


@settings(max_examples=40, deadline=None)
@given(train=numbers, more=numbers, chance=st.randoms(use_true_random=False), seed=st.integers(0, 3))
def test_training_rows_move_nothing(train: list[int], more: list[int], chance: random.Random, seed: int) -> None:
    before = rows_of("train", train) + TEST
    after = rows_of("train", more) + TEST + rows_of("validation", train)
    chance.shuffle(after)
    assert contents(before, seed=seed) == contents(after, seed=seed)
    assert sample(before, seed=seed).sample_hash == sample(after, seed=seed).sample_hash


@settings(max_examples=40, deadline=None)
@given(added=st.lists(st.integers(200, 260), max_size=20), size=st.integers(1, 60))
def test_new_test_rows_only_step_in_between(added: list[int], size: int) -> None:
    before = contents(TRAIN + TEST, size=size)
    after = contents(TRAIN + rows_of("test", added) + TEST, size=size)
    new = {f"question {n}" for n in added}
    survivors = [text for text in after if text not in new]
    assert survivors == before[: len(survivors)]


@settings(max_examples=20, deadline=None)
@given(kept=st.sets(st.integers(0, 49)))
def test_a_split_by_hash_does_not_move_it_either(kept: set[int]) -> None:
    """Test rows keep their order when other rows go, though no column says which they are."""
    everything = TRAIN + TEST
    some = [row for n, row in enumerate(everything) if n in kept or n >= 50]
    whole = [everything[row]["q"] for row in sample(everything, size=100, split=BY_HASH).row_ids]
    present = {row["q"] for row in some}
    part = [some[row]["q"] for row in sample(some, size=100, split=BY_HASH).row_ids]
    assert part == [text for text in whole if text in present]


def test_rows_of_equal_content_follow_their_ids() -> None:
    found = sample(rows_of("test", [1, 2, 1, 1, 2]), size=5).row_ids
    assert found in [(0, 2, 3, 1, 4), (1, 4, 0, 2, 3)]


def test_how_the_split_is_written_is_no_content(table: MakeTable) -> None:
    words = TRAIN + TEST
    digits: list[dict[str, object]] = [{**row, "split": 2 if row["split"] == "test" else 0} for row in words]
    files = dataclasses.replace(
        table([{key: row[key] for key in ("q", "a")} for row in words]), given_splits=("train",) * 50 + ("test",) * 40
    )
    assigned = assign_splits(files, Split(None, None, (0.8, 0.1, 0.1), 42))
    third = held_out_sample(files, assigned, split="test", sample_size=10, seed=42)
    assert sample(words).sample_hash == sample(digits).sample_hash == third.sample_hash


def test_seed_size_and_contents_change_the_hash() -> None:
    rows = TRAIN + TEST
    changed = [*TRAIN, *TEST[:-1], {**TEST[-1], "a": "other"}]
    hashes = {
        sample(rows).sample_hash,
        sample(rows, seed=1).sample_hash,
        sample(rows, size=9).sample_hash,
        sample(changed, size=40).sample_hash,
        sample(rows, size=40).sample_hash,
    }
    assert len(hashes) == 5
    assert sample(rows, seed=1).row_ids != sample(rows).row_ids


def test_limit_takes_the_first_and_keeps_the_hash() -> None:
    whole = sample(TRAIN + TEST)
    first = whole.limit(3)
    assert first.row_ids == whole.row_ids[:3]
    assert (first.sample_hash, first.available) == (whole.sample_hash, 40)
    assert whole.limit(99) == whole
    assert whole.limit(0).row_ids == whole.limit(-1).row_ids == ()


def written(path: str) -> str:
    return {"evaluation.sample_size": "task.yaml:7"}[path]


def test_fewer_rows_than_asked_for_is_a_warning(placed: Callable[[str, str, str, str], Problem]) -> None:
    found = sample(TRAIN + TEST, size=1000)
    (warning,) = fewer_than_asked(found, 1000, origin=written, place=placed)
    assert (warning.code, warning.severity, warning.line) == ("LF306", "warning", 7)
    assert warning.message == "the split 'test' has 40 rows, fewer than evaluation.sample_size 1000"
    assert len(found.row_ids) == found.available == 40


@pytest.mark.parametrize("size", [39, 40])
def test_enough_rows_is_no_warning(size: int) -> None:
    assert fewer_than_asked(sample(TRAIN + TEST, size=size), size, origin=written) == ()


def test_a_size_that_nobody_wrote_is_no_warning() -> None:
    assert fewer_than_asked(sample(TRAIN + TEST, size=1000), 1000, origin=lambda _: "default") == ()


def test_the_validation_split_can_be_held_out() -> None:
    table = as_table(TRAIN + rows_of("validation", range(5)))
    assigned = assign_splits(table, BY_COLUMN, needed=VALIDATION)
    found = held_out_sample(table, assigned, split="validation", sample_size=3, seed=42)
    assert (found.split, len(found.row_ids)) == ("validation", 3)
    assert set(found.row_ids) <= set(range(50, 55))
