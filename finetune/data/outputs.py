"""What kind of answer a task learns: free text, one of a few labels, and what else the task says: number, JSON, SQL.

    output_of(table, splits, OutputFeature("label", None, None))
      ─▶  Output(name="label", type="category", labels=("neutral", "claims"), reason="2 distinct short answers …")

Where the task says no type it is text or category, found out from all training rows, those that sample_ratio leaves out
among them: a learning curve keeps its labels. A number, JSON or SQL is never guessed.

*Not here:* what answers of a type must look like (lfine.finetune.data.answers), metrics for each type
(lfine.evaluation.metrics), tokens of an answer (lfine.finetune.compile).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lfine.finetune.data.answers import Answers, AnswerSchema, answer_problems
from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.splits import NAMES, SplitAssignment
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import answer_of, number_of, whole_of
from lfine.finetune.data.wording import column_cure, counted, listed, quoted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import OutputFeature, OutputType, SplitName

MAX_LABELS = 50
"""Distinct training answers up to which they are taken for labels."""
MAX_LABEL_LENGTH = 60
"""Characters of a label that was not named in the task."""

_NO_LABELS = {"text": "a text", "number": "a number", "json": "JSON", "sql": "SQL"}


@dataclass(frozen=True)
class Output:
    """The output column, resolved."""

    name: str | None
    """The column; None: whole conversations, whose last answer is the one that is scored."""
    type: OutputType
    labels: tuple[str, ...]
    """Of a category: most frequent in the training rows first, then alphabetical; empty for all else."""
    reason: str
    """Why this type, in one line."""
    warnings: tuple[Problem, ...] = ()
    """LF309 for answers that no training row has, LF352 for labels that are numbers with a needless fraction."""
    schema: str | None = None
    """JSON: the JSON Schema of the answers, as text."""


def output_of(
    table: Table,
    splits: SplitAssignment,
    feature: OutputFeature | None,
    *,
    needed: Collection[SplitName] = NAMES,
    schema: AnswerSchema | None = None,
    place: Place = unplaced,
) -> Output:
    """Return type and labels, found out from the training rows where the task does not say them.

    `schema` is what read_answer_schema gives. Raises TaskError with all of: LF201 no such column; LF230 labels for what
    is no category, LF231 a schema for what is no JSON; and in the splits of `needed` LF303 empty answers, LF309 answers
    that are not in `feature.labels`, LF325 answers of another type, LF326 answers against the schema.
    """
    if feature is None:
        return Output(None, "text", (), "whole conversations: their last answer is scored as text")
    if feature.name not in table.columns:
        message = f"the data have no column {feature.name!r} to learn"
        raise TaskError(place("LF201", "output_feature.name", message, column_cure(feature.name, table.columns)))
    answers = {name: _answers(table, splits.rows(name), feature.name) for name in NAMES if name in needed}
    train = answers.get("train") or _answers(table, splits.rows("train"), feature.name)
    allowed = None if feature.labels is None else {label.strip() for label in feature.labels}
    counts = Counter(answer for answer in train.values() if answer)  # of the training rows, needed or not
    kind, reason = _type_of(feature, counts)
    problems = [*_empty(feature, answers, place), *_contradictions(feature, kind, place)]
    if allowed is not None and kind == "category":
        problems += _unknown(feature, answers, allowed, place)
    problems += answer_problems(kind, feature.name, answers, schema, place=place)
    if problems:
        raise TaskError(*problems)
    if kind != "category":
        return Output(feature.name, kind, (), reason, schema=None if schema is None else schema.text)
    labels = sorted(counts if allowed is None else allowed, key=lambda label: (-counts[label], label))
    warnings = (*_never_learned(feature, answers, counts, place), *_numbers_alike(feature, answers, place))
    return Output(feature.name, "category", tuple(labels), reason, warnings)


def _answers(table: Table, rows: Sequence[int], column: str) -> Mapping[int, str]:
    return {row: answer_of(table.rows[row][column]) for row in rows}


def _contradictions(feature: OutputFeature, kind: OutputType, place: Place) -> list[Problem]:
    problems = []
    if feature.labels is not None and kind != "category":
        message = f"output_feature.labels are given for {_NO_LABELS[kind]}"
        cure = "remove the labels, or set the type to category"
        problems.append(place("LF230", "output_feature.labels", message, cure))
    if feature.schema is not None and kind != "json":
        message = f"output_feature.schema is given, and the output is {_NO_LABELS.get(kind, 'a category')}"
        problems.append(place("LF231", "output_feature.schema", message, "remove the schema, or set the type to json"))
    return problems


def _empty(feature: OutputFeature, answers: Answers, place: Place) -> list[Problem]:
    problems = []
    for split, by_row in answers.items():
        rows = [row for row, answer in by_row.items() if not answer]
        if rows:
            message = f"column {feature.name!r} holds no answer in {counted(len(rows), split + ' row')}: {listed(rows)}"
            cure = "fill the cells or remove the rows (rows are counted from 0)"
            cure += "; lfine data check TASK --fix NEW_FILE writes a copy without them"
            problems.append(place("LF303", "output_feature.name", message, cure))
    return problems


def _unknown(feature: OutputFeature, answers: Answers, allowed: Collection[str], place: Place) -> list[Problem]:
    rows = _rows_by_answer(answers, but={"", *allowed})
    if not rows:
        return []
    each = [f"{quoted(answer)} ({counted(len(ids), 'row')}: {listed(ids)})" for answer, ids in rows.items()]
    message = f"answers in column {feature.name!r} that are not in output_feature.labels: {listed(each)}"
    cure = "add the labels or mend the rows (counted from 0)"
    numbers = {number_of(label) for label in allowed} - {None}
    if rows.keys() <= {answer for answer in rows if number_of(answer) in numbers}:
        cure = f"{_whole_cure(feature.name)}, which makes 1.0 and 1 one label; or write the labels as the rows do"
    return [place("LF309", "output_feature.labels", message, cure)]


def _numbers_alike(feature: OutputFeature, answers: Answers, place: Place) -> tuple[Problem, ...]:
    """Warn of labels that are whole numbers with a fraction: a program made floats of them, `1.0` for the label `1`."""
    rows = _rows_by_answer(answers, but=())
    floats = {answer: ids for answer, ids in rows.items() if answer.rstrip("0").endswith(".")}
    if not floats or any(whole_of(answer) is None for answer in rows):
        return ()
    each = [f"{quoted(answer)} ({counted(len(ids), 'row')}: {listed(ids)})" for answer, ids in floats.items()]
    both = [repr(answer) for answer in rows if answer not in floats]
    beside = f", beside {listed(both)}" if both else ""
    message = f"labels in column {feature.name!r} are whole numbers written as floats: {listed(each)}{beside}"
    return (
        as_warning(place("LF352", "output_feature.name", message, f"{_whole_cure(feature.name)}, or keep them so")),
    )


def _whole_cure(column: str) -> str:
    return f"set dataset.columns: {{{column}: {{cast: integer}}}}"


def _rows_by_answer(answers: Answers, *, but: Collection[str]) -> dict[str, list[int]]:
    """Return answer → rows for all answers but those named, the most frequent first."""
    found: dict[str, list[int]] = {}
    for by_row in answers.values():
        for row, answer in by_row.items():
            if answer not in but:
                found.setdefault(answer, []).append(row)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def _type_of(feature: OutputFeature, counts: Counter[str]) -> tuple[OutputType, str]:
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


def _never_learned(feature: OutputFeature, answers: Answers, counts: Counter[str], place: Place) -> tuple[Problem, ...]:
    """Answers to score that no training row has: a tuned model will hardly give them."""
    rows = _rows_by_answer(answers, but=set(counts))
    if not rows or not counts:
        return ()
    each = [f"{quoted(answer)} ({counted(len(ids), 'row')}: {listed(ids)})" for answer, ids in rows.items()]
    message = f"answers in column {feature.name!r} that no training row has: {listed(each)}"
    return (as_warning(place("LF309", "output_feature.name", message, "add training rows with these answers")),)
