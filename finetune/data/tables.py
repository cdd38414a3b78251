"""The rows of a data set, from one file, from separate files or from a hub, as one table.

    Dataset(train="a.csv", test="b.jsonl")  ─▶  Table(columns=("question", "answer"),
        rows=({"question": "2+2?", "answer": "4"}, …), files=(DataFile("a.csv", …), DataFile("b.jsonl", …)),
        given_splits=("train", …, "test", …))

A row's id is its 0-based position in `rows`: the files follow one another in the order train, validation, test, those
of a folder in the order of their names.

*Not here:* dividing rows (lfine.finetune.data.splits), finding files (lfine.finetune.data.files), and the form of the
rows (lfine.finetune.data.forms).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from lfine.finetune.data.files import DataFile, find_files, sha256_of
from lfine.finetune.data.folders import Found
from lfine.finetune.data.formats import registry
from lfine.finetune.data.formats.hub import HubSource, HubSplit, read_hub, read_hub_columns
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import TABLE, Form, header_in_form, in_form
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.stored import stored_rows
from lfine.finetune.data.values import Row, content_hash
from lfine.finetune.data.wording import listed, spans
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Dataset, SplitName

_Found = TypeVar("_Found")

__all__ = ["DataFile", "Form", "Table", "read_header", "read_table"]


@dataclass(frozen=True)
class Table:
    """All rows of a data set."""

    columns: tuple[str, ...]
    """Names in the order of the first file, then those that only later ones have."""
    rows: Sequence[Row]
    """By row id; every column is a key."""
    files: tuple[DataFile, ...]
    """Where the rows came from, in the order of the rows."""
    given_splits: tuple[SplitName, ...] | None
    """By row id, where files or hub say it; None where a column or a hash must."""
    warnings: tuple[Problem, ...] = ()
    """What of the data was left out, or read in another way than its name says."""
    form: Form = TABLE
    """What the rows are: a table, or conversations in the column `messages`."""


@dataclass(frozen=True)
class _Named:
    """One file of the task, or one split of a hub."""

    key: str
    """The key of the task file that names it."""
    name: str
    """As written there; of a folder or pattern with the file's own name."""
    split: SplitName | None
    """None: all rows in one place."""


@dataclass(frozen=True)
class _Part:
    """The rows of one file or of one split of a hub."""

    file: DataFile
    rows: Rows
    split: SplitName | None


def file_dataset(path: str, *, sheet: str | int | None = None, form: str = "auto") -> Dataset:
    """Return what a task says whose data are one file, folder or pattern; `form` is `auto` or `table`."""
    as_it_stands = form == "table"
    return Dataset(
        path=path,
        hub=None,
        name=None,
        revision=None,
        train=None,
        validation=None,
        test=None,
        sha256=None,
        format="table" if as_it_stands else "auto",
        sheet=sheet,
        columns={},
    )


def read_table(dataset: Dataset, folder: Path, *, skip_bad_rows: int = 0, place: Place = unplaced) -> Table:
    """Return all rows but for so many lines that are no rows, conversations among them in one form.

    Raises TaskError with the problems of all files (LF301, LF302, LF331, LF332, LF335, LF201 columns that differ), then
    those of the rows' form (LF333, LF334); MachineError (LF401, LF408).
    """
    if dataset.hub is not None:
        _check_hub(dataset, place)
        return _formed(_joined(_hub_parts(dataset, place)), dataset, place)

    def read(named: _Named, found: Found) -> _Part:
        return _read_part(dataset, named, found, skip_bad_rows, place=place)

    named, parts = _from_each(dataset, folder, place, read)
    _check_skipped(parts, skip_bad_rows)
    _check_rows(dataset, named, parts, place)
    _check_agreement(dataset, named, [part.rows.columns for part in parts], place)
    return _formed(_joined(parts), dataset, place)


