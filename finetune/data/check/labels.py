"""What is wrong with labels as a set: written in two ways, absent where they are asked for, too unequal.

    {"Yes": 40, "yes": 3}                     label-variants
    train {"a": 900}, test {"a": 90, "b": 2}  labels-not-learned: b
    {"a": 970, "b": 30}                       class-imbalance

*Not here:* answers one by one (…answers), the chart of them (lfine.data_page).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lfine.finetune.data.check.records import Finding, Severity
from lfine.finetune.data.check.subject import Subject, first_rows, percent
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.task import SplitName

LARGEST = 0.8
"""Share of one label in train from which the others are hardly learned, and accuracy says little."""
RATIO = 10
"""Times a label is more frequent than another from which it is worth knowing."""
FEW = 10
"""Training rows of a label below which it is hardly learned."""


def label_counts(subject: Subject) -> dict[str, dict[SplitName, int]] | None:
    """Return label → split → rows, the most frequent of train first; None unless the answers are labels."""
    if subject.answers is None or subject.kind != "category":
        return None
    counts = {name: Counter(subject.answers[row] for row in rows) for name, rows in subject.by_split.items()}
    train = counts.get("train", Counter())
    labels = sorted({label for each in counts.values() for label in each if label}, key=lambda one: (-train[one], one))
    return {label: {name: each[label] for name, each in counts.items()} for label in labels}


def label_variants(subject: Subject) -> Iterator[Finding]:
    """Labels that differ only by case or blanks are two labels to a score."""
    if subject.answers is None or not subject.repeating:
        return
    counts = Counter(answer for answer in subject.answers if answer)
    alike: dict[str, list[str]] = {}
    for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        alike.setdefault(" ".join(label.casefold().split()), []).append(label)
    groups = [group for group in alike.values() if len(group) > 1]
    if groups:
        rare = {label for group in groups for label in group[1:]}
        rows = [row for row, answer in enumerate(subject.answers) if answer in rare]
        each = [" = ".join(f"{label!r} ({counts[label]})" for label in group) for group in groups]
        yield Finding(
            name="label-variants",
            severity="error",
            message=f"labels differ only by case or blanks: {listed(each)}",
            cure="write each label in one way: by hand, or in the task by dataset.columns.….values",
            count=len(rows),
            row_ids=first_rows(rows),
            examples=tuple(each[:3]),
            column=subject.output_column,
        )


def absent_labels(subject: Subject) -> Iterator[Finding]:
    """A label that only one side has is never learned, or never scored."""
    counts = label_counts(subject)
    if counts is None:
        return
    present = [name for name in ("train", "validation", "test") if name in subject.by_split]
    for split in present:
        absent = [label for label, by_split in counts.items() if not by_split[split]]
        if not absent:
            continue
        names = listed([repr(label) for label in absent])
        wanting = set(absent)
        rows = [row for row, answer in enumerate(subject.answers or ()) if answer in wanting]
        learned = split == "train"
        yield Finding(
            name="labels-not-learned" if learned else "labels-not-scored",
            severity="error" if learned else "warning",
            message=f"no row of {split} has the {'label' if len(absent) == 1 else 'labels'} {names}",
            cure="add training rows with these labels, or remove the others" if learned else _STRATIFY,
            count=len(rows),
            row_ids=first_rows(rows),
            split=split,
            column=subject.output_column,
        )


_STRATIFY = "divide the rows with preprocessing.split of type stratify, or know that the score says nothing of them"


def imbalance(subject: Subject) -> Iterator[Finding]:
    counts = label_counts(subject)
    train = [(by_split.get("train", 0), label) for label, by_split in (counts or {}).items()]
    learned = [(n, label) for n, label in train if n]
    total = sum(n for n, _ in learned)
    if not learned:
        return
    most, least = max(learned), min(learned)
    if len(learned) == 1:
        yield _imbalance("error", f"every row of train has the answer {most[1]!r}", "add rows with other answers")
        return
    share, said = most[0] / total, f"{most[1]!r} is the answer of {percent(most[0] / total)} of {total:,} rows of train"
    if share >= LARGEST:
        message = f"{said}: who always says so is right as often; the rarest of {len(learned)} is {least[1]!r}"
        cure = "score with f1 (macro average), not with accuracy alone; add rows of the rare labels"
        yield _imbalance("warning", f"{message} ({least[0]:,})", cure)
    elif most[0] >= RATIO * least[0]:
        message = f"{said}, {least[1]!r} of {least[0]:,}"
        yield _imbalance("note", message, "look at the score of each label, not only at accuracy")


def _imbalance(severity: Severity, message: str, cure: str) -> Finding:
    return Finding(name="class-imbalance", severity=severity, message=message, cure=cure, split="train")


def rare_labels(subject: Subject) -> Iterator[Finding]:
    few = [
        (label, by_split["train"])
        for label, by_split in (label_counts(subject) or {}).items()
        if 0 < by_split.get("train", 0) < FEW
    ]
    if few:
        each = listed([f"{label!r} ({n})" for label, n in few])
        yield Finding(
            name="rare-labels",
            severity="warning",
            message=f"{counted(len(few), 'label')} with fewer than {FEW} rows of train: {each}",
            cure=f"add rows until each has at least {FEW}, or put rare labels together",
            count=sum(n for _, n in few),
            split="train",
            column=subject.output_column,
        )
