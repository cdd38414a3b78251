"""The exceptions that lfine raises, and the exit code that each one means.

    LfineError                      .problems, .exit_code
     ├─ TaskError          exit 1   something in what the user wrote: LF1xx shape, LF2xx sense, LF3xx data
     ├─ UsageError         exit 2   the command line itself
     ├─ MachineError       exit 3   the environment: LF4xx (missing extra, no model, no memory, no disk)
     └─ RunError           exit 5   a run that failed: LF5xx (loss that is not a number, …)

Everything else that reaches the command line is a bug of ours (exit 70, with a traceback).

*Not here:* the texts and codes of problems: lfine.schemas.codes and whoever finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lfine.schemas.problems import Problem


class LfineError(Exception):
    """The root: carries every problem found, not only the first."""

    exit_code: ClassVar[int] = 70

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n\n".join(problem.text() for problem in problems))
        self.problems: Sequence[Problem] = problems


class TaskError(LfineError):
    """Problems in what the user wrote: the task file, the data, the command's arguments as values."""

    exit_code = 1


class UsageError(LfineError):
    """A command line that cannot be understood."""

    exit_code = 2


class MachineError(LfineError):
    """Something this machine lacks: an extra, a model, memory, disk."""

    exit_code = 3


class RunError(LfineError):
    """A run that started and failed."""

    exit_code = 5
