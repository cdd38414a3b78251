"""What is wrong with answers: none, too long, several for one input, or given away in the prompt.

    empty_answers(subject)        the cell is empty, or holds white space only
    long_answers(subject)         ten times the median and more
    contradictions(subject)       one input, several answers
    answers_in_inputs(subject)    the prompt says what it asks for

*Not here:* labels as a set (…labels), what answers of a type must look like (lfine.finetune.data.answers).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from lfine.finetune.data.check.duplicates import of_split
from lfine.finetune.data.check.records import SHOWN_ROWS, Finding, Severity
from lfine.finetune.data.check.shingles import words
from lfine.finetune.data.check.subject import JOINT, Subject, first_rows, percent, short
from lfine.finetune.data.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUTLIER = 10
"""Times the median from which an answer is too long."""
LONG = 200
"""Characters up to which no answer is too long."""
SAMPLE = 20_000
"""Rows in which answers are looked for: the first of them that have one."""
TELLING = 0.9
"""Share of rows with their own label in the prompt from which it may be the label that is read, not the text."""
CHANCE = 0.2
"""Share of rows with a given other label in the prompt up to which the own one's standing there tells something."""
WORTH = 0.01
"""Share of rows below which a label's word in the input is chance, and not said."""
COPIED_WORDS = 5
"""Words from which an answer in the prompt is more than a span that was asked for."""


def empty_answers(subject: Subject) -> Iterator[Finding]:
    for split, rows in subject.by_split.items():
        found = [row for row in rows.tolist() if not (subject.answers or [""])[row]] if subject.answers else []
        if found:
            message = f"{of_split(len(found), len(rows), split)} have no answer, or one of white space only"
            yield Finding(
                name="empty-answers",
                severity="error",
                message=message,
                cure="fill the cells, or remove the rows",
                count=len(found),
                row_ids=first_rows(found),
                examples=tuple(subject.shown(row) for row in found[:3]),
                split=split,
                column=subject.output_column,
            )


def empty_inputs(subject: Subject) -> Iterator[Finding]:
    found = [row for row, text in enumerate(subject.inputs) if _blank(text)]
    if found:
        yield Finding(
            name="empty-inputs",
            severity="warning",
            message=f"{len(found):,} of {counted(len(subject.inputs), 'row')} with an empty input",
            cure="fill the cells, or remove the rows",
            count=len(found),
            row_ids=first_rows(found),
        )


def _blank(text: str) -> bool:
    return not text.strip() or (JOINT in text and not text.replace(JOINT, " ").strip())


def long_answers(subject: Subject) -> Iterator[Finding]:
    import numpy as np

    if subject.answers is None or subject.kind == "category":
        return
    lengths = _lengths(subject.answers)
    median = float(np.median(lengths)) if len(lengths) else 0.0
    limit = max(LONG, OUTLIER * median)
    found = np.flatnonzero(lengths > limit)
    if len(found):
        found = found[np.argsort(-lengths[found], kind="stable")]
        longest = int(lengths[found[0]])
        message = (
            f"{counted(len(found), 'answer')} of {len(lengths):,} are longer than {limit:,.0f} characters: the median"
            f" is {median:,.0f}, the longest {longest:,}; the longest of train sets how many tokens are generated"
        )
        yield Finding(
            name="long-answers",
            severity="warning",
            message=message,
            cure="look at these rows; set generation.max_new_tokens if they are meant to be",
            count=len(found),
            row_ids=first_rows(found),
            examples=tuple(short(subject.answers[row]) for row in found[:3].tolist()),
            column=subject.output_column,
        )


def _lengths(texts: Sequence[str]) -> NDArray[np.int64]:
    import numpy as np

    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


