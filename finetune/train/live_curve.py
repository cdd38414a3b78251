"""The loss curve above the progress bar, drawn again in its place every few seconds while training runs.

    curve = LiveCurve(sys.stderr)
    curve.training.append((step, loss))
    curve.draw(bar)                          # only when the last drawing is old enough

*Not here:* the picture itself (curve.py), the bar (progress.py).
"""

from __future__ import annotations

import os
import time
from typing import NoReturn, TextIO

from tqdm import tqdm

from lfine.finetune.train.curve import EMPTY, Point, plot

INTERVAL = 2.0
"""Seconds between two drawings, at least."""
NARROWEST, WIDEST = 40, 100
"""Columns: in a narrower terminal the bar stands alone, in a wider one the curve grows no more."""
LOWEST, HEIGHT = 8, 10
"""Lines: in a lower terminal the bar stands alone; so many has the curve with its legend."""
BELOW = 3
"""Lines that are left to the bar and to what was said before."""


class LiveCurve:
    """The points of both curves, and the lines that show them on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.training: list[Point] = []
        self.validation: list[Point] = []
        self._stream = stream
        self._size = (0, 0)
        self._drawn = 0
        self._due = 0.0

    def draw(self, bar: tqdm[NoReturn], *, now: bool = False) -> None:
        """Draw the curve above the bar, over the last one, when that is old enough or `now`."""
        moment = time.monotonic()
        if moment < self._due and not now:
            return
        self._due = moment + INTERVAL
        columns, rows = size = terminal_size(self._stream)
        if columns < NARROWEST or rows < LOWEST:
            return
        width, height = min(columns - 1, WIDEST), min(HEIGHT, rows - BELOW)
        lines = plot(self.training, self.validation, width=width, height=height)
        above = self._drawn if size == self._size else 0  # in another window old lines lie elsewhere: leave them
        bar.clear()
        up = f"\x1b[{above}A" if above else ""
        self._stream.write(up + "".join(f"\x1b[2K{line}\n" for line in lines))
        self._stream.flush()
        self._size, self._drawn = size, len(lines)
        bar.refresh()


def why_not(stream: TextIO) -> str | None:
    """Return why no curve can be drawn on a stream, None where one can."""
    if not stream.isatty():
        return "stderr is no terminal"
    if os.environ.get("TERM") == "dumb":
        return "this terminal (TERM=dumb) cannot move its cursor"
    try:
        chr(EMPTY + 1).encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return f"the terminal's encoding {stream.encoding} has no braille (set PYTHONUTF8=1)"
    return None


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Return columns and lines of the terminal behind a stream; 80 and 24 where it does not tell."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return columns or 80, rows or 24
