"""The manifest beside a file of divided rows: what the file is, how it was divided, and which rows are held out.

    rows.parquet, rows.parquet.manifest.json:
    {"format": 1, "file": "rows.parquet", "sha256": "9f2c…", "rows": 6801, "columns": ["question", "answer", "split"],
     "by": "hash", "seed": 42, "splits": {"train": {"rows": 5441, "content": "77ab…"}, …}, "held_out": {…}}

Contents are hashes of what the rows hold, whatever their order and the file's format: a file that was saved anew by a
spreadsheet has other bytes and the same contents.

*Not here:* dividing (lfine.finetune.data.splits), the held-out sample (…held_out), files (…tables).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.files import sha256_of
from lfine.finetune.data.folders import MANIFEST
from lfine.finetune.data.held_out import held_out_sample
from lfine.finetune.data.splits import NAMES, SplitAssignment
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import content_hash
from lfine.finetune.data.wording import counted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import ShapeError, from_json, json_text, write_text
from lfine.schemas.task import Split, SplitName

FORMAT = 1
SAMPLE_SIZE, SEED = 1000, 42
"""What `evaluation.sample_size` and `evaluation.seed` are where a task does not say."""
_CURE = "divide the rows anew with lfine data split"


@dataclass(frozen=True)
class SplitContent:
    """The rows of one split."""

    rows: int
    content: str
    """sha256 over the sorted content hashes of its rows."""


@dataclass(frozen=True)
class HeldOutContent:
    """The rows that a task with this sample size and seed scores."""

    split: SplitName
    sample_size: int
    seed: int
    rows: int
    row_ids: str
    """sha256 over the row ids in the order of the sample: another order of the file gives another one."""
    content: str
    """sha256 over the rows' content hashes in the order of the sample: what a run records as its sample hash."""


@dataclass(frozen=True)
class Manifest:
    """What is known of a file of divided rows."""

    file: str
    """Its name, without its folder."""
    sha256: str
    """Of its bytes."""
    rows: int
    columns: tuple[str, ...]
    source: str
    """The file that was divided, as it was named."""
    source_sha256: str
    by: str
    """hash, random, stratify, group or datetime."""
    column: str | None
    """What was gone by: stratify, group and datetime."""
    probabilities: tuple[float, ...]
    """Shares of train, validation and test that were asked for."""
    seed: int
    splits: dict[str, SplitContent]
    """Only those that have rows."""
    held_out: HeldOutContent


@dataclass(frozen=True)
class Source:
    """The file that was divided."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Difference:
    """One thing in which a file is not what its manifest says."""

    what: str
    harmless: bool = False
    """The rows are the same, and so is what is held out."""


def manifest_path(path: Path) -> Path:
    return path.with_name(path.name + MANIFEST)


def manifest_of(path: Path, table: Table, splits: SplitAssignment, *, asked: Split, source: Source) -> Manifest:
    """Return the manifest of a written file; `table` and `splits` are what a task reads from it."""
    return Manifest(
        file=path.name,
        sha256=sha256_of(path),
        rows=len(table.rows),
        columns=table.columns,
        source=source.name,
        source_sha256=source.sha256,
        by=asked.type or "hash",
        column=asked.column,
        probabilities=asked.probabilities,
        seed=asked.seed,
        splits=split_contents(table, splits),
        held_out=_held_out(table, splits, SAMPLE_SIZE, SEED),
    )


def split_contents(table: Table, splits: SplitAssignment) -> dict[str, SplitContent]:
    """Return what each split holds, those without rows left out."""
    columns = splits.content_columns(table)
    found: dict[str, SplitContent] = {}
    for name in NAMES:
        hashes = sorted(content_hash(table.rows[row], columns, 0) for row in splits.rows(name))
        if hashes:
            found[name] = SplitContent(len(hashes), hashlib.sha256(b"".join(hashes)).hexdigest())
    return found


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a file's manifest beside it, whole or not at all."""
    write_text(manifest_path(path), json_text({"format": FORMAT, **_record(manifest)}))


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a data file; raises TaskError, LF301 where there is none, LF302 where it is damaged."""
    at = manifest_path(path)
    try:
        value = json.loads(at.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TaskError(Problem("LF301", f"{path.name} has no manifest ({at.name})", _CURE, file=str(path))) from None
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _damaged(at, str(error).partition("\n")[0]) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _damaged(at, f"it must have format {FORMAT}")
    try:
        return from_json(Manifest, value)
    except ShapeError as error:
        raise _damaged(at, str(error)) from error


def differences(manifest: Manifest, path: Path, table: Table, splits: SplitAssignment) -> tuple[Difference, ...]:
    """Return in what a file differs from its manifest, in the order of weight; nothing where it is the same."""
    found = split_contents(table, splits)
    told = [*_held_out_differences(manifest, table, splits), *_split_differences(manifest, found)]
    if table.columns != manifest.columns:
        told.append(Difference(f"its columns are {', '.join(table.columns)}, and were {', '.join(manifest.columns)}"))
    if not told and _row_ids(manifest, table, splits) != manifest.held_out.row_ids:
        told.append(Difference("its rows stand in another order", harmless=True))
    if not told and sha256_of(path) != manifest.sha256:
        told.append(Difference("its bytes are others, and its rows the same", harmless=True))
    return tuple(told)


def _held_out_differences(manifest: Manifest, table: Table, splits: SplitAssignment) -> Iterator[Difference]:
    was = manifest.held_out
    now = _held_out(table, splits, was.sample_size, was.seed)
    if now.content != was.content:
        yield Difference(f"the held-out sample is another one: {counted(now.rows, 'row')}, and it had {was.rows}")


def _split_differences(manifest: Manifest, found: Mapping[str, SplitContent]) -> Iterator[Difference]:
    for name in NAMES:
        was, now = manifest.splits.get(name), found.get(name)
        if was != now:
            rows, before = (0 if each is None else each.rows for each in (now, was))
            change = "its rows are others" if rows == before else f"it has {counted(rows, 'row')}, and had {before}"
            yield Difference(f"{name}: {change}")


def _row_ids(manifest: Manifest, table: Table, splits: SplitAssignment) -> str:
    return _held_out(table, splits, manifest.held_out.sample_size, manifest.held_out.seed).row_ids


def _held_out(table: Table, splits: SplitAssignment, sample_size: int, seed: int) -> HeldOutContent:
    sample = held_out_sample(table, splits, split="test", sample_size=sample_size, seed=seed)
    ids = hashlib.sha256(",".join(map(str, sample.row_ids)).encode()).hexdigest()
    return HeldOutContent("test", sample_size, seed, len(sample.row_ids), ids, sample.sample_hash)


def _record(manifest: Manifest) -> dict[str, object]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}


def _damaged(path: Path, reason: str) -> TaskError:
    return TaskError(Problem("LF302", f"the manifest cannot be read: {reason}", _CURE, file=str(path)))
