"""What the bar says: loss, rate, both speeds, memory and the time left; few lines where nobody watches."""

from __future__ import annotations

import pytest

from lfine.finetune.train import progress as showing
from lfine.finetune.train.evaluations import Evaluation
from lfine.finetune.train.progress import QUIET_INTERVAL, RECENT, Pace, Progress, Watch, short
from tests.finetune.train.screen import Terminal


@pytest.fixture(autouse=True)
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "memory_in_use", {"cpu": 1_310_000_000, "cuda": 21_400_000_000, "odd": 0}.__getitem__)


def last_line(progress: Progress, capsys: pytest.CaptureFixture[str]) -> str:
    progress.close()
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(("device", "memory"), [("cpu", ", 1.3 GB]"), ("cuda", ", 21.4 GB]"), ("odd", "computed)]")])
def test_the_bar_of_an_update(device: str, memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(start=4, steps=8, watch=Watch(device))
    progress.update(5, loss=0.6123, learning_rate=8.714e-4, pace=Pace(2.0, 2744, 960))
    line = last_line(progress, capsys)
    assert "5/8 [" in line
    assert "loss 0.612, rate 0.00087, 1.37k tokens/s (480 computed)" in line
    assert line.endswith(memory)
    assert "<" in line  # time so far < time left


def test_the_speed_is_that_of_the_last_updates(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(start=0, steps=99, watch=Watch("odd"))
    progress.update(1, loss=1.0, learning_rate=1.0, pace=Pace(1000.0, 10, 10))  # a slow first update
    for step in range(2, 2 + RECENT):
        progress.update(step, loss=1.0, learning_rate=1.0, pace=Pace(0.5, 100, 50))
    assert "200 tokens/s (100 computed)" in last_line(progress, capsys)


def test_an_evaluation_stands_in_front(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(start=0, steps=2, watch=Watch("odd"))
    progress.validation(1, Evaluation(2.25, {"f1": 0.5, "accuracy": 0.25}))
    progress.update(2, loss=1.0, learning_rate=1.0, pace=Pace(1.0, 1, 1))
    assert "train (validation loss 2.250, f1 0.500):" in last_line(progress, capsys)


def test_few_lines_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(start=0, steps=500, watch=Watch("odd"))
    for step in range(1, 501):
        progress.update(step, loss=1.0, learning_rate=1.0, pace=Pace(1.0, 1, 1))
    progress.close()
    assert capsys.readouterr().err.count("train:") <= 3  # the first, and the last twice
    assert QUIET_INTERVAL >= 10


def test_the_bar_fits_a_terminal() -> None:
    with Terminal(pytest.MonkeyPatch(), columns=70, rows=24) as terminal:
        progress = Progress(start=0, steps=2, watch=Watch("cuda"))
        progress.update(1, loss=1.0, learning_rate=1e-4, pace=Pace(1.0, 12345, 1234))
        progress.close()
    assert "loss 1.000" in terminal.lines()[0]
    assert len(terminal.lines()[0]) <= 70


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.4, "0"), (999.4, "999"), (1000, "1k"), (1234, "1.23k"), (35_400, "35.4k"), (999_600, "1M"), (1.05e6, "1.05M")],
)
def test_short_numbers(number: float, text: str) -> None:
    assert short(number) == text
