"""Ctrl-C and SIGTERM ask the loop to finish its update and save; a second one ends it at once.

    with Interruption() as interruption:
        …
        if interruption.asked: save and return

*Not here:* what is saved (lfine.finetune.train.checkpoints).
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Context in which the first signal sets `asked`; handlers are put back at its end.

    A signal that this process was started to ignore (`nohup`, a job in the background) stays ignored.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            wanted = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._ask) for number in wanted}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the signature is signal's)
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        print(f"\nstopping after this update; a second {name} ends at once, without saving", file=sys.stderr)
