"""What one sees of a run while it trains: a bar on stderr, and above it the loss curve where it is asked for.

    train:  40%|████    | 52/130 [01:12<01:48, 1.39s/update, loss 0.612, rate 0.00087, 1.2k tokens/s (480 computed), …]

Tokens are counted twice: those of the examples, and those that were computed for them (a shared prefix once for each
micro-batch, padding included). Both speeds are of the last updates, evaluations and checkpoints left out. Where stderr
is a file, a pipe or a CI log, the bar is a line every QUIET_INTERVAL seconds and there is no curve.

*Not here:* log.jsonl (journal.py), the picture of the curve (curve.py).
"""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from typing import NoReturn

from tqdm import tqdm

from lfine.finetune.train.evaluations import Evaluation
from lfine.finetune.train.live_curve import LiveCurve, why_not
from lfine.finetune.train.memory_use import memory_in_use

QUIET_INTERVAL = 15.0
"""Seconds between two progress lines where stderr is a file, a pipe or a CI log."""
RECENT = 10
"""Updates over which the speed is taken."""


@dataclass(frozen=True)
class Watch:
    """How a run is watched."""

    device: str = "cpu"
    """Whose memory is shown."""
    curve: bool = False
    """Draw the loss curve above the bar."""


@dataclass(frozen=True)
class Pace:
    """What an update took."""

    seconds: float
    tokens: int
    """Of its examples, prompts and completions."""
    computed: int
    """That went through the layers for them."""


class Progress:
    """The bar of one run, from update `start` to `steps`."""

    def __init__(self, *, start: int, steps: int, watch: Watch, shown: bool = True) -> None:
        terminal = sys.stderr.isatty()
        self._device = watch.device
        self._recent: deque[Pace] = deque(maxlen=RECENT)
        self._curve = _curve() if watch.curve and shown else None
        self._bar: tqdm[NoReturn] = tqdm(
            total=steps,
            initial=start,
            desc="train",
            unit="update",
            disable=not shown,
            mininterval=0.3 if terminal else QUIET_INTERVAL,
            dynamic_ncols=terminal,
            file=sys.stderr,
        )

    def remember(self, step: int, *, loss: float | None = None, validation: float | None = None) -> None:
        """Take up a point of the curve, without drawing: of a resumed run's log."""
        if self._curve is not None and loss is not None:
            self._curve.training.append((step, loss))
        if self._curve is not None and validation is not None:
            self._curve.validation.append((step, validation))

    def update(self, step: int, *, loss: float, learning_rate: float, pace: Pace) -> None:
        self.remember(step, loss=loss)
        self._recent.append(pace)
        self._bar.set_postfix_str(self._state(loss, learning_rate), refresh=False)
        self._bar.update()
        if self._curve is not None:
            self._curve.draw(self._bar)

    def validation(self, step: int, found: Evaluation) -> None:
        self.remember(step, validation=found.loss)
        scores = "".join(f", {name} {value:.3f}" for name, value in list(found.metrics.items())[:1])
        self._bar.set_description_str(f"train (validation loss {found.loss:.3f}{scores})", refresh=False)

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        if not self._bar.disable:
            self._bar.write(line, file=sys.stderr)

    def close(self) -> None:
        """Leave the bar, and the curve as it ended, on the screen."""
        if self._curve is not None:
            self._curve.draw(self._bar, now=True)
        self._bar.close()

    def _state(self, loss: float, learning_rate: float) -> str:
        seconds = max(sum(pace.seconds for pace in self._recent), 1e-9)
        tokens, computed = (sum(pace.tokens for pace in self._recent), sum(pace.computed for pace in self._recent))
        speed = f"{short(tokens / seconds)} tokens/s ({short(computed / seconds)} computed)"
        memory = memory_in_use(self._device)
        room = f", {memory / 1e9:.1f} GB" if memory else ""
        return f"loss {loss:.3f}, rate {learning_rate:.2g}, {speed}{room}"


def _curve() -> LiveCurve | None:
    """Return the curve, or say why there is none."""
    reason = why_not(sys.stderr)
    if reason is None:
        return LiveCurve(sys.stderr)
    print(f"no live curve: {reason}; the run's report has one", file=sys.stderr)
    return None


def short(number: float) -> str:
    """Return three digits: 480, 1.2k, 35.4k, 1.05M."""
    if number < 1000:
        return f"{number:.0f}"
    return f"{number / 1000:.3g}k" if number < 999_500 else f"{number / 1e6:.3g}M"
