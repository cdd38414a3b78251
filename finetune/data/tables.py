"""The rows of a data set, from one file, from separate files or from a hub, as one table.

    Dataset(train="a.csv", test="b.jsonl")  ─▶  Table(columns=("question", "answer"),
        rows=({"question": "2+2?", "answer": "4"}, …), files=(DataFile("a.csv", …), DataFile("b.jsonl", …)),
        given_splits=("train", …, "test", …))

A row's id is its 0-based position in `rows`: the files follow one another in the order train, validation, test.

*Not here:* dividing rows (lfine.finetune.data.splits) and finding files (lfine.finetune.data.files).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lfine.finetune.data.files import DataFile, find_file, sha256_of
from lfine.finetune.data.formats import registry
from lfine.finetune.data.formats.hub import HubSource, HubSplit, read_hub, read_hub_columns
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.values import Row, content_hash
from lfine.finetune.data.wording import listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Dataset, SplitName

_Found = TypeVar("_Found")

__all__ = ["DataFile", "Table", "find_file", "read_header", "read_table"]


@dataclass(frozen=True)
class Table:
    """All rows of a data set."""

    columns: tuple[str, ...]
    """Names in the order of the (first) file."""
    rows: tuple[Row, ...]
    """By row id; every column is a key."""
    files: tuple[DataFile, ...]
    """Where the rows came from, in the order of the rows."""
    given_splits: tuple[SplitName, ...] | None
    """By row id, where files or hub say it; None where a column or a hash must."""
    warnings: tuple[Problem, ...] = ()
    """What of the data was left out."""


@dataclass(frozen=True)
class _Named:
    """One file of the task."""

    key: str
    """The key of the task file that names it."""
    name: str
    """As written there."""
    split: SplitName | None
    """None: all rows in one file."""


@dataclass(frozen=True)
class _Part:
    """The rows of one file or of one split of a hub."""

    file: DataFile
    rows: Rows
    split: SplitName | None


def read_table(dataset: Dataset, folder: Path, *, place: Place = unplaced) -> Table:
    """Return all rows; raises TaskError with the problems of all files (LF301, LF302), MachineError (LF401, LF408)."""
    if dataset.hub is not None:
        return _joined(_hub_parts(dataset, place))

    def read(named: _Named, path: Path) -> _Part:
        return _read_part(named, path, place)

    named = _named_files(dataset)
    parts = _from_each(named, folder, place, read)
    _check_agreement(named, [part.rows.columns for part in parts], place)
    return _joined(parts)


def read_header(dataset: Dataset, folder: Path, *, place: Place = unplaced) -> tuple[str, ...]:
    """Return the columns without reading rows; raises as read_table does, for what a header can show."""
    if dataset.hub is not None:
        return read_hub_columns(_hub_source(dataset, dataset.hub), place=place)

    def read(named: _Named, path: Path) -> tuple[str, ...]:
        return _not_empty(named, registry.read_columns(path), place)

    named = _named_files(dataset)
    headers = _from_each(named, folder, place, read)
    _check_agreement(named, headers, place)
    return headers[0]


def _named_files(dataset: Dataset) -> list[_Named]:
    written: list[tuple[str, str | None, SplitName | None]] = [
        ("dataset.path", dataset.path, None),
        ("dataset.train", dataset.train, "train"),
        ("dataset.validation", dataset.validation, "validation"),
        ("dataset.test", dataset.test, "test"),
    ]
    return [_Named(key, name, split) for key, name, split in written if name is not None]


def _from_each(
    named: Sequence[_Named], folder: Path, place: Place, read: Callable[[_Named, Path], _Found]
) -> list[_Found]:
    """Return what `read` finds in each file; raises the problems of all of them together."""
    found: list[_Found] = []
    problems: list[Problem] = []
    for one in named:
        try:
            found.append(read(one, find_file(one.name, folder, key=one.key, place=place)))
        except TaskError as error:
            problems += error.problems
    if problems:
        raise TaskError(*problems)
    return found


def _read_part(named: _Named, path: Path, place: Place) -> _Part:
    rows = registry.read_rows(path)
    _not_empty(named, rows.columns, place)
    if not rows.rows:
        message = f"the data file {named.name!r} has a header ({listed(rows.columns)}) and no rows"
        raise TaskError(place("LF301", named.key, message, "name a file with rows"))
    return _Part(DataFile(named.name, path, sha256_of(path), len(rows.rows)), rows, named.split)


def _not_empty(named: _Named, columns: tuple[str, ...], place: Place) -> tuple[str, ...]:
    if not columns:
        raise TaskError(place("LF301", named.key, f"the data file {named.name!r} is empty", "name a file with rows"))
    return columns


def _check_agreement(named: Sequence[_Named], headers: Sequence[tuple[str, ...]], place: Place) -> None:
    """A column that one of several files lacks would be empty there, in silence."""
    problems = []
    everything = list(dict.fromkeys(column for header in headers for column in header))
    for one, header in zip(named, headers, strict=True):
        missing = [repr(column) for column in everything if column not in header]
        if missing:
            message = f"{one.name!r} lacks columns that the other files have: {listed(missing)}"
            problems.append(place("LF201", one.key, message, "give all files of the data set the same columns"))
    if problems:
        raise TaskError(*problems)


def _hub_source(dataset: Dataset, hub: str) -> HubSource:
    return HubSource(hub, dataset.name, dataset.revision)


def _hub_parts(dataset: Dataset, place: Place) -> list[_Part]:
    source = _hub_source(dataset, dataset.hub or "")
    splits = read_hub(source, place=place)
    # a hub data set of one split says nothing about the split: it is one file with all rows
    alone = len(splits) == 1 and splits[0].split == "train"
    parts = [_Part(_hub_file(source, one), one.rows, None if alone else one.split) for one in splits]
    named = [_Named("dataset.hub", part.file.name, part.split) for part in parts]
    _check_agreement(named, [part.rows.columns for part in parts], place)
    if not any(part.rows.rows for part in parts):
        raise TaskError(place("LF301", "dataset.hub", f"{source.title!r} has no rows", "name a data set with rows"))
    return parts


def _hub_file(source: HubSource, split: HubSplit) -> DataFile:
    digest = hashlib.sha256()
    for row in split.rows.rows:
        digest.update(content_hash(row, split.rows.columns, 0))
    return DataFile(f"hub:{source.title}:{split.split}", None, digest.hexdigest(), len(split.rows.rows))


def _joined(parts: Sequence[_Part]) -> Table:
    splits: list[SplitName] = []
    for part in parts:
        splits += [part.split] * len(part.rows.rows) if part.split is not None else []
    return Table(
        columns=parts[0].rows.columns,
        rows=tuple(row for part in parts for row in part.rows.rows),
        files=tuple(part.file for part in parts),
        given_splits=tuple(splits) or None,
        warnings=tuple(warning for part in parts for warning in part.rows.warnings),
    )
