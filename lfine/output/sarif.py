"""Findings in SARIF 2.1.0 (OASIS, errata 01), the format of code scanning and of editors' problem lists.

    {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lfine", "rules": […]}}, "results": [{"ruleId": "LF102",
     "level": "error", "message": {"text": "…"}, "locations": [{"physicalLocation": {…, "region": {"startLine": 14 …

Paths are relative to the project's root, which SARIF calls %SRCROOT%: a log made in CI means the same elsewhere.

*Not here:* sending it anywhere (docs/how-to/ci.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lfine._version import __version__
from lfine.output.places import place
from lfine.schemas.codes import CODES
from lfine.schemas.problems import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"


def sarif_log(files: Sequence[str], problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the log of one run; `files` are the files looked at, those without a problem among them."""
    artifacts = list(dict.fromkeys([*files, *(each.file for each in problems if each.file is not None)]))
    codes = sorted({problem.code for problem in problems})
    driver = {"name": "lfine", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "the root of the project"}}},
        "invocations": [{"executionSuccessful": True}],  # the tool ran; what it found is in the results
        "artifacts": [{"location": _location(file)} for file in artifacts],
        "results": [_result(problem, codes.index(problem.code), artifacts) for problem in problems],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    known = CODES[code]
    text = f"{known.what} {known.why}\n\nExample: {known.example}\n\nUse instead: {known.instead}"
    markdown = f"{known.what}\n\n**Why it is bad.** {known.why}\n\n**Example.** {_code(known.example)}\n\n"
    markdown += f"**Use instead.** {_code(known.instead)}"
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in known.name.split("-")),
        "shortDescription": {"text": known.what},
        "fullDescription": {"text": f"{known.what} {known.why}"},
        "help": {"text": text, "markdown": markdown},
    }


def _code(text: str) -> str:
    """Return a text as Markdown code; backticks inside it ask for longer ones around it."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _result(problem: Problem, rule: int, artifacts: Sequence[str]) -> dict[str, Any]:
    text = f"{problem.message}; cure: {problem.cure}" if problem.cure else problem.message
    found: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text},
    }
    if problem.file is not None:
        physical = {"artifactLocation": {**_location(problem.file), "index": artifacts.index(problem.file)}}
        physical |= {"region": _region(problem)} if problem.line is not None else {}
        logical = [{"fullyQualifiedName": problem.path, "kind": "property"}] if problem.path else []
        found["locations"] = [{"physicalLocation": physical} | ({"logicalLocations": logical} if logical else {})]
    return found


def _region(problem: Problem) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": problem.line}
    if problem.column is not None:
        region["startColumn"] = problem.column
        if problem.excerpt is not None:
            region["endColumn"] = problem.column + problem.excerpt.width  # the first column after it
    return region


def _location(file: str) -> dict[str, Any]:
    """Return an artifactLocation: relative to the root, or absolute for a file outside it."""
    inside = place(file)
    return {"uri": Path(file).absolute().as_uri()} if inside is None else {"uri": quote(inside), "uriBaseId": ROOT}
