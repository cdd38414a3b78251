"""`lfine data check --fix OUT_FILE`: a cleaned copy of the data, and a log of all that became of them.

    clean(Path("qa.csv"), Asked(), Wanted(Path("clean.csv"), repairs=REPAIRS))
      ─▶  Cleaned(out="clean.csv", log="clean.csv.changes.log", rows=1000, kept=991, repairs={"duplicates": 9}, …)

The original is never written to. The log has a JSON object on each line: row, repair, column, before, after; of a row
that was removed all of it, so that nothing is lost. It is no .jsonl, lest a folder that holds it be read as data.

*Not here:* what is mended (lfine.finetune.data.check.fixing), what a format holds (lfine.finetune.data.writing).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.checking import Asked, check_asked, checked_dataset, is_task, loaded_subject, table_subject
from lfine.evaluation.files import write_whole
from lfine.finetune.data.check.fixing import REPAIRS, Fixed, Read, Repair, fix
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import form_of
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.tables import Table, read_table
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted, spans
from lfine.finetune.data.writing.json_values import json_value
from lfine.finetune.data.writing.registry import check_target, write_rows
from lfine.finetune.data.writing.rewritten import in_words
from lfine.schemas.errors import TaskError, UsageError
from lfine.schemas.problems import Problem
from lfine.schemas.suggestions import did_you_mean
from lfine.schemas.task import Dataset

if TYPE_CHECKING:
    from lfine.finetune.data.check.subject import Subject

LOG_SUFFIX = ".changes.log"
SPLIT = "split"
_REMOVES: tuple[Repair, ...] = ("empty-answers", "duplicates")


@dataclass(frozen=True)
class Wanted:
    """What is to be written, and of which repairs."""

    out: Path
    repairs: tuple[Repair, ...] = REPAIRS
    force: bool = False
    """Write over a file of the name."""


@dataclass(frozen=True)
class Cleaned:
    """What was done."""

    out: str
    log: str
    rows: int
    """As read."""
    kept: int
    """As written."""
    repairs: dict[Repair, int]
    """Repair → rows that it changed or removed, of those that did anything."""
    moved: int
    """Rows whose split has changed, because it follows from what they hold."""
    notes: tuple[str, ...]
    """What else is to be said: a split column that was added, values in another form."""


@dataclass(frozen=True)
class _Source:
    """The data as they were written, and how to read them."""

    table: Table
    """Whatever the form of the rows: as they stand in the files."""
    dataset: Dataset
    place: Place
    messages: str | None
    """The column of conversations that the task names."""
    read: Read


def chosen_repairs(only: Sequence[str], skip: Sequence[str]) -> tuple[Repair, ...]:
    """Return the repairs named, or all but those named; raises UsageError (LF115) for names that are none."""
    problems = [
        Problem("LF115", f"there is no repair {name!r}", did_you_mean(name, REPAIRS) or f"use {', '.join(REPAIRS)}")
        for name in (*only, *skip)
        if name not in REPAIRS
    ]
    if problems:
        raise UsageError(*problems)
    return tuple(name for name in REPAIRS if (not only or name in only) and name not in skip)


def clean(path: Path, asked: Asked, wanted: Wanted, *, overrides: Sequence[str] = ()) -> Cleaned:
    """Write the cleaned copy and its log.

    Raises TaskError for data that cannot be read or written (LF132 a file that exists, or the data themselves), and
    MachineError (LF401) for a library that is missing.
    """
    check_asked(path, asked, overrides)
    source = _task_source(path, asked, overrides) if is_task(path) else _file_source(path, asked)
    log = wanted.out.with_name(wanted.out.name + LOG_SUFFIX)
    _check_targets(source, wanted, log)
    form = form_of(source.table.columns, source.table.rows, source.dataset.format, source.place)
    fixed = fix(source.table.rows, source.read, repairs=wanted.repairs, conversations=form.column or source.messages)
    rows, notes = _with_split(source.table, fixed)
    rewritten = write_rows(wanted.out, rows, force=wanted.force)
    write_whole(log, "".join(_line(change.record()) for change in fixed.changes))
    return Cleaned(
        out=str(wanted.out),
        log=str(log),
        rows=len(source.table.rows),
        kept=len(fixed.rows),
        repairs=fixed.counts(),
        moved=_moved(source, fixed),
        notes=(*notes, *in_words(rewritten), *_skipped(source.table)),
    )


def cleaned_text(cleaned: Cleaned) -> str:
    """Return what was done for a terminal."""
    lines = [
        f"   {name}: {counted(number, 'row')} {'removed' if name in _REMOVES else 'mended'}"
        for name, number in cleaned.repairs.items()
    ]
    if cleaned.moved:
        moved = counted(cleaned.moved, "row")
        lines.append(f"   {moved} in another split than before: it follows from what the rows hold")
    lines += [f"   {note}" for note in cleaned.notes]
    head = f"wrote {cleaned.out}: {cleaned.kept:,} of {counted(cleaned.rows, 'row')}"
    return "\n".join([head, *(lines or ["   nothing was to be mended"]), f"   each change: {cleaned.log}"])


def _file_source(path: Path, asked: Asked) -> _Source:
    dataset = checked_dataset(path, asked)
    table = read_table(replace(dataset, format="table"), Path(), skip_bad_rows=asked.skip_bad_rows)

    def read(row_ids: Sequence[int], rows: Sequence[Row]) -> Subject:
        return table_subject(path.name, _formed(table, dataset, row_ids, rows, place=unplaced), asked)

    return _Source(table, dataset, unplaced, None, read)


def _task_source(path: Path, asked: Asked, overrides: Sequence[str]) -> _Source:
    from lfine.validating import checked_task

    skip = asked.skip_bad_rows
    loaded, _ = checked_task(path, overrides, skip_bad_rows=skip)
    dataset, place = loaded.task.dataset, loaded.problem
    table = read_table(replace(dataset, format="table"), loaded.folder, skip_bad_rows=skip, place=place)

    def read(row_ids: Sequence[int], rows: Sequence[Row]) -> Subject:
        return loaded_subject(loaded, _formed(table, dataset, row_ids, rows, place=place), asked, tokens=False)

    return _Source(table, dataset, place, loaded.task.prompt.messages, read)


def _formed(table: Table, dataset: Dataset, row_ids: Sequence[int], rows: Sequence[Row], *, place: Place) -> Table:
    """Return some of the rows in the form that training reads."""
    from lfine.finetune.data.forms import in_form

    formed = in_form(table.columns, tuple(rows), dataset.format, place)
    given = None if table.given_splits is None else tuple(table.given_splits[row] for row in row_ids)
    return replace(table, columns=formed.columns, rows=formed.rows, given_splits=given, form=formed.form)


def _check_targets(source: _Source, wanted: Wanted, log: Path) -> None:
    read = [file.path for file in source.table.files if file.path is not None]
    for target in (wanted.out, log):
        if target.exists() and any(target.samefile(file) for file in read):
            message = "this is the file that is read, and the original is never changed"
            raise TaskError(Problem("LF132", message, "name another", file=str(target)))
    check_target(wanted.out, force=wanted.force)
    if log.exists() and not wanted.force:
        cure = "--force writes over it; or name another"
        raise TaskError(Problem("LF132", "the log of the changes exists already", cure, file=str(log)))


def _with_split(table: Table, fixed: Fixed) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows to write: what separate files or a hub said of the split is said by a column."""
    if table.given_splits is None:
        return Rows(table.columns, fixed.rows), ()
    if SPLIT in table.columns:
        message = f"the splits are separate files, and one file of them all needs a column {SPLIT!r}, which is taken"
        raise TaskError(Problem("LF336", message, "rename that column, or clean each file by itself"))
    rows = tuple({**row, SPLIT: split} for row, split in zip(fixed.rows, fixed.splits, strict=True))
    return Rows((*table.columns, SPLIT), rows), (f"the column {SPLIT!r} says what the separate files said",)


