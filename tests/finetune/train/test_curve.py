"""The plot: where its dots and marks stand, in any size, with anything that a log can hold."""

from __future__ import annotations

import math
import random

import pytest

from lfine.finetune.train.curve import AXIS, EMPTY, MARK, Point, plot

FALLING: list[Point] = [(step, 3.0 - 0.02 * step) for step in range(1, 101)]


def dots(lines: list[str]) -> list[tuple[int, int]]:
    """Return the dots of a plot as (column, row) from the top left."""
    places = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    return [
        (2 * x + places[bit][0], 4 * y + places[bit][1])
        for y, line in enumerate(lines[:-1])
        for x, character in enumerate(line[AXIS:])
        for bit in range(8)
        if ord(character) >= EMPTY and (ord(character) - EMPTY) >> bit & 1
    ]


def test_a_falling_loss_runs_from_the_upper_left_to_the_lower_right() -> None:
    found = dots(plot(FALLING, [], width=30, height=7))
    assert (0, 0) in found
    assert (39, 23) in found
    by_column = dict(sorted(found))
    assert list(by_column) == list(range(40))
    assert list(by_column.values()) == sorted(by_column.values())
    for x, y in found:  # within a dot of the straight line
        assert abs(y - 23 * x / 39) <= 1


def test_marks_and_legend() -> None:
    training = [(step, 0.7 + 2.4 * math.exp(-(step - 1) / 6)) for step in range(1, 41)]
    lines = plot(training, [(20, 0.8), (40, 0.9)], width=70, height=6)
    assert [line.count(MARK) for line in lines[:-1]] == [0, 0, 0, 0, 2]
    assert lines[4].index(MARK) == AXIS + round(19 / 39 * 59)
    assert lines[5] == "          updates 1 to 40   ⠒ training 0.704   o validation 0.900"


def test_a_legend_that_does_not_fit_loses_the_updates() -> None:
    lines = plot([(1, 2.0), (40, 1.0)], [(40, 0.9)], width=40, height=6)
    assert lines[5] == "    ⠒ training 1.000  o validation 0.900"
    assert plot([(1, 2.0), (40, 1.0)], [(40, 0.9)], width=20, height=6)[5] == "⠒ training 1.000  o "


def test_axis_labels_are_the_largest_and_the_smallest_loss() -> None:
    lines = plot([(1, 12.5), (2, 0.25)], [(2, 20.0)], width=40, height=5)
    assert [line[:AXIS] for line in lines[:-1]] == ["      20 │", " " * 9 + "│", " " * 9 + "│", "    0.25 │"]


def test_a_jump_is_joined() -> None:
    found = dots(plot([(1, 0.0), (2, 9.0)], [], width=AXIS + 2, height=6))
    assert {y for _, y in found} == set(range(20))


def test_losses_of_one_column_are_averaged() -> None:
    noisy = [(step, 1.0 + (0.5 if step % 2 else -0.5)) for step in range(1, 4001)]
    found = dots(plot([*noisy, (4001, 2.0), (4002, 0.0)], [], width=30, height=9))
    assert {y for x, y in found if 2 <= x < 38} <= {15, 16}  # the middle of 32


def test_numbers_that_are_none_are_left_out() -> None:
    assert plot([], [], width=40, height=5) == []
    assert plot([(1, math.nan)], [(1, math.inf)], width=40, height=5) == []
    assert plot([(1, math.nan), (2, 1.0)], [], width=50, height=5)[-1].strip() == "updates 2 to 2   ⠒ training 1.000"


@pytest.mark.parametrize("seed", range(30))
def test_every_size_holds_every_curve(seed: int) -> None:
    draw = random.Random(seed)
    width, height = draw.randint(AXIS + 1, 120), draw.randint(3, 20)
    scale = 10 ** draw.randint(-9, 9)
    training = [(step, scale * draw.random()) for step in range(1, draw.randint(1, 300))]
    validation = [(step, scale * draw.random()) for step in range(5, draw.randint(6, 300), 7)]
    lines = plot(training, validation, width=width, height=height)
    assert len(lines) == height
    assert max(len(line) for line in lines) <= width
