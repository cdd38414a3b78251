"""One signal asks, a second ends."""

from __future__ import annotations

import os
import signal

import pytest

from lfine.finetune.train.interruption import Interruption


def test_the_first_signal_only_asks() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.asked
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_one_ends_at_once(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    with Interruption(), pytest.raises(KeyboardInterrupt):  # noqa: PT012 (two signals are the point)
        os.kill(os.getpid(), number)
        said = capsys.readouterr().err
        os.kill(os.getpid(), number)
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    assert said == f"\nstopping after this update; a second {name} ends at once, without saving\n"


def test_what_is_ignored_from_outside_stays_ignored() -> None:
    """As in a job that a script put into the background: Ctrl-C is meant for others."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGINT)
            assert not interruption.asked
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
