"""The live curve on a pseudo-terminal: drawn over itself above the bar, in any window, and not where it cannot be."""

from __future__ import annotations

import io
import sys
import time

import pytest

from lfine.finetune.train.evaluations import Evaluation
from lfine.finetune.train.live_curve import HEIGHT, INTERVAL, terminal_size, why_not
from lfine.finetune.train.progress import Pace, Progress, Watch
from tests.finetune.train.screen import Terminal

AXIS = "│"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def patch() -> pytest.MonkeyPatch:
    """A patch of the terminal's own, which takes it back itself."""
    return pytest.MonkeyPatch()


def steps(progress: Progress, first: int, last: int) -> None:
    for step in range(first, last + 1):
        progress.update(step, loss=3.0 / step, learning_rate=1e-4, pace=Pace(0.5, 800, 300))


def begun(total: int) -> Progress:
    return Progress(start=0, steps=total, watch=Watch(curve=True))


def test_the_curve_stands_above_the_bar_and_is_drawn_over_itself(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=90, rows=24) as terminal:
        progress = begun(30)
        for start in (1, 11, 21):
            clock.now += INTERVAL + 1
            steps(progress, start, start + 9)
        progress.validation(30, Evaluation(0.75))
        progress.close()
    lines = terminal.lines()
    *curve, bar, end = lines
    assert (len(curve), end) == (HEIGHT, "")
    assert [AXIS in line for line in curve] == [True] * (HEIGHT - 1) + [False]
    assert curve[-1].strip() == "updates 1 to 30   ⠒ training 0.100   o validation 0.750"
    assert "30/30" in bar
    assert terminal.text.count("updates 1 to") == 4  # three, and the last one at the end


def test_it_is_drawn_at_most_every_two_seconds(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=90, rows=24) as terminal:
        progress = begun(50)
        for step in range(1, 51):
            clock.now += 0.1
            steps(progress, step, step)
        progress.close()
    assert terminal.text.count("updates 1 to") == 1 + 2 + 1  # at once, after 2 s and 4 s, and in the end


def test_a_resumed_run_shows_what_came_before(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=80, rows=24) as terminal:
        progress = Progress(start=2, steps=3, watch=Watch(curve=True))
        for step, loss in ((1, 9.0), (2, 5.0)):
            progress.remember(step, loss=loss)
        progress.remember(2, validation=7.0)
        steps(progress, 3, 3)
        progress.close()
    assert clock.now == 100
    assert terminal.lines()[0].startswith("       9 │")
    assert "updates 1 to 3   ⠒ training 1.000   o validation 7.000" in terminal.lines()[HEIGHT - 1]


@pytest.mark.parametrize(("columns", "rows"), [(39, 24), (80, 7), (10, 4)])
def test_a_small_window_has_the_bar_alone(columns: int, rows: int, patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=columns, rows=rows) as terminal:
        progress = begun(3)
        steps(progress, 1, 3)
        progress.close()
    assert AXIS not in terminal.text
    assert len(terminal.lines()) == 2


def test_a_low_window_has_a_low_curve(patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=40, rows=8) as terminal:
        progress = begun(3)
        steps(progress, 1, 3)
        progress.close()
    assert sum(AXIS in line for line in terminal.lines()) == 4


def test_in_another_window_it_is_drawn_anew_below(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=90, rows=24) as terminal:
        progress = begun(4)
        steps(progress, 1, 2)
        terminal.resize(60, 24)
        clock.now += INTERVAL
        steps(progress, 3, 4)
        progress.close()
    legends = [line.strip() for line in terminal.lines() if "updates 1 to" in line]
    assert [legend.partition("   ")[0] for legend in legends] == ["updates 1 to 1", "updates 1 to 4"]


def test_the_size_is_the_terminals_own(patch: pytest.MonkeyPatch) -> None:
    with Terminal(patch, columns=61, rows=17) as terminal:
        assert terminal_size(sys.stderr) == (61, 17)
        terminal.resize(0, 0)
        assert terminal_size(sys.stderr) == (80, 24)
    assert terminal_size(io.StringIO()) == (80, 24)


def test_why_there_is_none(patch: pytest.MonkeyPatch) -> None:
    assert why_not(io.StringIO()) == "stderr is no terminal"
    with Terminal(patch, columns=80, rows=24):
        assert why_not(sys.stderr) is None
        patch.setenv("TERM", "dumb")
        assert why_not(sys.stderr) == "this terminal (TERM=dumb) cannot move its cursor"
    with Terminal(patch, columns=80, rows=24, encoding="latin-1"):
        assert "latin-1 has no braille" in str(why_not(sys.stderr))


def test_where_there_is_no_terminal_the_lines_are_as_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    progress = begun(3)
    steps(progress, 1, 3)
    progress.close()
    said = capsys.readouterr().err
    assert said.startswith("no live curve: stderr is no terminal; the run's report has one\n")
    assert "\x1b" not in said
    assert AXIS not in said
    assert "3/3" in said
