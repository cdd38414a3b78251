"""The held-out sample: which rows are scored, in which order, the same for every model.

    held_out_sample(table, splits, split="test", sample_size=1000, seed=42)
      ─▶  HeldOut(row_ids=(5907, 6120, …), sample_hash="9f2c…")

The rows with the smallest seeded hash of their content. Nothing but a row's own content and the seed decides its place,
so training rows may be added, removed or reordered without moving it, and a new test row only steps in between.

*Not here:* the split itself (lfine.finetune.data.splits), generating and scoring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.splits import SplitAssignment
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import content_hash
from lfine.schemas.problems import Problem
from lfine.schemas.task import SplitName


@dataclass(frozen=True)
class HeldOut:
    """The rows to score."""

    split: SplitName
    row_ids: tuple[int, ...]
    """In the fixed order: ascending content hash; rows of equal content by row id."""
    available: int
    """Rows of the split, those not taken among them."""
    sample_hash: str
    """sha256 over the content hashes of the whole sample in its order: equal samples have equal hashes, whatever
    their row ids and file format."""

    def limit(self, n: int) -> HeldOut:
        """Return the first n of the order; the sample and its hash stay what they are."""
        return replace(self, row_ids=self.row_ids[: max(0, n)])


def held_out_sample(
    table: Table,
    splits: SplitAssignment,
    *,
    split: SplitName,
    sample_size: int,
    seed: int,
) -> HeldOut:
    """Return the `sample_size` rows of the split that come first in the order of the seeded content hash."""
    columns = splits.content_columns(table)
    ordered = sorted((content_hash(table.rows[row], columns, seed), row) for row in splits.rows(split))
    chosen = ordered[:sample_size]
    digest = hashlib.sha256(b"".join(content for content, _ in chosen)).hexdigest()
    return HeldOut(split, tuple(row for _, row in chosen), len(ordered), digest)


def fewer_than_asked(
    held_out: HeldOut, sample_size: int, *, origin: Callable[[str], str], place: Place = unplaced
) -> tuple[Problem, ...]:
    """Return LF306 where the split has fewer rows than the task asks for; its default asks for nothing.

    `origin` says where a key's value was written, `default` where nowhere.
    """
    available, key = held_out.available, "evaluation.sample_size"
    if available >= sample_size or origin(key) == "default":
        return ()
    message = f"the split {held_out.split!r} has {available} rows, fewer than {key} {sample_size}"
    cure = f"nothing to do: all {available} are scored; {key}: {available} says so in the task"
    return (as_warning(place("LF306", key, message, cure)),)
