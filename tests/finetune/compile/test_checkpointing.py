"""How many layers are computed again: against every possibility tried out, and the two ways to choose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.compile.checkpointing import Choice, choose, cost, fewest, fits, with_layers
from lfine.finetune.compile.memory import Load, largest_micro_batch, total, training_memory
from tests.finetune.compile.bench import CARD
from tests.finetune.compile.test_machine_passes import LOAD

ROOMS = (1_000_000_000, 1_800_000_000, 2_000_000_000, 2_500_000_000, 4_000_000_000, 50_000_000_000)


def computed(load: Load, layers: int, micro_batch: int, batch_size: int) -> float:
    """One update written out: each part of it once forward and backward, `layers` of 30 forward once more."""
    weights, done, tokens = 1.0, 0, 0
    while done < batch_size:
        examples = min(micro_batch, batch_size - done)
        tokens += load.prefix + examples * load.own
        done += examples
    return tokens * weights * (2 + 2 + (2 if load.full else 0) + 2 * layers / 30)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("load", [LOAD, replace(LOAD, prefix=2000), replace(LOAD, prefix=0), replace(LOAD, full=True)])
def test_the_cheapest_of_all_that_fit(load: Load, room: int) -> None:
    able = []
    for layers in range(30):
        size = largest_micro_batch(with_layers(load, layers), available=room)
        if size:
            able.append((computed(load, layers, min(16, size), 16), layers, min(16, size)))
    choice = choose(load, batch_size=16, room=room)
    if not able:
        assert choice == Choice(29, 0)
        return
    best = min(able)
    assert cost(load, choice.layers, choice.micro_batch, 16) == pytest.approx(best[0])
    assert choice.layers == min(layers for each, layers, _ in able if each == pytest.approx(best[0]))
    assert total(training_memory(replace(with_layers(load, choice.layers), micro_batch=choice.micro_batch))) <= room


def test_room_enough_means_none() -> None:
    assert choose(LOAD, batch_size=16, room=50_000_000_000) == Choice(0, 16)
    assert with_layers(LOAD, 0) == LOAD


def test_a_longer_prefix_is_worth_more_layers() -> None:
    room = 2_000_000_000
    found = [choose(replace(LOAD, prefix=prefix), batch_size=16, room=room).layers for prefix in (0, 20, 400)]
    assert found[0] == 0
    assert found[2] > 0


def test_the_fewest_for_a_given_size() -> None:
    room = 2_000_000_000
    choice = fewest(LOAD, micro_batch=8, room=room)
    assert 0 < choice.layers < 29
    assert fits(LOAD, choice.layers, batch_size=8, room=room) == 8
    assert fits(LOAD, choice.layers - 1, batch_size=8, room=room) < 8
    assert fewest(LOAD, micro_batch=8, room=10 * room) == Choice(0, 8)
    assert fewest(LOAD, micro_batch=999, room=room).layers == 29


def test_a_model_of_one_layer_has_nothing_to_compute_again() -> None:
    one = replace(LOAD, card=replace(CARD, layers=1))
    assert choose(one, batch_size=16, room=1000) == Choice(0, 0)
