"""The rows of a data set with what can be mended mended, and every change of it.

    fix(rows, read, repairs=REPAIRS)  ─▶  Fixed(rows=(…), kept=(0, 1, 3, …), changes=(
        Change(0, "whitespace", "text", " hello", "hello"), Change(2, "duplicates", None, {…}, None, twin=1), …))

Texts are mended first, then labels, so that rows which differ by a blank are found equal. Of equal rows those that are
scored stay: a row goes when test has its input, or validation that of a training row, or when an earlier row of its own
split has its input and answer.

*Not here:* one text (lfine.finetune.data.check.mending), reading and writing files (lfine.cleaning).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from lfine.finetune.data.check.mending import mended
from lfine.finetune.data.check.subject import Subject
from lfine.finetune.data.conversations import unanswered
from lfine.finetune.data.values import Row
from lfine.schemas.task import SplitName

Repair = Literal["mojibake", "control-characters", "whitespace", "labels", "empty-answers", "duplicates"]
REPAIRS: tuple[Repair, ...] = get_args(Repair)
"""In the order in which they are made."""
MENDED: dict[str, Repair] = {
    "leaked-inputs": "duplicates",
    "shared-inputs": "duplicates",
    "duplicate-rows": "duplicates",
    "empty-answers": "empty-answers",
    "label-variants": "labels",
    "mojibake": "mojibake",
    "control-characters": "control-characters",
}
"""Name of a finding → the repair that mends what can be mended of it."""
Read = Callable[[Sequence[int], Sequence[Row]], Subject]
"""What the rows of these ids are, as they stand by now: the split may follow from what they hold."""
_FIRST: tuple[SplitName, ...] = ("test", "validation", "train")
"""Whose rows stay."""
_TURN = ("content", "value")
"""Keys of the text of a turn, which is trimmed as a cell is; tokens of a list may need their blanks."""


@dataclass(frozen=True)
class Change:
    """What became of one text, or of a whole row."""

    row: int
    """In the data as read, from 0."""
    repair: Repair
    column: str | None
    """With the place inside it where the cell is a list or an object: `messages[1].content`. None: the whole row."""
    before: object
    """Of a row that was removed all of it, as it was read."""
    after: object
    """None where the row was removed."""
    twin: int | None = None
    """Of a duplicate: the row that stays."""

    def record(self) -> dict[str, object]:
        """Return the line of the log."""
        twin = {} if self.twin is None else {"twin": self.twin}
        return {
            "row": self.row,
            "repair": self.repair,
            "column": self.column,
            "before": self.before,
            "after": self.after,
            **twin,
        }


@dataclass(frozen=True)
class Fixed:
    """The rows that are left."""

    rows: tuple[Row, ...]
    kept: tuple[int, ...]
    """Their ids in the data as read."""
    splits: tuple[SplitName, ...]
    """Of each of them."""
    changes: tuple[Change, ...]
    """By repair, then by row."""

    def counts(self) -> dict[Repair, int]:
        """Return how many rows each repair has changed or removed; those that changed nothing are not named."""
        found = {name: len({each.row for each in self.changes if each.repair == name}) for name in REPAIRS}
        return {name: number for name, number in found.items() if number}


def fix(
    rows: Sequence[Row], read: Read, *, repairs: Collection[Repair] = REPAIRS, conversations: str | None = None
) -> Fixed:
    """Return the rows mended, in their order; no row that is given is changed itself.

    `conversations`: the column of turns, where the rows have one. Raises MachineError (LF401) as `mended` does, and
    what `read` raises.
    """
    changes: list[Change] = []
    now = [_mended_row(at, row, repairs, changes) for at, row in enumerate(rows)]
    alive = list(range(len(rows)))
    if "empty-answers" in repairs and conversations is not None:
        silent = [row for row in alive if unanswered(now[row][conversations])]
        alive = _without(alive, [Change(row, "empty-answers", None, rows[row], None) for row in silent], changes)
    subject = read(alive, [now[row] for row in alive])
    if "labels" in repairs and _relabelled(subject, alive, now, changes):
        subject = read(alive, [now[row] for row in alive])
    gone = [*_empty(subject, alive, rows)] if "empty-answers" in repairs else []
    removed = {change.row for change in gone}
    if "duplicates" in repairs:
        gone += _duplicates(subject, alive, rows, removed)
    left = _without(alive, gone, changes)
    by_id = dict(zip(alive, subject.splits, strict=True))
    order = {name: at for at, name in enumerate(REPAIRS)}
    changes.sort(key=lambda change: (order[change.repair], change.row))
    return Fixed(tuple(now[row] for row in left), tuple(left), tuple(by_id[row] for row in left), tuple(changes))


def _without(alive: Sequence[int], gone: Sequence[Change], changes: list[Change]) -> list[int]:
    changes += gone
    rows = {change.row for change in gone}
    return [row for row in alive if row not in rows]


def _mended_row(at: int, row: Row, repairs: Collection[Repair], changes: list[Change]) -> Row:
    cells = {name: _mended(cell, at, name, repairs, changes) for name, cell in row.items()}
    return row if all(cells[name] is cell for name, cell in row.items()) else cells


def _mended(
    value: object, row: int, column: str, repairs: Collection[Repair], changes: list[Change], *, trim: bool = True
) -> object:
    """Return the value with all its texts mended; the very same object where nothing was to do."""
    if isinstance(value, str):
        for step in mended(value, repairs, trim=trim):
            changes.append(Change(row, step.repair, column, step.before, step.after))
            value = step.after
        return value
    if isinstance(value, list | tuple):
        items = [_mended(item, row, f"{column}[{at}]", repairs, changes, trim=False) for at, item in enumerate(value)]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    if isinstance(value, Mapping):
        found = {
            key: _mended(item, row, f"{column}.{key}", repairs, changes, trim=key in _TURN)
            for key, item in value.items()
        }
        return value if all(found[key] is item for key, item in value.items()) else found
    return value


def _relabelled(subject: Subject, alive: Sequence[int], now: list[Row], changes: list[Change]) -> bool:
    """Write labels that differ by case or blanks in the most frequent way; tell whether there were any."""
    column = subject.output_column
    if subject.kind != "category" or subject.answers is None or column is None:
        return False
    spelled = _spellings(subject.answers)
    before = len(changes)
    for row, answer in zip(alive, subject.answers, strict=True):
        cell, meant = now[row].get(column), spelled.get(answer, answer)
        if isinstance(cell, str) and cell.strip() == answer != meant:  # else the task makes the column of others
            changes.append(Change(row, "labels", column, cell, meant))
            now[row] = {**now[row], column: meant}
    return len(changes) > before


def _spellings(answers: Sequence[str]) -> dict[str, str]:
    """Return label → the most frequent way to write it, for those that have another; ties go to the alphabet."""
    counts = Counter(answer for answer in answers if answer)
    best: dict[str, str] = {}
    for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        best.setdefault(_folded(label), label)
    return {label: best[_folded(label)] for label in counts if best[_folded(label)] != label}


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())


def _empty(subject: Subject, alive: Sequence[int], rows: Sequence[Row]) -> Iterator[Change]:
    for row, answer in zip(alive, subject.answers or (), strict=subject.answers is not None):
        if not answer:
            yield Change(row, "empty-answers", None, rows[row], None)


def _duplicates(
    subject: Subject, alive: Sequence[int], rows: Sequence[Row], removed: Collection[int]
) -> Iterator[Change]:
    """Yield the rows that go, first those of test, then of validation, then of train."""
    answers: Sequence[str | None] = subject.answers if subject.answers is not None else [None] * len(alive)
    scored: dict[str, int] = {}
    for split in _FIRST:
        mine: dict[str, int] = {}
        seen: dict[tuple[str, str | None], int] = {}
        for row, name, asked, answer in zip(alive, subject.splits, subject.inputs, answers, strict=True):
            if name != split or row in removed:
                continue
            twin = scored.get(asked, seen.get((asked, answer)))
            if twin is not None:
                yield Change(row, "duplicates", None, rows[row], None, twin)
                continue
            mine.setdefault(asked, row)
            seen[asked, answer] = row
        scored.update(mine)