def read_header(dataset: Dataset, folder: Path, *, skip_bad_rows: int = 0, place: Place = unplaced) -> tuple[str, ...]:
    """Return the columns without reading rows; raises as read_table does, for what a header can show."""
    if dataset.hub is not None:
        _check_hub(dataset, place)
        columns = read_hub_columns(_hub_source(dataset, dataset.hub), place=place)
        return header_in_form(columns, dataset.format, place)

    def read(named: _Named, found: Found) -> tuple[str, ...]:
        columns = registry.read_columns(found.path, sheet=dataset.sheet, skip_bad_rows=skip_bad_rows, place=place)
        return _not_empty(named, columns, place)

    named, headers = _from_each(dataset, folder, place, read)
    _check_agreement(dataset, named, headers, place)
    return header_in_form(_together(headers), dataset.format, place)


def _formed(table: Table, dataset: Dataset, place: Place) -> Table:
    formed = in_form(table.columns, table.rows, dataset.format, place)
    warnings = (*table.warnings, *formed.warnings)
    return replace(table, columns=formed.columns, rows=formed.rows, warnings=warnings, form=formed.form)


def _named_files(dataset: Dataset) -> list[_Named]:
    written: list[tuple[str, str | None, SplitName | None]] = [
        ("dataset.path", dataset.path, None),
        ("dataset.train", dataset.train, "train"),
        ("dataset.validation", dataset.validation, "validation"),
        ("dataset.test", dataset.test, "test"),
    ]
    return [_Named(key, name, split) for key, name, split in written if name is not None]


def _from_each(
    dataset: Dataset, folder: Path, place: Place, read: Callable[[_Named, Found], _Found]
) -> tuple[list[_Named], list[_Found]]:
    """Return every file and what `read` finds in it; raises the problems of all of them together."""
    files: list[_Named] = []
    contents: list[_Found] = []
    problems: list[Problem] = []
    for one in _named_files(dataset):
        try:
            found = find_files(one.name, folder, key=one.key, place=place)
            problems += _other_hash(dataset, found, place)
        except TaskError as error:
            problems += error.problems
            continue
        for file in found:
            named = replace(one, name=file.name)
            try:
                contents.append(read(named, file))
                files.append(named)
            except TaskError as error:
                problems += error.problems
    if problems:
        raise TaskError(*dict.fromkeys(problems))  # a sheet that no workbook has is said once
    return files, contents


def _other_hash(dataset: Dataset, found: Sequence[Found], place: Place) -> list[Problem]:
    if dataset.sha256 is None:
        return []
    if dataset.path is None or not found[0].alone:
        code, got = "LF223", "the splits are separate files"
        if dataset.path is not None:
            code, got = "LF331", f"{dataset.path!r} is a folder or a pattern"
        return [_no_hash(code, f"dataset.sha256 is the hash of one file, and {got}", place)]
    got = sha256_of(found[0].path)
    if got == dataset.sha256:
        return []
    message = f"the file {found[0].name!r} has another hash than dataset.sha256: {got}, not {dataset.sha256}"
    return [place("LF331", "dataset.sha256", message, "name the file that is meant, or write its new hash")]


def _check_hub(dataset: Dataset, place: Place) -> None:
    problems = []
    if dataset.sha256 is not None:
        problems.append(
            _no_hash("LF223", "dataset.sha256 is the hash of one file, and the data come from a hub", place)
        )
    if dataset.sheet is not None:
        message = "only an .xlsx file has sheets, and the data come from a hub"
        problems.append(place("LF332", "dataset.sheet", message, "remove dataset.sheet"))
    if problems:
        raise TaskError(*problems)


def _no_hash(code: str, message: str, place: Place) -> Problem:
    return place(code, "dataset.sha256", message, "remove dataset.sha256; every run records the hashes of its data")


def _read_part(dataset: Dataset, named: _Named, found: Found, skip_bad_rows: int, *, place: Place) -> _Part:
    rows = registry.read_rows(found.path, sheet=dataset.sheet, skip_bad_rows=skip_bad_rows, place=place)
    _not_empty(named, rows.columns, place)
    if found.alone and not rows.rows:
        message = f"the data file {named.name!r} has a header ({listed(rows.columns)}) and no rows"
        raise TaskError(place("LF301", named.key, message, "name a file with rows"))
    file = DataFile(named.name, found.path, sha256_of(found.path), len(rows.rows), dataset.sheet, rows.skipped)
    return _Part(file, replace(rows, warnings=(*found.warnings, *rows.warnings)), named.split)


