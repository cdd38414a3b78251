"""Adapter plans for tests: the simplest one, changed where a test says so.

    lora(r=2, use_dora=True)

*Not here:* whole training plans (tests/finetune/train/conftest.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lfine.finetune.compile.plan import AdapterPlan

PLAIN = AdapterPlan(
    r=4,
    alpha=8,
    dropout=0.0,
    target_modules=("q_proj", "v_proj"),
    use_rslora=False,
    use_dora=False,
    bias="none",
    init="default",
    rank_pattern={},
    alpha_pattern={},
    modules_to_save=(),
    start=None,
)


def lora(**changes: Any) -> AdapterPlan:
    """Return rank 4 on queries and values, with `changes`."""
    return replace(PLAIN, **changes)
