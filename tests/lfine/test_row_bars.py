"""The progress bar of work that goes row by row."""

from __future__ import annotations

import io

import pytest

from lfine.row_bars import FILE, TERMINAL, row_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "often"), [(Terminal(), TERMINAL), (io.StringIO(), FILE)])
def test_a_log_is_not_flooded_and_a_terminal_moves(
    stream: io.StringIO, often: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    with row_bar("answer", 8) as bar:
        assert bar.mininterval == often
        bar.update(8)
    last = stream.getvalue().rsplit("\r", maxsplit=1)[-1]
    assert last.startswith("answer: 100%")
    assert "8/8" in last
    assert "row/s" in last
