"""Custom: your own function, called once for each answer; its mean over the rows is the value.

    metrics: [{name: custom, function: "my_metrics.py:score"}]

    def score(prediction: str, gold: str, row: dict) -> float | dict[str, float] | None:

A score is a number from 0 (wrong) to 1 (right). A mapping gives several values, the first of them the headline, the
same names for every row (`custom_score.length`). None: nothing can be said of the row; it is left out of the mean, and
counted. A row without an answer scores 0 and the function is not asked. `row` holds the row's columns.

The function runs only with `--allow-code`, in a process of its own; one that raises, gives anything else, or needs
longer than `seconds` (10) for a row ends the evaluation with the row's id, and the answers are kept. The file's sha256
is kept beside the score. An installed package declares a metric under a name of its own by the entry point group
`lfine.metrics`, which needs no flag.
*Not here:* the process (lfine.evaluation.custom_child), entry points (lfine.evaluation.plugins).
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import math
import os
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lfine.evaluation import plugins
from lfine.evaluation.cage.children import Child, NoAnswerError
from lfine.evaluation.judging import Judging, need
from lfine.evaluation.metrics.registry import MODULES, OUTPUT_TYPES, Answered, Metric, PerExample, by_row, metric
from lfine.evaluation.plugins import Plugin
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

CHILD = Path(__file__).parent.parent / "custom_child.py"
SECONDS = 10.0
LOADING_SECONDS = 120.0
SHOWN = 5
"""Rows that are named."""
PATH = "evaluation.metrics"


@dataclass
class _Found:
    """What the function said, row by row."""

    scores: list[dict[str, float | None] | None] = field(default_factory=list)
    """By the name of a part, "" for the only one; empty where it said None; None for a row without an answer."""
    names: list[str] | None = None
    """Of the parts, as the first score has them."""
    failures: list[tuple[int, str]] = field(default_factory=list)
    """(row id, what is wrong)"""


def ready(choice: MetricChoice, judging: Judging) -> list[Problem]:
    """Look for the function without running anything: LF353; LF242 without --allow-code."""
    name = choice.function or ""
    file, _, function = name.rpartition(":")
    found = _find_file(file, judging.folder)
    if not file.endswith(".py") or not function.isidentifier():
        return [
            Problem("LF353", f"function is {name!r}, and must be FILE.py:NAME", "as in my_metrics.py:score", path=PATH)
        ]
    if found is None:
        message = f"there is no file {file!r} with a metric, neither beside the task file nor in the working folder"
        return [Problem("LF353", message, "correct the path", path=PATH)]
    problems = _absent(found, function)
    if not judging.allow_code:
        message = f"the metric {name!r} is Python code of the task's own, and --allow-code was not given"
        problems.append(Problem("LF242", message, "read that code, then add --allow-code to the command", path=PATH))
    return problems


def value_names(choice: MetricChoice) -> tuple[str, ...]:
    return (f"custom_{(choice.function or '').rpartition(':')[2]}",)


@by_row(ready, needs=("function",), values_of=value_names)
@metric(
    output_types=OUTPUT_TYPES,
    kind="mean",
    source="the function that the task names",
    parameters={"function": None, "seconds": SECONDS},
)
def custom(answered: Answered) -> PerExample:
    judging = need(answered.judging, "custom")
    file, _, name = (answered.choice.function or "").rpartition(":")
    found = _find_file(file, judging.folder)
    if found is None or not judging.allow_code:
        raise RunError(*ready(answered.choice, judging))
    return _scored(answered, judging, {"file": str(found.resolve()), "name": name}, value_names(answered.choice)[0])


def from_plugin(plugin: Plugin) -> Metric:
    """Return the metric of an installed package."""
    module, _, name = plugin.target.partition(":")
    declared = metric(output_types=OUTPUT_TYPES, kind="mean", source=f"{plugin.target} of {plugin.package}")

    def compute(answered: Answered) -> PerExample:
        return _scored(answered, need(answered.judging, plugin.name), {"module": module, "name": name}, plugin.name)

    compute.__name__ = plugin.name
    return by_row(partial(_ready_plugin, plugin.name))(declared(compute))


def _ready_plugin(name: str, choice: MetricChoice, judging: Judging) -> list[Problem]:
    del choice, judging
    return plugins.ambiguous(name, MODULES)


def _scored(answered: Answered, judging: Judging, asked: dict[str, str], value: str) -> PerExample:
    """Call the function for each row that has an answer."""
    command = (sys.executable, "-P", str(CHILD))
    child = Child(command, folder=Path.cwd(), environment=os.environ, stderr=None)
    found = _Found()
    try:
        source = _ask(child, asked, LOADING_SECONDS, "while it was loaded", value)
        if "error" in source:
            raise RunError(_problem(f"{value} cannot be loaded: {source['error']}"))
        seconds = SECONDS if answered.choice.seconds is None else answered.choice.seconds
        for row, gold, answer in zip(answered.given, answered.golds, answered.answers, strict=True):
            if answer is None:
                found.scores.append(None)
                continue
            said = {"prediction": answer, "gold": gold, "row": _plain(judging.row(row.row_id))}
            _take(found, row.row_id, _ask(child, said, seconds, f"for row {row.row_id}", value))
    finally:
        child.close()
    if found.failures:
        raise RunError(_failures(found, value))
    scores = _by_part(found, value)
    return PerExample(
        {name: tuple(each or 0.0 for each in parts) for name, parts in scores.items()},
        left_out={
            name: frozenset(place for place, each in enumerate(parts) if each is None) for name, parts in scores.items()
        },
        code=_sha256(source.get("source")),
    )


def _ask(child: Child, record: dict[str, Any], seconds: float, when: str, value: str) -> dict[str, Any]:
    try:
        return child.ask(record, seconds=seconds)
    except NoAnswerError as ended:
        what = f"took more than {seconds:g} s" if ended.slow else ended.reason
        cure = "make it faster, or give the metric more `seconds`; the answers are kept" if ended.slow else None
        raise RunError(_problem(f"{value} {what} {when}", cure)) from None


def _take(found: _Found, row_id: int, answer: dict[str, Any]) -> None:
    """Keep a score, or say what is wrong with it."""
    score = answer.get("score")
    parts: dict[str, float | None] = score if isinstance(score, dict) else {} if score is None else {"": score}
    wrong = next((number for number in parts.values() if number is not None and not 0 <= number <= 1), None)
    found.names = found.names or list(parts)
    if "error" in answer:
        found.failures.append((row_id, str(answer["error"])))
    elif wrong is not None:
        what = "is not a number" if math.isnan(wrong) else f"is {wrong:g}, and must be from 0 to 1"
        found.failures.append((row_id, f"the score {what}"))
    elif parts and list(parts) != found.names:
        ours, before = (", ".join(names) if names != [""] else "one number" for names in (list(parts), found.names))
        found.failures.append((row_id, f"it gives {ours}, and gave {before} for the rows before"))
    else:
        found.scores.append(parts)


def _by_part(found: _Found, value: str) -> dict[str, tuple[float | None, ...]]:
    """Return the scores by name of a value; a row of which nothing can be said has None in all of them."""
    return {
        f"{value}.{name}" if name else value: tuple(0.0 if each is None else each.get(name) for each in found.scores)
        for name in found.names or [""]
    }


def _failures(found: _Found, value: str) -> Problem:
    row_id, what = found.failures[0]
    others = [str(other) for other, _ in found.failures[1:]]
    more = (
        f"; so it does for {len(others)} more (row {', '.join(others[:SHOWN])}{', …' if len(others) > SHOWN else ''})"
    )
    return _problem(f"{value} fails for row {row_id}: {what}{more if others else ''}")


def _problem(message: str, cure: str | None = None) -> Problem:
    return Problem(
        "LF530", message, cure or "mend the function; the answers are kept, and it is called again", path=PATH
    )


def _plain(row: Any) -> dict[str, Any]:
    """Return the row as JSON can hold it: dates and what else it does not know as text."""
    import json

    found: dict[str, Any] = json.loads(json.dumps(dict(row), default=str))
    return found


def _find_file(name: str, beside: Path) -> Path | None:
    candidates = (root / Path(name).expanduser() for root in (beside, Path()))
    return next((candidate for candidate in candidates if candidate.is_file()), None) if name else None


def _absent(file: Path, function: str) -> list[Problem]:
    """Return the problem of a file that does not define the function; the file is read, not run."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError) as error:
        return [Problem("LF353", f"{file.name} cannot be read as Python: {error}", "mend the file", path=PATH)]
    names = [each.name for each in tree.body if isinstance(each, (ast.FunctionDef, ast.ClassDef))]
    # A name that is assigned or imported may be a function too.
    others = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    others |= {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    if function in names or function in others:
        return []
    close = difflib.get_close_matches(function, names, n=1)
    cure = f"did you mean {close[0]!r}?" if close else f"define it; the file has {', '.join(names) or 'no function'}"
    return [Problem("LF353", f"{file.name} has no function {function!r}", cure, path=PATH)]


def _sha256(file: object) -> str | None:
    try:
        return hashlib.sha256(Path(str(file)).read_bytes()).hexdigest()
    except OSError:
        return None
