"""Exact and near duplicates of published sets, as a table; pairs of a set, for a person to read.

    python -m benchmarks.duplicates ../shared/data                    docs/explanation/duplicates.md's table
    python -m benchmarks.duplicates ../shared/data --pairs glue_cola  20 near-leaks, the lowest similarity first

Pairs are drawn evenly over the order of their similarity, so that those just above the threshold are among them.

*Not here:* finding them (lfine.finetune.data.check), judging them: the page says who did and how.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lfine.checking import Asked, file_subject
from lfine.finetune.data.check.duplicates import leaked_inputs, met, repeated_rows
from lfine.finetune.data.check.minhash import Near, NearIndex
from lfine.finetune.data.check.near_duplicates import SAMPLE, first_of, near_duplicates
from lfine.finetune.data.check.records import Finding
from lfine.finetune.data.check.subject import JOINT, Subject

COLUMNS = (
    "set",
    "rows of train",
    "rows of test",
    "input",
    "test rows in train",
    "nearly in train",
    "nearly in test or validation",
    "train rows repeated",
    "near duplicates within train",
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|---|--:|--:|---|--:|--:|--:|--:|--:|"


def line(path: Path) -> str:
    """Return the table's line of one set."""
    subject = file_subject(path, Asked())
    sizes = {name: len(rows) for name, rows in subject.by_split.items()}
    train, test = sizes.get("train", 0), sizes.get("test", 0)
    near = list(near_duplicates(subject))
    cells = [
        path.stem,
        f"{train:,}",
        f"{test:,}",
        ", ".join(f"`{name}`" for name in subject.input_columns),
        _share(_count(list(leaked_inputs(subject)), "leaked-inputs", "test"), test),
        _share(_count(near, "near-leaks", "test"), test),
        _share(_count(near, "near-held-out", "test"), test),
        _share(_count(list(repeated_rows(subject)), "duplicate-rows", "train"), train),
        _share(_count(near, "near-duplicates", "train"), min(SAMPLE, len(first_of(subject.input_ids, subject.train)))),
    ]
    return f"| {' | '.join(cells)} |"


def _count(findings: list[Finding], name: str, split: str) -> int:
    return sum(each.count for each in findings if (each.name, each.split) == (name, split))


def _share(count: int, total: int) -> str:
    return f"{count:,} ({count / total:.1%})" if count else "0" if total else "–"


def near_leaks(subject: Subject) -> list[Near]:
    """Return every test row that nearly stands in train, the lowest similarity first."""
    train, test = subject.train, subject.by_split["test"]
    left = np.setdiff1d(test, met(subject.input_ids, test, train)[:, 0])
    others = first_of(subject.input_ids, train)
    index = NearIndex(subject.inputs, np.union1d(left, others))
    return sorted(index.nearest(left, others), key=lambda near: (near.similarity, near.row))


def pairs_text(subject: Subject, count: int) -> str:
    """Return pairs of texts with their answers."""
    found = near_leaks(subject)
    if not found:
        return "no near duplicates"
    chosen = [found[at] for at in sorted({round(at) for at in np.linspace(0, len(found) - 1, min(count, len(found)))})]
    return "\n\n".join(
        f"{near.similarity:.2f}\n  test  {near.row}: {_row(subject, near.row)}\n"
        f"  train {near.other}: {_row(subject, near.other)}"
        for near in chosen
    )


def _row(subject: Subject, row: int) -> str:
    text = subject.inputs[row].replace(JOINT, " | ").replace("\n", " ")
    return f"{text[:600]} → {(subject.answers or [''])[row] if subject.answers else ''}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Duplicates of published sets.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", metavar="SET")
    parser.add_argument("--count", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.pairs:
        print(pairs_text(file_subject(arguments.folder / f"{arguments.pairs}.parquet", Asked()), arguments.count))
        return
    print(HEAD)
    for path in sorted(arguments.folder.glob("*.parquet")):
        print(line(path), flush=True)


if __name__ == "__main__":
    main()
