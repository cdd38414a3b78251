"""What is wrong with the metrics of a task, before anything is trained or scored.

    check_metrics((plain("acuracy"),), "category")  →  [Problem("LF209", "… 'acuracy'; did you mean 'accuracy'?", …)]
    check_golds({7: "twelve"}, (plain("numeric_match"),))  →  [Problem("LF314", "numeric_match cannot judge …", …)]

*Not here:* the metrics and what they declare (lfine.evaluation.metrics.registry).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from lfine.evaluation import plugins
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics.registry import (
    MODULES,
    RECORDED,
    Metric,
    Parameter,
    RowData,
    find,
    is_known,
    listed,
    unknown,
    value_names,
)
from lfine.evaluation.records import Prediction
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

PARAMETERS: tuple[Parameter, ...] = get_args(Parameter)
SHOWN = 5
"""Rows of one kind that are listed."""


def check_metrics(
    metrics: Sequence[MetricChoice],
    output_type: str,
    *,
    path: str = "evaluation.metrics",
    labels: Sequence[str] = (),
) -> list[Problem]:
    """Return what is wrong with these metrics for an output of this type.

    Unknown names, other types, parameters that the metric does not take or that lack their partner, values that two
    entries would both give, no number at all. `labels`, where they are known, must hold the positive one.
    """
    problems = [unknown(choice.name, path=path) for choice in metrics if not is_known(choice.name)]
    known = [(place, choice) for place, choice in enumerate(metrics) if is_known(choice.name)]
    for _, choice in known:
        found = find(choice.name)
        if output_type not in found.output_types:
            problems.append(_other_type(found, output_type, path))
    for place, choice in known:
        problems += _parameters(choice, f"{path}[{place}]", labels)
    if not problems:
        problems += _repeated(known, path)
    if not problems and not any(find(choice.name).values for _, choice in known):
        given = ", ".join(choice.name for choice in metrics) or "none"
        message = f"{path} names no metric that gives a number, got {given}"
        problems.append(Problem("LF210", message, f"add {_suited(output_type)[0]!r}", path=path))
    return problems


def check_ready(metrics: Sequence[MetricChoice], judging: Judging) -> list[Problem]:
    """Return what keeps metrics from being computed here and now, to be known before any answer is paid for.

    LF242, LF441, LF353, LF318 in what the user wrote, LF440 in the machine.
    """
    return [each for choice in metrics for each in _unready(choice, judging)]


def _unready(choice: MetricChoice, judging: Judging) -> list[Problem]:
    ready = find(choice.name).ready
    twice = plugins.ambiguous(choice.name, MODULES) if choice.name in MODULES else []
    return [*twice, *(ready(choice, judging) if ready is not None else [])]


def check_columns(
    metrics: Sequence[MetricChoice], references: str | None, choices: str | None, *, path: str = "evaluation"
) -> list[Problem]:
    """Return a problem for each of these two columns that none of the metrics looks at; unknown metrics look at all."""
    given: dict[RowData, str | None] = {"references": references, "choices": choices}
    if any(choice.name not in MODULES for choice in metrics):
        return []
    problems = []
    for key, column in given.items():
        if column is not None and not any(key in find(choice.name).looks_at for choice in metrics):
            message = f"{path}.{key} is given, and no metric of the task looks at it"
            readers = ", ".join(name for name in MODULES if key in find(name).looks_at)
            problems.append(Problem("LF280", message, f"remove it, or score with {readers}", path=f"{path}.{key}"))
    return problems


def check_recorded(predictions: Sequence[Prediction], metrics: Sequence[MetricChoice]) -> list[Problem]:
    """Return a problem for each metric that reads what the model computed, where no row has it."""
    problems = []
    for choice in metrics:
        for key in find(choice.name).looks_at:
            if key in RECORDED and predictions and all(getattr(each, key) is None for each in predictions):
                message = f"{choice.name} reads {key} of the predictions, and none of {len(predictions)} rows has it"
                cure = "score predictions that record it, or remove the metric; the answers are kept"
                problems.append(Problem("LF315", message, cure, path="evaluation.metrics"))
    return problems


def check_golds(golds: Mapping[int, str], metrics: Sequence[MetricChoice]) -> list[Problem]:
    """Return a problem for each metric that cannot judge against some gold answers (row id → answer)."""
    problems = []
    for choice in metrics:
        rows = [row_id for row_id, gold in golds.items() if not find(choice.name).judges(gold)]
        if rows:
            listed = ", ".join(map(str, rows[:SHOWN])) + (", …" if len(rows) > SHOWN else "")
            first = f"the first is {golds[rows[0]]!r:.60}"
            message = f"{choice.name} cannot judge against {len(rows)} gold answers, {first}"
            cure = f"mend these rows, or choose another metric (row {listed}; rows are counted from 0)"
            problems.append(Problem("LF314", message, cure, path="evaluation.metrics"))
    return problems


def _parameters(choice: MetricChoice, path: str, labels: Sequence[str]) -> Iterator[Problem]:
    takes = find(choice.name).parameters
    for name in find(choice.name).needs:
        if getattr(choice, name) is None:
            message = f"metric {choice.name!r} needs its parameter {name!r}"
            yield Problem("LF211", message, f"write {{name: {choice.name}, {name}: …}}", path=path)
    for name in PARAMETERS:
        if getattr(choice, name) is not None and name not in takes:
            message = f"metric {choice.name!r} has no parameter {name!r}"
            yield Problem("LF211", message, _takers(name), path=f"{path}.{name}")
    if "positive" not in takes:
        return
    if choice.average == "binary" and choice.positive is None:
        message = f"metric {choice.name!r} with average binary needs the label that counts"
        yield Problem("LF211", message, "add positive: LABEL", path=f"{path}.average")
    elif choice.positive is not None and choice.average != "binary":
        message = f"metric {choice.name!r} has a positive label, and average is {choice.average or 'macro'}"
        yield Problem("LF211", message, "set average: binary, or remove positive", path=f"{path}.positive")
    elif choice.positive is not None and labels and choice.positive not in labels:
        message = f"positive is {choice.positive!r}, which is no label of the output"
        yield Problem("LF211", message, f"choose from {', '.join(labels[:20])}", path=f"{path}.positive")


def _takers(parameter: str) -> str:
    takers = [name for name in MODULES if parameter in find(name).parameters]
    return f"remove it; {', '.join(takers)} {'takes' if len(takers) == 1 else 'take'} it"


def _repeated(known: Sequence[tuple[int, MetricChoice]], path: str) -> Iterator[Problem]:
    """Two entries that would give a value of the same name."""
    seen: set[str] = set()
    for place, choice in known:
        values = value_names(choice) or (choice.name,)
        if values[0] in seen:
            message = f"{path}[{place}] gives {values[0]!r}, which an entry before it gives too"
            yield Problem("LF114", message, "remove one of them", path=f"{path}[{place}]")
        seen.update(values)


def _other_type(found: Metric, output_type: str, path: str) -> Problem:
    message = f"metric {found.name!r} is for {' and '.join(found.output_types)} outputs, and this one is {output_type}"
    return Problem("LF204", message, f"choose from {listed(_suited(output_type))}", path=path)


def _suited(output_type: str) -> list[str]:
    return [name for name in MODULES if output_type in find(name).output_types]
