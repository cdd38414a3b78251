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


def test_a_second_ctrl_c_ends_at_once() -> None:
    with Interruption(), pytest.raises(KeyboardInterrupt):  # noqa: PT012 (two signals are the point)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
