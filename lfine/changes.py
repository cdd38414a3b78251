"""In which keys two records differ, for people: a plan and the plan of its run, a task file and the task of its run.

    differences({"trainer": {"learning_rate": 0.1}}, {"trainer": {"learning_rate": 0.2}})
    == ["trainer.learning_rate was 0.1, is 0.2"]

*Not here:* what follows from a change (lfine.training, lfine.evaluating).
"""

from __future__ import annotations

import json
from collections.abc import Collection

LONGEST = 60
"""Characters of a value that are shown; a template can be a page."""


def differences(before: object, after: object, *, leave_out: Collection[str] = (), at: str = "") -> list[str]:
    """Return `key was X, is Y` for each leaf in which two JSON values differ; `leave_out` names keys of the top."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in {**before, **after} if key not in leave_out]
        parts = (differences(before.get(key), after.get(key), at=f"{at}.{key}" if at else key) for key in keys)
        return [line for part in parts for line in part]
    return [] if before == after else [f"{at} was {_short(before)}, is {_short(after)}"]


def _short(value: object) -> str:
    """Return a value as a task file would write it: null and true, not Python's words for them."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
