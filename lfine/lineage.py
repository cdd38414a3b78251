"""What rows a run was given, kept beside its adapter, and which held-out rows the adapter has learned.

    runs/viggo/20261122T091500Z/rows/  train.bin validation.bin test.bin     # 16 bytes a row: input hash, row id

A row overlaps when its input (the prompt's columns, or the turns before the last answer) is that of a training row.
Published sets carry a few such rows. Those that overlapped when the run was planned are known: they were warned of
then, are scored, and counted in scores.json. Any other row means that the data have changed sides, or are others, and
is refused (docs/decisions/0008-overlap-by-row.md).

*Not here:* what makes an input (lfine.finetune.data.overlap), and run.json (lfine.runs).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.evaluation.records import Overlap
from lfine.finetune.compile.prepare import PreparedRows
from lfine.finetune.data.divisions import NAMES
from lfine.finetune.data.overlap import input_hash
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import write_bytes
from lfine.schemas.task import SplitName

FOLDER = "rows"
MARK = b"lfine rows 1\n\0\0\0"
"""The first 16 bytes of a file of rows."""
ROW = struct.Struct("<8sQ")
SHOWN = 20
"""Rows that the refusal names."""


@dataclass(frozen=True)
class KnownRows:
    """The rows of one run by their input hash."""

    train: dict[bytes, int]
    """Input hash → id of the first training row that has it."""
    held_out: frozenset[bytes]
    """Input hashes of the validation and test rows of that time."""


def write_rows(run: Path, rows: PreparedRows, *, earlier: Path | None = None) -> None:
    """Write a file for each split; the rows that an `earlier` adapter has learned are learned by this one too."""
    before = read_rows(earlier) if earlier is not None else None
    for split in NAMES:
        hashed = _hashed(rows, split)
        if split == "train" and before is not None:
            hashed = [*hashed, *((content, row_id) for content, row_id in before.train.items())]
        if hashed:
            data = b"".join(ROW.pack(content, row_id) for content, row_id in hashed)
            write_bytes(run / FOLDER / f"{split}.bin", MARK + data)


def read_rows(adapter: Path) -> KnownRows | None:
    """Return the rows of the run that an adapter, a checkpoint or a run folder belongs to; None where nothing says it.

    RunError LF505 for a damaged file.
    """
    for folder in (adapter, *adapter.resolve().parents[:2]):
        if (folder / FOLDER / "train.bin").is_file():
            train: dict[bytes, int] = {}
            for content, row_id in _read(folder / FOLDER / "train.bin"):
                train.setdefault(content, row_id)
            others = [_read(folder / FOLDER / f"{split}.bin") for split in NAMES if split != "train"]
            return KnownRows(train, frozenset(content for rows in others for content, _ in rows))
    return None


def overlap(rows: PreparedRows, row_ids: Sequence[int], known: KnownRows, *, allowed: bool) -> Overlap:
    """Return which of the rows to score were learned.

    Raises TaskError (LF350) for those that were not so when the run was planned, unless they are allowed.
    """
    examples = {each.row_id: input_hash(each) for each in rows.examples_of(row_ids)}
    learned = [row_id for row_id in row_ids if examples[row_id] in known.train]
    new = [row_id for row_id in learned if examples[row_id] not in known.held_out]
    if new and not allowed:
        pairs = [f"{row_id} (as row {known.train[examples[row_id]]} in training)" for row_id in new]
        raise TaskError(_refusal(rows, pairs, of=len(row_ids)))
    return Overlap(tuple(learned), len(learned) - len(new), allowed)


def said(found: Overlap) -> str:
    """Return the line about rows that are scored though the adapter has learned their input; empty without one."""
    if not found.row_ids:
        return ""
    new = len(found.row_ids) - found.known
    text = f"{counted(len(found.row_ids), 'scored row')} with the input of a training row: {listed(found.row_ids)}"
    was = f"{'all' if not new else found.known} of them since the run was planned"
    return f"{text} ({was}{f', {new} allowed by --allow-overlap' if new else ''}); scores.json counts them"


def _refusal(rows: PreparedRows, pairs: Sequence[str], *, of: int) -> Problem:
    split = rows.task.evaluation.split
    verb = "has" if len(pairs) == 1 else "have"
    message = f"{len(pairs)} of {counted(of, f'{split} row')} {verb} the input of a row that the adapter was trained on"
    message += f", and {verb} it only since then: row {listed(pairs, shown=SHOWN)}"
    cure = "score on the data of the training, or on rows that were not in it; --allow-overlap scores them all the same"
    return rows.place("LF350", "dataset", message, f"{cure} and says so in scores.json")


def _hashed(rows: PreparedRows, split: SplitName) -> list[tuple[bytes, int]]:
    try:
        return [(input_hash(example), example.row_id) for example in rows.examples(split)]
    except TaskError:
        return []  # a split that the task does not need may hold rows that are no examples


def _read(path: Path) -> Iterable[tuple[bytes, int]]:
    """Return input hash and row id of each row; nothing for a split that the run did not have."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    if data[: len(MARK)] != MARK or len(data) % ROW.size:
        cure = "restore it from a copy of the run, or train again"
        raise RunError(Problem("LF505", "the record of the run's rows is damaged", cure, file=str(path)))
    return ROW.iter_unpack(data[len(MARK) :])