def _skipped(table: Table) -> tuple[str, ...]:
    """Return what is to be said of lines that are no rows, and in neither the copy nor the log."""
    return tuple(
        f"{file.name}: {counted(len(file.skipped), 'line')} of it no rows, and left out: {spans(file.skipped)}"
        for file in table.files
        if file.skipped
    )


def _moved(source: _Source, fixed: Fixed) -> int:
    """Return how many rows that were mended stand in another split now."""
    if source.table.given_splits is not None or all(change.repair in _REMOVES for change in fixed.changes):
        return 0
    try:
        before = source.read(range(len(source.table.rows)), source.table.rows).splits
    except TaskError:  # only the mended rows can be read: nothing to compare with
        return 0
    return sum(before[row] != split for row, split in zip(fixed.kept, fixed.splits, strict=True))


def _line(record: dict[str, object]) -> str:
    """Return one line of strict JSON; in ASCII where half a surrogate pair leaves no other way."""
    plain = {key: _plain(value) for key, value in record.items()}
    text = json.dumps(plain, ensure_ascii=False)
    whole = text.encode("utf-8", "ignore").decode("utf-8") == text
    return f"{text if whole else json.dumps(plain)}\n"


def _plain(value: object) -> object:
    """Return the value as strict JSON has it; of a whole row cell by cell: a NaN leaves the others be."""
    if isinstance(value, Mapping):
        return {str(key): json_value(cell)[0] for key, cell in value.items()}
    return json_value(value)[0]
