"""Inputs that are nearly the same: they share most of their word shingles and are not equal.

    near_leaks(subject)   rows of test and validation held against every row of the other splits
    near_copies(subject)  rows of train held against one another; of many a seeded sample against all

A row with an equal twin where one is looked for is left to `duplicates`. Of a near duplicate the other row is the
nearest of those found; its similarity is exact.

*Not here:* how candidates are found (lfine.finetune.data.check.minhash).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lfine.finetune.data.check.duplicates import HELD_OUT, met, of_split, pair_finding
from lfine.finetune.data.check.minhash import THRESHOLD, Near, NearIndex
from lfine.finetune.data.check.records import Finding, Severity
from lfine.finetune.data.check.subject import Subject
from lfine.finetune.data.wording import counted
from lfine.schemas.task import SplitName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

SAMPLE = 20_000
"""Training rows that are held against all others; a larger train is sampled."""
SAMPLE_SEED = 42
_ALIKE = f"a similarity of {THRESHOLD} or more: the share of runs of three words that both have"


def near_duplicates(subject: Subject) -> Iterator[Finding]:
    """Find both kinds, the texts hashed once."""
    import numpy as np

    if not len(subject.inputs):
        return
    distinct = {split: first_of(subject.input_ids, rows) for split, rows in subject.by_split.items()}
    index = NearIndex(subject.inputs, np.unique(np.concatenate([*distinct.values(), *_held_out(subject)])))
    yield from near_leaks(subject, index, distinct)
    yield from near_copies(subject, index, distinct.get("train", np.empty(0, np.int64)))


def _held_out(subject: Subject) -> list[Ids]:
    return [subject.by_split[split] for split in HELD_OUT if split in subject.by_split]


def first_of(keys: Ids, rows: Ids) -> Ids:
    """Return, of some rows (ascending), the first of each key."""
    import numpy as np

    found: Ids = rows[np.sort(np.unique(keys[rows], return_index=True)[1])]
    return found


def near_leaks(subject: Subject, index: NearIndex, distinct: dict[SplitName, Ids]) -> Iterator[Finding]:
    import numpy as np

    for split in HELD_OUT:
        rows = subject.by_split.get(split)
        if rows is None:
            continue
        left = np.setdiff1d(rows, met(subject.input_ids, rows, subject.train)[:, 0])
        near = index.nearest(left, distinct["train"]) if "train" in distinct else []
        if near:
            message = f"{of_split(len(near), len(rows), split)} have an input that nearly stands in train, {_ALIKE}"
            cure = "look at the pairs; keep what belongs together on one side: preprocessing.split of type group"
            yield _found("near-leaks", "warning", message, cure, subject=subject, near=near, split=split)
        left = np.setdiff1d(left, [each.row for each in near])
        others = [ids for name, ids in distinct.items() if name != "train"]
        near = index.nearest(first_of(subject.input_ids, left), np.concatenate(others))
        if near:
            message = f"{of_split(len(near), len(rows), split)} have an input that another held-out row nearly has"
            cure = "look at the pairs: rows that are nearly the same count several times"
            yield _found("near-held-out", "note", message, cure, subject=subject, near=near, split=split)


def near_copies(subject: Subject, index: NearIndex, train: Ids) -> Iterator[Finding]:
    import numpy as np

    asked, said = train, ""
    if len(train) > SAMPLE:
        asked = np.sort(np.random.default_rng(SAMPLE_SEED).choice(train, SAMPLE, replace=False))
        said = f" (a sample of seed {SAMPLE_SEED}, held against all {len(train):,})"
    near = index.nearest(asked, train)
    if near:
        share = f"{len(near):,} of {counted(len(asked), 'distinct input')} of train{said}"
        message = f"{share} nearly stand there once more, {_ALIKE}"
        cure = "look at the pairs; remove rows that teach nothing new"
        yield _found("near-duplicates", "note", message, cure, subject=subject, near=near, split="train")


def _found(
    name: str,
    severity: Severity,
    message: str,
    cure: str,
    *,
    subject: Subject,
    near: Sequence[Near],
    split: SplitName,
) -> Finding:
    import numpy as np

    pairs = np.array([(each.row, each.other) for each in near], dtype=np.int64)
    shown = [f"{each.similarity:.2f}: {subject.shown(each.row)} ~ {subject.shown(each.other)}" for each in near[:3]]
    finding = pair_finding(name, severity, message, cure, subject=subject, pairs=pairs, split=split)
    return replace(finding, examples=tuple(shown))
