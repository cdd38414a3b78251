"""The learning rate of each update: a linear rise, then the decay of the plan.

    learning_rate(Schedule("cosine", 2e-4, warmup=5, steps=160), step=4) -> 0.0002

A function of the step alone, so a resumed run finds its rate without any state. Rates reach zero just after the last
update, so that the last one still learns something.

*Not here:* choosing the warm-up (lfine.finetune.compile.passes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WSD_SHARE = 5
"""wsd: the rate falls in the last fifth of the run (Hu et al. 2024, MiniCPM, take a tenth to a fifth)."""


@dataclass(frozen=True)
class Schedule:
    decay: str
    """cosine, linear, constant, inverse_sqrt or wsd."""
    peak: float
    warmup: int
    """Updates over which the rate rises linearly to `peak`."""
    steps: int
    """Updates of the whole run."""


def learning_rate(schedule: Schedule, step: int) -> float:
    """Return the rate of update `step` (0-based)."""
    if step < schedule.warmup:
        return schedule.peak * (step + 1) / schedule.warmup
    return schedule.peak * DECAYS[schedule.decay](step - schedule.warmup, schedule)


def constant(since: int, schedule: Schedule) -> float:  # noqa: ARG001 (every decay has this signature)
    return 1.0


def linear(since: int, schedule: Schedule) -> float:
    return 1 - since / max(1, schedule.steps - schedule.warmup)


def cosine(since: int, schedule: Schedule) -> float:
    """Half a period (Loshchilov and Hutter 2017), without restarts."""
    return 0.5 * (1 + math.cos(math.pi * (1 - linear(since, schedule))))


def inverse_sqrt(since: int, schedule: Schedule) -> float:
    """1 over the root of the updates, counted in warm-ups (Vaswani et al. 2017): a quarter of the way back at 4."""
    unit = max(1, schedule.warmup)
    return math.sqrt(unit / (unit + since))


def wsd(since: int, schedule: Schedule) -> float:
    """Warm-up, stable, decay: the full rate, then linearly down over the last fifth of all updates."""
    falling = min(schedule.steps - schedule.warmup, max(1, round(schedule.steps / WSD_SHARE)))
    left = schedule.steps - schedule.warmup - since
    return min(1.0, left / max(1, falling))


DECAYS = {"constant": constant, "linear": linear, "cosine": cosine, "inverse_sqrt": inverse_sqrt, "wsd": wsd}
