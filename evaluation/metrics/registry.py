"""What a metric is, and how one is found by its name without importing the others.

    @metric(output_types=("text", "category"), kind="mean", source="…")
    def accuracy(answered: Answered) -> PerExample: ...

    find("accuracy").headline == "accuracy"
    check_metrics(("acuracy",), "category")  →  [Problem("LF209", "… 'acuracy'; did you mean 'accuracy'?", …)]

A new metric is one file in this folder and one line in MODULES.

*Not here:* any metric's arithmetic; applying metrics to a file (lfine.evaluation.scoring).
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lfine.evaluation.records import Confusion
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    """(resamples, n): positions of rows."""
    Values = NDArray[np.float64]
    """(resamples,)"""

MetricKind = Literal["mean", "corpus", "matrix"]

MODULES = {
    "accuracy": "lfine.evaluation.metrics.accuracy",
    "confusion": "lfine.evaluation.metrics.confusion",
    "exact_match": "lfine.evaluation.metrics.exact_match",
    "f1": "lfine.evaluation.metrics.f1",
    "precision": "lfine.evaluation.metrics.precision",
    "recall": "lfine.evaluation.metrics.recall",
    "rouge": "lfine.evaluation.metrics.rouge",
}
"""Name → module; the metric stands in it under its own name. Naming a metric imports none of them."""


@dataclass(frozen=True)
class Answered:
    """Gold and extracted answers of the held-out rows, in the same order."""

    golds: tuple[str, ...]
    answers: tuple[str | None, ...]
    """None where no answer came or none could be extracted: it counts as wrong."""
    labels: tuple[str, ...]
    """The labels of a category; empty for text."""


@dataclass(frozen=True)
class PerExample:
    """The result of a metric that is a mean: one score in 0..1 for each row."""

    scores: dict[str, tuple[float, ...]]
    """By value name (rouge1, rouge2, …)."""


@dataclass(frozen=True)
class Corpus:
    """The result of a metric that is no mean: a function of which rows are looked at."""

    statistic: Callable[[Indices], Values]
    """(resamples, n) positions of rows → (resamples,) values; a row may occur several times."""


MetricResult = PerExample | Corpus | Confusion


@dataclass(frozen=True)
class Metric:
    """One metric: what it declares, and its function."""

    name: str
    output_types: tuple[str, ...]
    """Which of text and category it suits."""
    kind: MetricKind
    """mean of per-example scores (they are kept); corpus: computed from all rows at once; matrix: no number."""
    values: tuple[str, ...]
    """Names of the numbers it gives, the headline first; empty for a matrix."""
    source: str
    """The definition or library that it follows."""
    compute: Callable[[Answered], MetricResult]

    @property
    def headline(self) -> str | None:
        """The value that speaks for the metric; None for a matrix."""
        return self.values[0] if self.values else None


def metric(
    *,
    output_types: tuple[str, ...],
    kind: MetricKind,
    source: str,
    values: tuple[str, ...] | None = None,
) -> Callable[[Callable[[Answered], MetricResult]], Metric]:
    """Turn a function into a Metric of the function's name; `values` is needed by families only."""

    def declare(compute: Callable[[Answered], MetricResult]) -> Metric:
        name = compute.__name__
        own = () if kind == "matrix" else (name,)
        return Metric(name, output_types, kind, own if values is None else values, source, compute)

    return declare


def names() -> tuple[str, ...]:
    return tuple(MODULES)


def find(name: str) -> Metric:
    """Import one metric.

    Raises:
        TaskError: LF209, no metric has this name.
    """
    if name not in MODULES:
        raise TaskError(_unknown(name, path=""))
    found = getattr(importlib.import_module(MODULES[name]), name)
    if not isinstance(found, Metric):
        raise TypeError(f"{MODULES[name]}.{name} is not declared with @metric")
    return found


def check_metrics(metrics: Sequence[str], output_type: str, *, path: str = "evaluation.metrics") -> list[Problem]:
    """Return what is wrong with these names for an output of this type: unknown, for another type, no number at all."""
    problems = [_unknown(name, path=path) for name in metrics if name not in MODULES]
    known = [find(name) for name in metrics if name in MODULES]
    problems += [_other_type(found, output_type, path) for found in known if output_type not in found.output_types]
    if not problems and not any(found.values for found in known):
        message = f"{path} names no metric that gives a number, got {', '.join(metrics) or 'none'}"
        problems.append(Problem("LF210", message, f"add {_suited(output_type)[0]!r}", path=path))
    return problems


def _unknown(name: str, *, path: str) -> Problem:
    close = difflib.get_close_matches(name.lower(), MODULES, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return Problem("LF209", f"no metric is called {name!r}{hint}", f"choose from {', '.join(MODULES)}", path=path)


def _other_type(found: Metric, output_type: str, path: str) -> Problem:
    message = f"metric {found.name!r} is for {' and '.join(found.output_types)} outputs, and this one is {output_type}"
    return Problem("LF204", message, f"choose from {', '.join(_suited(output_type))}", path=path)


def _suited(output_type: str) -> list[str]:
    return [name for name in MODULES if output_type in find(name).output_types]
