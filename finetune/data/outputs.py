"""What kind of answer a task learns: free text, or one of a few labels.

    output_of(table, splits, OutputFeature("label", None, None))
      ─▶  Output(name="label", type="category", labels=("neutral", "claims"), reason="2 distinct short answers …")

*Not here:* metrics for each type (lfine.evaluation.metrics) and tokens of an answer (lfine.finetune.compile).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.splits import NAMES, SplitAssignment
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import answer_of
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import OutputFeature, SplitName

MAX_LABELS = 50
"""Distinct training answers up to which they are taken for labels."""
MAX_LABEL_LENGTH = 60
"""Characters of a label that was not named in the task."""

_Answers = Mapping[SplitName, Mapping[int, str]]
"""Split → row id → answer."""


@dataclass(frozen=True)
class Output:
    """The output column, resolved."""

    name: str
    """The column."""
    type: Literal["text", "category"]
    labels: tuple[str, ...]
    """Of a category: most frequent in the training rows first, then alphabetical; empty for text."""
    reason: str
    """Why this type, in one line."""
    warnings: tuple[Problem, ...] = ()
    """LF309 for answers that no training row has."""


def output_of(
    table: Table,
    splits: SplitAssignment,
    feature: OutputFeature,
    *,
    needed: Collection[SplitName] = NAMES,
    place: Place = unplaced,
) -> Output:
    """Return type and labels, found out from the training rows where the task does not say them.

    Raises TaskError with all of: LF201 no such column; LF206 labels for a text; LF303 empty answers and LF309 answers
    that are not in `feature.labels`, in the splits of `needed`.
    """
    if feature.name not in table.columns:
        message = f"the data have no column {feature.name!r} to learn"
        raise TaskError(place("LF201", "output_feature.name", message, column_cure(feature.name, table.columns)))
    answers = {name: _answers(table, splits.rows(name), feature.name) for name in NAMES if name in needed}
    train = answers.get("train") or _answers(table, splits.rows("train"), feature.name)
    allowed = None if feature.labels is None else {label.strip() for label in feature.labels}
    problems = _empty(feature, answers, place)
    if allowed is not None and feature.type == "text":
        message = "output_feature.labels are given for a text"
        cure = "remove the labels, or set the type to category"
        problems.append(place("LF206", "output_feature.labels", message, cure))
    elif allowed is not None:
        problems += _unknown(feature, answers, allowed, place)
    if problems:
        raise TaskError(*problems)
    counts = Counter(answer for answer in train.values() if answer)  # of the training rows, needed or not
    kind, reason = _type_of(feature, counts)
    if kind == "text":
        return Output(feature.name, "text", (), reason)
    labels = sorted(counts if allowed is None else allowed, key=lambda label: (-counts[label], label))
    return Output(feature.name, "category", tuple(labels), reason, _never_learned(feature, answers, counts, place))


def _answers(table: Table, rows: Sequence[int], column: str) -> Mapping[int, str]:
    return {row: answer_of(table.rows[row][column]) for row in rows}


def _empty(feature: OutputFeature, answers: _Answers, place: Place) -> list[Problem]:
    problems = []
    for split, by_row in answers.items():
        rows = [row for row, answer in by_row.items() if not answer]
        if rows:
            message = f"column {feature.name!r} holds no answer in {counted(len(rows), split + ' row')}: {listed(rows)}"
            cure = "fill the cells or remove the rows (rows are counted from 0)"
            problems.append(place("LF303", "output_feature.name", message, cure))
    return problems


def _unknown(feature: OutputFeature, answers: _Answers, allowed: Collection[str], place: Place) -> list[Problem]:
    rows = _rows_by_answer(answers, but={"", *allowed})
    if not rows:
        return []
    each = [f"{answer!r} ({counted(len(ids), 'row')}: {listed(ids)})" for answer, ids in rows.items()]
    message = f"answers in column {feature.name!r} that are not in output_feature.labels: {listed(each)}"
    return [place("LF309", "output_feature.labels", message, "add the labels or mend the rows (counted from 0)")]


def _rows_by_answer(answers: _Answers, *, but: Collection[str]) -> dict[str, list[int]]:
    """Return answer → rows for all answers but those named, the most frequent first."""
    found: dict[str, list[int]] = {}
    for by_row in answers.values():
        for row, answer in by_row.items():
            if answer not in but:
                found.setdefault(answer, []).append(row)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _type_of(feature: OutputFeature, counts: Counter[str]) -> tuple[Literal["text", "category"], str]:
    if feature.type is not None:
        return feature.type, "the task says so"
    if feature.labels is not None:
        return "category", "the task names the labels"
    if not counts:
        return "text", "no training rows to find labels in"
    if len(counts) > MAX_LABELS:
        return "text", f"{len(counts)} distinct training answers, more than {MAX_LABELS}"
    if any(len(answer) > MAX_LABEL_LENGTH or len(answer.splitlines()) > 1 for answer in counts):
        return "text", f"a training answer has several lines or more than {MAX_LABEL_LENGTH} characters"
    if max(counts.values()) == 1:
        return "text", "no training answer occurs twice"
    return "category", f"{counted(len(counts), 'distinct short answer')} in {counted(counts.total(), 'training row')}"


def _never_learned(
    feature: OutputFeature, answers: _Answers, counts: Counter[str], place: Place
) -> tuple[Problem, ...]:
    """Answers to score that no training row has: a tuned model will hardly give them."""
    rows = _rows_by_answer(answers, but=set(counts))
    if not rows or not counts:
        return ()
    each = [f"{answer!r} ({counted(len(ids), 'row')}: {listed(ids)})" for answer, ids in rows.items()]
    message = f"answers in column {feature.name!r} that no training row has: {listed(each)}"
    return (as_warning(place("LF309", "output_feature.name", message, "add training rows with these answers")),)
