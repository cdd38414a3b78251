"""Every check there is, in the order of what harms most, and the report that they make together.

    check(Subject(…)) ─▶ DataReport(title="qa.csv", rows=6900, findings=(Finding("leaked-inputs", …), …), …)

A check is a function from a subject to findings, and a line in CHECKS.

*Not here:* where subjects come from (lfine.checking) and the text of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lfine.finetune.data.check import (
    answers,
    columns,
    duplicates,
    labels,
    near_duplicates,
    sizes,
    texts,
    totals,
)
from lfine.finetune.data.check.records import DataReport, Finding
from lfine.finetune.data.check.subject import Lengths, Subject


@dataclass(frozen=True)
class Check:
    """One thing that is looked for."""

    names: tuple[str, ...]
    """Names of its findings."""
    about: str
    """What they say, in a line."""
    find: Callable[[Subject], Iterator[Finding]]


CHECKS = (
    Check(("leaked-inputs",), "an input to score stands in train", duplicates.leaked_inputs),
    Check(("shared-inputs",), "an input of test stands in validation", duplicates.shared_inputs),
    Check(("duplicate-rows",), "input and answer stand twice in one split", duplicates.repeated_rows),
    Check(
        ("near-leaks", "near-held-out", "near-duplicates"),
        "inputs that share most of their runs of three words",
        near_duplicates.near_duplicates,
    ),
    Check(("contradicting-answers",), "one input has several answers", answers.contradictions),
    Check(("empty-answers",), "no answer, or one of white space", answers.empty_answers),
    Check(("empty-inputs",), "no input", answers.empty_inputs),
    Check(("total-row",), "a last row that sums the others up", totals.total_rows),
    Check(("long-answers",), "answers ten times as long as the median", answers.long_answers),
    Check(("answer-in-input",), "the prompt says what it asks for", answers.answers_in_inputs),
    Check(("label-variants",), "labels that differ by case or blanks", labels.label_variants),
    Check(("labels-not-learned", "labels-not-scored"), "a label that a split lacks", labels.absent_labels),
    Check(("class-imbalance",), "one label outnumbers the others", labels.imbalance),
    Check(("rare-labels",), "a label with few rows", labels.rare_labels),
    Check(("mojibake",), "text read with the wrong encoding", texts.mojibake),
    Check(("control-characters",), "characters that no one sees", texts.control_characters),
    Check(("mixed-scripts",), "rows in another script than the others", texts.mixed_scripts),
    Check(("constant-columns", "id-like-columns"), "columns that teach nothing", columns.useless_columns),
    Check(("cut-rows",), "rows longer than the limit", sizes.cut_rows),
    Check(("few-examples", "no-training-rows"), "too few rows to learn from", sizes.few_examples),
    Check(("small-test", "test-size", "no-test-rows"), "what the test set can show", sizes.small_test),
)
_ORDER = {"error": 0, "warning": 1, "note": 2}


def check(subject: Subject) -> DataReport:
    """Look for everything; errors first, then warnings, then notes, each in the order of CHECKS."""
    found = [finding for each in CHECKS for finding in each.find(subject)]
    lengths = subject.lengths or character_lengths(subject)
    return DataReport(
        title=subject.title,
        files=subject.files,
        rows=len(subject.inputs),
        columns=subject.columns,
        split_rows={name: len(rows) for name, rows in subject.by_split.items()},
        findings=tuple(sorted(found, key=lambda finding: _ORDER[finding.severity])),
        lengths=lengths.rows,
        length_unit=lengths.unit,
        limit=lengths.limit,
        labels=labels.label_counts(subject),
        input_columns=subject.input_columns,
        output_column=subject.output_column,
        notes=subject.notes,
    )


def character_lengths(subject: Subject) -> Lengths:
    """Return how long input and answer of the training rows are."""
    rows = subject.train.tolist()
    answers_of = subject.answers
    if answers_of is None:
        return Lengths(tuple(len(subject.inputs[row]) for row in rows), "characters")
    return Lengths(tuple(len(subject.inputs[row]) + len(answers_of[row]) for row in rows), "characters")
