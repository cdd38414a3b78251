"""The loss curve as a few lines of text: training loss in braille dots, validation losses as `o`.

    plot(training, validation, width=50, height=5)

        3.1 │⢣
            │ ⠣⡀
            │  ⠈⠢⣀   o
       0.71 │     ⠉⠒⠒⠤⠤⠤⠤⢄⣀⣀⣀⣀⡀    o
              updates 1 to 40   ⠒ training 0.712   o validation 0.801

A braille character holds two by four dots. Training losses that fall into one column of dots are averaged.

*Not here:* when and where it is drawn (live_curve.py), the curve of a finished run (lfine.evaluation.reports).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

Point = tuple[int, float]
"""Updates done, loss."""

EMPTY = 0x2800
"""Braille without a dot."""
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a braille character, by row and column."""
AXIS = 10
"""Characters in front of the plot: a loss, and the axis."""
MARK = "o"


def plot(training: Sequence[Point], validation: Sequence[Point], *, width: int, height: int) -> list[str]:
    """Return `height` lines of at most `width` characters; none while there is no finite loss.

    `width` leaves room behind the axis (more than AXIS), `height` for two lines of dots and the legend.
    """
    drawn, marked = _finite(training), _finite(validation)
    everything = [*drawn, *marked]
    if not everything:
        return []
    steps, losses = [step for step, _ in everything], [loss for _, loss in everything]
    first, last, low, high = min(steps), max(steps), min(losses), max(losses)
    columns, rows = width - AXIS, height - 1

    def across(step: int, places: int) -> int:
        return round((step - first) / max(1, last - first) * (places - 1))

    def down(loss: float, places: int) -> int:
        return round((high - loss) / (high - low or 1) * (places - 1))

    cells = [[EMPTY] * columns for _ in range(rows)]
    levels = _averaged([(across(step, 2 * columns), loss) for step, loss in drawn])
    for x, y in _joined([(x, down(loss, 4 * rows)) for x, loss in levels]):
        cells[y // 4][x // 2] |= DOTS[y % 4][x % 2]
    lines = [[" " if cell == EMPTY else chr(cell) for cell in row] for row in cells]
    for step, loss in marked:
        lines[down(loss, rows)][across(step, columns)] = MARK
    labels = {0: f"{high:.3g}", rows - 1: f"{low:.3g}"}
    body = [f"{labels.get(number, ''):>8} │{''.join(line)}".rstrip() for number, line in enumerate(lines)]
    return [*body, _legend(first, last, drawn, marked, width)]


def _finite(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if math.isfinite(point[1])]


def _averaged(points: Sequence[Point]) -> list[Point]:
    """Return one point for each place that has some, in the order of the places."""
    found: dict[int, list[float]] = {}
    for x, loss in points:
        found.setdefault(x, []).append(loss)
    return [(x, fmean(losses)) for x, losses in sorted(found.items())]


def _joined(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the dots of the line through these dots: every column, and every row where it is steep."""
    dots = list(points)
    for (x, y), (to_x, to_y) in pairwise(points):
        length = max(to_x - x, abs(to_y - y))
        dots += [(round(x + at * (to_x - x) / length), round(y + at * (to_y - y) / length)) for at in range(1, length)]
    return dots


def _legend(first: int, last: int, training: Sequence[Point], validation: Sequence[Point], width: int) -> str:
    """Return what the marks mean, with the last value of each; as much of it as fits, the updates last."""
    means = [f"⠒ training {training[-1][1]:.3f}"] if training else []
    means += [f"{MARK} validation {validation[-1][1]:.3f}"] if validation else []
    text = "   ".join([f"updates {first} to {last}", *means])
    if len(text) > width:
        text = "  ".join(means)[:width]
    return " " * min(AXIS, width - len(text)) + text