def _check_skipped(parts: Sequence[_Part], skip_bad_rows: int) -> None:
    """What may be skipped is counted over all files."""
    found = [part.file for part in parts if part.file.skipped]
    count = sum(len(file.skipped) for file in found)
    if count > skip_bad_rows:
        each = listed([f"{file.name!r} line {spans(file.skipped)}" for file in found], shown=20)
        message = f"{count} lines of {len(found)} files are no rows, more than --skip-bad-rows {skip_bad_rows}: {each}"
        raise TaskError(Problem("LF302", message, f"mend them, or leave them out with --skip-bad-rows {count}"))


def _check_rows(dataset: Dataset, named: Sequence[_Named], parts: Sequence[_Part], place: Place) -> None:
    """One file of a folder may be without rows, but not all of them."""
    written = {one.key: one.name for one in _named_files(dataset)}
    filled = {one.key for one, part in zip(named, parts, strict=True) if part.file.rows}
    problems = [
        place("LF301", key, f"the data files of {name!r} have headers and no rows", "name a folder of files with rows")
        for key, name in written.items()
        if key not in filled
    ]
    if problems:
        raise TaskError(*problems)


def _not_empty(named: _Named, columns: tuple[str, ...], place: Place) -> tuple[str, ...]:
    if not columns:
        raise TaskError(place("LF301", named.key, f"the data file {named.name!r} is empty", "name a file with rows"))
    return columns


def _check_agreement(
    dataset: Dataset, named: Sequence[_Named], headers: Sequence[tuple[str, ...]], place: Place
) -> None:
    """A column that one of several files lacks would be empty there, in silence unless the task says so."""
    if dataset.missing_columns == "empty":
        return
    problems = []
    everything = _together(headers)
    for one, header in zip(named, headers, strict=True):
        missing = [repr(column) for column in everything if column not in header]
        if missing:
            message = f"{one.name!r} lacks columns that the other files have: {listed(missing)}"
            cure = "give all files of the data set the same columns, or set dataset.missing_columns: empty"
            problems.append(place("LF201", one.key, message, cure))
    if problems:
        raise TaskError(*problems)


def _together(headers: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for header in headers for column in header))


def _hub_source(dataset: Dataset, hub: str) -> HubSource:
    return HubSource(hub, dataset.name, dataset.revision)


def _hub_parts(dataset: Dataset, place: Place) -> list[_Part]:
    source = _hub_source(dataset, dataset.hub or "")
    splits = read_hub(source, place=place)
    # a hub data set of one split says nothing about the split: it is one file with all rows
    alone = len(splits) == 1 and splits[0].split == "train"
    parts = [_Part(_hub_file(source, one), one.rows, None if alone else one.split) for one in splits]
    named = [_Named("dataset.hub", part.file.name, part.split) for part in parts]
    _check_agreement(dataset, named, [part.rows.columns for part in parts], place)
    if not any(part.rows.rows for part in parts):
        raise TaskError(place("LF301", "dataset.hub", f"{source.title!r} has no rows", "name a data set with rows"))
    return parts


def _hub_file(source: HubSource, split: HubSplit) -> DataFile:
    digest = hashlib.sha256()
    for row in split.rows.rows:
        digest.update(content_hash(row, split.rows.columns, 0))
    return DataFile(f"hub:{source.title}:{split.split}", None, digest.hexdigest(), len(split.rows.rows))


def _joined(parts: Sequence[_Part]) -> Table:
    columns, splits = _together([part.rows.columns for part in parts]), list[SplitName]()
    rows = parts[0].rows.rows
    if len(parts) > 1:
        rows = stored_rows(columns, (row for part in parts for row in part.rows.rows))
    for part in parts:
        splits += [part.split] * len(part.rows.rows) if part.split is not None else []
    return Table(
        columns=columns,
        rows=rows,
        files=tuple(part.file for part in parts),
        given_splits=tuple(splits) or None,
        warnings=tuple(warning for part in parts for warning in part.rows.warnings),
    )
