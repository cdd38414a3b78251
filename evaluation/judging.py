"""What some metrics need besides gold and answer: the row itself, the task's folder, and what the command line allows.

    Judging(row=lambda row_id: table.rows[row_id], folder=Path("task_configs"), allow_code=True)

*Not here:* the metrics that use it (sql_execution, code_execution, custom: `find(name).ready` is set), reading rows
(lfine.finetune.data).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class Judging:
    row: Callable[[int], Mapping[str, object]]
    """Columns of a row, by its id."""
    folder: Path
    """Of the task file: where databases and metric files are looked for first."""
    allow_code: bool = False
    """--allow-code: the task's own Python may run."""
    unsafe: bool = False
    """--unsafe: code that a model wrote may run in a cage with holes."""


def need(judging: Judging | None, metric: str) -> Judging:
    """Return it where it is given. RunError LF531 where a metric is asked to judge without rows."""
    if judging is None:
        message = f"{metric} needs the rows of the data, and there are only answers"
        raise RunError(Problem("LF531", message, "score with `lfine evaluate`"))
    return judging
