"""Which evaluation is the best so far, and how many came since without a better one.

    chooser = Chooser(SelectionPlan("loss", early_stop=3, …), higher_is_better=False)
    chooser.take(step=40, value=0.61)  →  True: the best so far, its checkpoint is kept
    chooser.ended                      →  three rounds without a better one

*Not here:* computing the values (lfine.finetune.train.evaluations), keeping the weights (checkpoints.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lfine.finetune.compile.plan import SelectionPlan


@dataclass(frozen=True)
class Standing:
    """What a resumed run must know: part of every checkpoint."""

    best_step: int | None = None
    """Updates done at the best evaluation; None: none yet."""
    best: float | None = None
    """Its value."""
    rounds: int = 0
    """Evaluations since then."""


class Chooser:
    """Follows the evaluations of one run; without a plan it chooses nothing and never ends."""

    def __init__(self, plan: SelectionPlan | None, *, higher_is_better: bool, standing: Standing | None = None) -> None:
        self.plan = plan
        self.standing = standing or Standing()
        self._sign = 1 if higher_is_better else -1

    @property
    def ended(self) -> bool:
        """Whether training stops early."""
        patience = None if self.plan is None else self.plan.early_stop
        return patience is not None and self.standing.rounds >= patience

    def take(self, step: int, values: dict[str, float]) -> bool:
        """Note an evaluation after `step` updates; return whether it is better than all before (equal is not)."""
        if self.plan is None:
            return False
        value, best = values[self.plan.by], self.standing.best
        better = math.isfinite(value) and (best is None or self._sign * value > self._sign * best)
        if better:
            self.standing = Standing(step, value, 0)
        else:
            self.standing = replace(self.standing, rounds=self.standing.rounds + 1)
        return better
