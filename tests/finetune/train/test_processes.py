"""One process, and the arithmetic of several: who takes which example. Two real ones: test_several_processes.py."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import torch
from torch import nn

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.train import processes as module
from lfine.finetune.train.batches import micro_batches
from lfine.finetune.train.processes import ElsewhereError, Processes, buckets, connection
from tests.finetune.train.layouts import machine


def batch_of(lengths: Sequence[int]) -> list[EncodedExample]:
    return [EncodedExample(number, tuple(range(length - 1)), (2,)) for number, length in enumerate(lengths)]


def test_one_process_takes_everything_as_it_would_without_others() -> None:
    alone, batch = Processes(), batch_of([5, 9, 7, 9, 3])
    assert (alone.first, alone.alone) == (True, True)
    assert alone.share(batch, machine(2)) == [(part, 1.0) for part in micro_batches(batch, machine(2))]
    assert sorted(alone.places([4, 8, 6])) == [0, 1, 2]
    assert (alone.sum(0.1), alone.any(True), alone.any(False)) == (0.1, True, False)
    assert (alone.from_first(lambda: 7), alone.after_first(lambda: 8), alone.gathered(9)) == (7, 8, [9])
    alone.wait()


def test_what_a_person_is_told() -> None:
    assert (Processes().described, Processes(1, 2).described) == ("", " by 2 processes")
    assert Processes(0, 4, sharded=True).described == " by 4 processes with the weights in shares (FSDP2)"


def test_one_process_leaves_gradients_and_the_random_state_alone() -> None:
    weight = nn.Parameter(torch.ones(3))
    state = torch.random.get_rng_state()
    Processes().sum_gradients([weight])
    Processes().take_first([weight.data])
    Processes().seed_update(1, 2)
    assert weight.grad is None
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("examples", [1, 2, 7])
def test_every_example_is_computed_by_one_process(count: int, size: int, examples: int) -> None:
    batch = batch_of([random.Random(number).randint(2, 30) for number in range(examples)])
    for sharded in (False, True):
        shares = [Processes(rank, count, sharded).share(batch, machine(size)) for rank in range(count)]
        counted = [place for share in shares for part, weight in share if weight for place in part]
        assert sorted(counted) == list(range(examples))
        assert all(0 < len(part) <= size for share in shares for part, _ in share)
        assert {weight for share in shares for _, weight in share} <= {0.0, 1.0}
        if sharded:  # as many micro-batches in each
            assert len({len(share) for share in shares}) == 1
        else:
            assert all(weight for share in shares for _, weight in share)


def test_dropout_has_a_stream_of_each_update_and_process() -> None:
    drawn = set()
    with torch.random.fork_rng():
        for rank, step in ((0, 0), (1, 0), (0, 1), (1, 1), (0, 0)):
            Processes(rank, 2).seed_update(11, step)
            drawn.add(torch.rand(()).item())
    assert len(drawn) == 4


def test_buckets_hold_every_parameter_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUCKET", 10)
    weights = [nn.Parameter(torch.zeros(size)) for size in (4, 4, 4, 30, 1, 2)]
    found = list(buckets(weights))
    assert [[each.numel() for each in bucket] for bucket in found] == [[4, 4, 4], [30], [1, 2]]
    assert [id(each) for bucket in found for each in bucket] == [id(each) for each in weights]


def test_a_broken_connection_is_another_process_failing() -> None:
    with pytest.raises(ElsewhereError, match=r"^Connection closed by peer$"), connection():
        raise RuntimeError("Connection closed by peer\nand a long trace")
    with pytest.raises(KeyError), connection():
        raise KeyError("ours")