def contradictions(subject: Subject) -> Iterator[Finding]:
    """One input with several answers: noise for a label, a choice of wordings for a text."""
    import numpy as np

    if subject.answers is None:
        return
    inputs, pairs = subject.input_ids, subject.row_ids
    differing = np.unique(inputs[(pairs == np.arange(len(pairs))) & (inputs != pairs)])  # a second answer, first seen
    rows = np.flatnonzero(np.isin(inputs, differing))
    if not len(rows):
        return
    free = subject.kind == "text"
    cure = "keep one answer for each, or add to the input what tells them apart"
    if free:
        cure = "fine where several answers are right, and then score against all of them; else keep one for each"
    rows = rows[np.lexsort((rows, inputs[rows]))]
    shown = islice(_with_answers(subject, rows.tolist()), 3)
    n, inputs_of = len(rows), counted(len(differing), "input")
    yield Finding(
        name="contradicting-answers",
        severity="note" if free else "warning",
        message=f"{n:,} of {len(inputs):,} rows share their input with a row of another answer: {inputs_of} in all",
        cure=cure,
        count=n,
        row_ids=first_rows(rows),
        examples=tuple(shown),
        column=subject.output_column,
        pairs=tuple((int(row), int(inputs[row])) for row in rows[inputs[rows] != rows][:SHOWN_ROWS]),
    )


def _with_answers(subject: Subject, rows: Sequence[int]) -> Iterator[str]:
    """Yield inputs with their answers, most frequent first; rows of one input follow one another."""
    groups: dict[int, Counter[str]] = {}
    for row in rows[:1000]:
        groups.setdefault(int(subject.input_ids[row]), Counter())[short((subject.answers or [""])[row])] += 1
    for first, counts in groups.items():
        yield f"{subject.shown(first)} → {', '.join(f'{answer!r} ({n})' for answer, n in counts.most_common(4))}"


def answers_in_inputs(subject: Subject) -> Iterator[Finding]:
    """The answer's words stand in the prompt: often right (a span is asked for), sometimes the whole trick."""
    if subject.answers is None or subject.kind in ("number", "json", "sql"):
        return
    rows = [row for row in range(min(len(subject.inputs), SAMPLE)) if subject.answers[row]]
    found = [row for row in rows if contains(subject.inputs[row], subject.answers[row])]
    if not rows or not found:
        return
    share = len(found) / len(rows)
    if subject.repeating and share < WORTH:
        return
    severity, why = _judged(subject, rows, found, share)
    yield Finding(
        name="answer-in-input",
        severity=severity,
        message=f"the answer's words stand in the input of {percent(share)} of {counted(len(rows), 'row')}{why}",
        cure="look at the rows: is it what the task asks for, or does the prompt give the answer away?",
        count=len(found),
        row_ids=first_rows(found),
        examples=tuple(f"{subject.shown(row)} → {short(subject.answers[row])!r}" for row in found[:3]),
        column=subject.output_column,
    )


def contains(text: str, answer: str) -> bool:
    """Return whether the answer's words follow one another in the text, case aside."""
    asked = [word for word in words(answer) if word]
    return bool(asked) and f" {' '.join(asked)} " in f" {' '.join(words(text))} "


def _judged(subject: Subject, rows: Sequence[int], found: Sequence[int], share: float) -> tuple[Severity, str]:
    answers = subject.answers or []
    if subject.repeating:
        other = _by_chance(subject, rows)
        if share >= TELLING and other <= CHANCE:
            return "warning", f", another label's in {percent(other)}: who reads the label need not read the text"
        return "note", f" (another label's in {percent(other)})"
    whole = [row for row in found if len([word for word in words(answers[row]) if word]) >= COPIED_WORDS]
    if share < 0.05 and whole:
        return "warning", f": rare here, and {counted(len(whole), 'answer')} of {COPIED_WORDS} words or more among them"
    if len(whole) / len(rows) >= TELLING:
        return "warning", f", in {percent(len(whole) / len(rows))} with {COPIED_WORDS} words or more: a model may copy"
    return "note", ""


def _by_chance(subject: Subject, rows: Sequence[int]) -> float:
    """Return how often a label of another row stands in an input: each row is given the label of its neighbour."""
    answers = subject.answers or []
    labels = sorted({answers[row] for row in rows})
    after = dict(zip(labels, [*labels[1:], *labels[:1]], strict=True))
    if len(labels) < 2:
        return 1.0
    return sum(contains(subject.inputs[row], after[answers[row]]) for row in rows) / len(rows)
