"""Lists of problems as `lfine validate` prints them.

    problems_text(problems) ends with "2 problems in 1 file"
    the same of data that are absent, for twenty files: one paragraph that names the files
    problems_json(3, problems) == {"files": 3, "problems": [{"code": "LF102", …}, …]}

*Not here:* one problem (lfine.schemas.problems); the formats of other programs, SARIF and JUnit (lfine.cli).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lfine.schemas.problems import Problem

APART = 3
"""Files without their data that are told one by one."""


def problems_text(problems: Sequence[Problem]) -> str:
    """Return all problems, those of one file together, and a line that counts them; empty for none."""
    if not problems:
        return ""
    files = list(dict.fromkeys(problem.file for problem in problems))
    ordered = sorted(problems, key=lambda problem: files.index(problem.file))
    absent = [problem for problem in ordered if (problem.code, problem.severity) == ("LF301", "warning")]
    together = absent if len(absent) > APART else []
    told = [problem.text() for problem in ordered if problem not in together]
    return "\n\n".join([*told, *_together(together), _count(ordered, len(files))])


def _together(absent: Sequence[Problem]) -> list[str]:
    """Return one paragraph for many files whose data are not here: it is one fact, and one variable mends it."""
    if not absent:
        return []
    names = dict.fromkeys(str(problem.file) for problem in absent)
    message = f"the columns of {len(names)} files were not checked, their data are not here:\n     " + "\n     ".join(
        names
    )
    cure = "set LFINE_DATA to the folder of data files (--format json says where each was looked for)"
    return [Problem("LF301", message, cure, "warning").text()]


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
