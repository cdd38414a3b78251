"""Which examples each update sees."""

from __future__ import annotations

import random

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train.batches import batch_rows, dealt, epoch_order, micro_batches
from tests.finetune.train.layouts import STEM, machine


def stream(rows: int, size: int, examples: int, seed: int = 1) -> list[list[int]]:
    steps = -(-examples // size)
    return [batch_rows(step, rows=rows, batch_size=size, examples=examples, seed=seed) for step in range(steps)]


def test_every_epoch_sees_every_row_once() -> None:
    seen = [row for batch in stream(7, 3, 21) for row in batch]
    assert [sorted(seen[start : start + 7]) for start in (0, 7, 14)] == [list(range(7))] * 3


def test_epochs_are_shuffled_differently_and_seeds_too() -> None:
    assert epoch_order(0, 50, 1) != epoch_order(1, 50, 1)
    assert epoch_order(0, 50, 1) != epoch_order(0, 50, 2)
    assert epoch_order(3, 50, 1) == epoch_order(3, 50, 1)


def test_the_last_update_holds_what_is_left() -> None:
    assert [len(batch) for batch in stream(10, 4, 10)] == [4, 4, 2]


def test_a_batch_larger_than_the_data_takes_rows_again() -> None:
    (batch,) = stream(3, 8, 8)
    assert sorted(batch[:3]) == [0, 1, 2]
    assert len(batch) == 8


def test_micro_batches_hold_every_example_once_longest_first() -> None:
    rows = [EncodedExample(number, (1,) * (number % 5 + 1), (2,)) for number in range(11)]
    parts = micro_batches(rows, machine(4))
    assert [len(part) for part in parts] == [4, 4, 3]
    flat = [rows[place] for part in parts for place in part]
    assert sorted(row.row_id for row in flat) == list(range(11))
    assert [row.length for row in flat] == sorted((row.length for row in rows), reverse=True)


def test_tokens_let_more_short_examples_go_together() -> None:
    rows = [EncodedExample(number, (1,) * length, (2,)) for number, length in enumerate([9, 9, 4, 4, 4, 1, 1, 1])]
    packed = micro_batches(rows, machine(2, tokens=20), 0)
    assert [[rows[place].length for place in part] for part in packed] == [[10, 10], [5, 5, 5, 2, 2], [2]]
    padded = micro_batches(rows, machine(2, "padded", tokens=20))
    assert [[rows[place].length for place in part] for part in padded] == [[10, 10], [5, 5, 5, 2], [2, 2]]


def test_a_prefix_is_no_part_of_the_tokens() -> None:
    rows = [EncodedExample(number, (1,) * 9, (2,)) for number in range(4)]
    assert len(micro_batches(rows, machine(1, tokens=8), 8)) == 1
    assert len(micro_batches(rows, machine(1, tokens=8), 0)) == 4


def test_examples_that_share_a_stem_go_together() -> None:
    """By length alone the two of each passage would be parted."""
    passages = [tuple(range(start, start + STEM)) for start in (100, 200)]
    lengths = [(0, 9), (1, 8), (0, 2), (1, 1)]
    rows = [
        EncodedExample(number, (1, *passages[which], *range(50 + number, 50 + number + length)), (2,))
        for number, (which, length) in enumerate(lengths)
    ]
    assert micro_batches(rows, machine(2), 1) == [[0, 2], [1, 3]]
    assert micro_batches(rows, machine(2, "padded")) == [[0, 1], [2, 3]]


def test_some_places_of_a_batch_are_cut_as_the_whole_is() -> None:
    rows = [EncodedExample(number, (1,) * (number % 5 + 1), (2,)) for number in range(11)]
    assert micro_batches(rows, machine(3), 0, [10, 4, 0, 9]) == [[9, 4, 10], [0]]


def test_examples_are_dealt_longest_first_and_back_and_forth() -> None:
    assert dealt([5, 9, 7, 1, 3, 8], 2) == [[1, 0, 4], [5, 2, 3]]
    assert dealt([4, 4], 3) == [[0], [1], []]
    assert dealt([2, 6, 4], 1) == [[1, 2, 0]]


def test_every_hand_holds_nearly_as_many_tokens() -> None:
    draw = random.Random(3)
    lengths = [draw.randint(10, 300) for _ in range(64)]
    for hands in (2, 4):
        tokens = [sum(lengths[place] for place in hand) for hand in dealt(lengths, hands)]
        assert max(tokens) - min(tokens) < 0.02 * sum(lengths) / hands
