"""Whether there is enough: rows to learn from, rows to score, and what of a row the length limit leaves.

    few_examples(subject)   "80 rows of train …"
    small_test(subject)     "200 rows of test show a difference from 9.3 points"
    cut_rows(subject)       "4.9% of 5,103 rows of train are longer than 165 tokens"

*Not here:* the arithmetic of tests (lfine.evaluation.power), rows of one label (…labels).
"""

from __future__ import annotations

from collections.abc import Iterator

from lfine.evaluation.power import (
    ACCURACY,
    DISCORDANT,
    paired_difference,
    rows_needed,
    unpaired_difference,
)
from lfine.finetune.data.check.records import Finding, Severity
from lfine.finetune.data.check.subject import Subject, first_rows, percent
from lfine.finetune.data.wording import counted

FEW = 100
"""Training rows below which a fine-tune learns the form of an answer at best."""
ENOUGH = 1000
"""Training rows from which their number is not the first thing to ask about."""
CURVE = (0.125, 0.25, 0.5, 1.0)
"""Shares of train at which a learning curve is measured."""
HALVED = 3.0
"""Points that a doubling of the rows often brings while a task still lacks rows; what a curve must be able to show."""
MUCH_CUT = 0.1
"""Share of cut rows from which the limit itself is in doubt; the default limit cuts 5%."""


def few_examples(subject: Subject) -> Iterator[Finding]:
    rows = len(subject.train)
    if not rows:
        message = "no row is for training"
        cure = "fine for a task that is only evaluated; else say which rows are train"
        yield Finding("no-training-rows", "warning", message, cure, split="train")
    elif rows < ENOUGH:
        few: Severity = "warning" if rows < FEW else "note"
        steps = ", ".join(f"{max(1, round(rows * share)):,} ({share:g})" for share in CURVE)
        message = (
            f"{counted(rows, 'row')} of train: fewer than {FEW if few == 'warning' else ENOUGH:,}; whether more would"
            f" help, a learning curve says: train on {steps} of them and see whether the score still rises at the end;"
            f" to see a rise of {HALVED:g} points takes a test of {rows_needed(HALVED / 100):,} rows"
        )
        cure = "add rows, or train with preprocessing.sample_ratio at these shares and compare"
        yield Finding("few-examples", few, message, cure, count=rows, split="train")


def small_test(subject: Subject) -> Iterator[Finding]:
    """Say what the test set can show; warn where it is more than one hopes to see."""
    if not subject.divided:
        return
    split = subject.scored_split
    held_out = len(subject.by_split.get(split, ()))
    if not held_out:
        message = f"no row is in {split}: nothing can be scored"
        yield Finding("no-test-rows", "warning", message, "divide the rows with preprocessing.split", split=split)
        return
    rows = min(held_out, subject.scored)
    paired, apart = paired_difference(rows), unpaired_difference(rows)
    wanted, needed = subject.difference, rows_needed(subject.difference)
    small = paired is None or paired > wanted
    hope = f"too few for the {wanted * 100:g} points hoped for, which take {needed:,}"
    message = (
        f"{counted(rows, 'row')} of {split}{'' if rows == held_out else f' (of {held_out:,})'} show a difference in"
        f" accuracy from {_points(paired)} on between two models that answer the same rows (and {DISCORDANT:.0%} of"
        f" them differently), from {_points(apart)} between scores of separate samples (at {ACCURACY:.0%} right); 95%"
        f" confidence, 80% power{'; ' + hope if small else ''}"
    )
    cure = f"score {needed:,} rows or more" if small else "nothing to do; --difference says what you hope to see"
    name = "small-test" if small else "test-size"
    yield Finding(name, "warning" if small else "note", message, cure, count=rows, split=split)


def _points(difference: float | None) -> str:
    return "no number of points" if difference is None else f"{difference * 100:.1f} points"


def cut_rows(subject: Subject) -> Iterator[Finding]:
    found = subject.lengths
    if found is None or found.limit is None or not found.cut:
        return
    share = len(found.cut) / len(found.rows)
    longest = f"the longest has {max(found.rows):,}"
    message = (
        f"{percent(share)} of {counted(len(found.rows), 'row')} of train are longer than the limit of {found.limit:,}"
        f" {found.unit} and lose text, or are left out; {longest}"
    )
    severity: Severity = "warning" if share > MUCH_CUT else "note"
    cure = "raise preprocessing.max_sequence_length (p100 keeps every row), or shorten the longest column"
    yield Finding("cut-rows", severity, message, cure, len(found.cut), first_rows(found.cut), split="train")
