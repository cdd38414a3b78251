"""Lists of problems as `lfine validate` prints them.

    problems_text(problems) ends with "2 problems in 1 file"
    problems_json(3, problems) == {"files": 3, "problems": [{"code": "LF102", …}, …]}

*Not here:* one problem (lfine.schemas.problems); the formats of other programs, SARIF and JUnit (lfine.cli).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lfine.schemas.problems import Problem


def problems_text(problems: Sequence[Problem]) -> str:
    """Return all problems, those of one file together, and a line that counts them; empty for none."""
    if not problems:
        return ""
    files = list(dict.fromkeys(problem.file for problem in problems))
    ordered = sorted(problems, key=lambda problem: files.index(problem.file))
    return "\n\n".join([*(problem.text() for problem in ordered), _count(ordered, len(files))])


def _count(problems: Sequence[Problem], files: int) -> str:
    warnings = sum(problem.severity == "warning" for problem in problems)
    errors = len(problems) - warnings
    counts = [_number(errors, "problem")] if errors else []
    counts += [_number(warnings, "warning")] if warnings else []
    return " and ".join(counts) + f" in {_number(files, 'file')}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def problems_json(files: int, problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the one JSON document of `--format json`; `files` counts the files looked at."""
    return {"files": files, "problems": [problem.record() for problem in problems]}
