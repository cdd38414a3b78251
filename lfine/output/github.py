"""Findings as GitHub workflow commands: annotations at the lines of a pull request.

    ::error title=LF102 wrong-type,file=tasks/sql.yaml,line=14,col=6,endLine=14,endColumn=10::adapter.r must be …

GitHub shows the first 10 errors and 10 warnings of a step as annotations; all of them stand in the step's log.

*Not here:* the workflow (docs/how-to/ci.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.output.places import place
from lfine.schemas.codes import CODES
from lfine.schemas.problems import Problem

# What ends a command or a message: https://docs.github.com/actions, "Workflow commands", and the runner's toolkit.
IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTY = {**IN_MESSAGE, ":": "%3A", ",": "%2C"}


def github_commands(problems: Sequence[Problem]) -> str:
    """Return one line for each problem, each ended by a newline; empty for none."""
    return "".join(f"{_command(problem)}\n" for problem in problems)


def _command(problem: Problem) -> str:
    # The place stands in the message too: a step's log shows nothing but the message.
    where = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    text = f"{where}: {problem.message}" if where else problem.message
    text += f"\ncure: {problem.cure}" if problem.cure else ""
    properties = ",".join(f"{name}={_escaped(str(value), IN_PROPERTY)}" for name, value in _properties(problem).items())
    return f"::{problem.severity} {properties}::{_escaped(text, IN_MESSAGE)}"


def _properties(problem: Problem) -> dict[str, str | int]:
    found: dict[str, str | int] = {"title": f"{problem.code} {CODES[problem.code].name}"}
    if problem.file is None:
        return found
    found["file"] = place(problem.file) or problem.file
    if problem.line is None:
        return found
    found["line"] = problem.line
    if problem.column is None:
        return found
    width = problem.excerpt.width if problem.excerpt is not None else 1
    return {**found, "col": problem.column, "endLine": problem.line, "endColumn": problem.column + width}


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
