"""`lfine data split`: rows divided once and for ever, into a file with a column `split` and a manifest beside it.

    divide_file(Path("rows.xlsx"), Path("rows.parquet"), Asked(by="group", column="author"))
      ─▶  Divided(out=Path("rows.parquet"), manifest=Manifest(…), reason="about 80/10/10 by a hash of column …")

The sides are those that a task with the same `preprocessing.split` would give the rows.

*Not here:* how rows are divided (lfine.finetune.data.splits), what a manifest holds (lfine.finetune.data.manifest).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.finetune.data.files import DataFile
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import in_form
from lfine.finetune.data.manifest import (
    Difference,
    Manifest,
    Source,
    differences,
    manifest_of,
    manifest_path,
    read_manifest,
    write_manifest,
)
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.splits import NAMES, SplitAssignment, assign_splits
from lfine.finetune.data.stored import stored_rows
from lfine.finetune.data.tables import Table, file_dataset, read_table
from lfine.finetune.data.values import text_of
from lfine.finetune.data.wording import listed
from lfine.finetune.data.writing.registry import check_target, write_rows
from lfine.finetune.data.writing.rewritten import Rewritten
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import digest
from lfine.schemas.task import Split, SplitName, SplitType

SPLIT = "split"
"""The column that is written, and that a task goes by when it says nothing."""
_OPTIONS = {
    "preprocessing.split.probabilities": "--probabilities",
    "preprocessing.split.column": "--column",
    "preprocessing.split.type": "--by",
    "`column` to preprocessing.split": "--column NAME",
    "the type to": "--by to",
    "a split of type": "a split --by",
    "[0.8, 0.1, 0.1]": "0.8,0.1,0.1",
    "name it in dataset.sheet": "name it: --sheet NAME",
    "dataset.sheet": "--sheet",
    ": as the task says": "",
}
"""What a problem of a task says → what this command line says."""


@dataclass(frozen=True)
class Asked:
    """How rows are to be divided."""

    by: SplitType = "hash"
    column: str | None = None
    probabilities: tuple[float, ...] = (0.8, 0.1, 0.1)
    seed: int = 42
    sheet: str | int | None = None
    skip_bad_rows: int = 0
    """Lines that are no rows and may be left out."""

    @property
    def split(self) -> Split:
        return Split(self.by, self.column, self.probabilities, self.seed)


@dataclass(frozen=True)
class Divided:
    """What was written."""

    out: Path
    manifest: Manifest
    reason: str
    """How, in one line."""
    warnings: tuple[Problem, ...]
    """LF323 equal rows on two sides among them."""
    rewritten: tuple[Rewritten, ...]

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        counts = {name: each.rows for name, each in self.manifest.splits.items()}
        return {
            "out": str(self.out),
            "manifest": str(manifest_path(self.out)),
            "rows": self.manifest.rows,
            "splits": counts,
            "held_out": {"rows": self.manifest.held_out.rows, "content": self.manifest.held_out.content},
            "reason": self.reason,
            "rewritten": [each.record() for each in self.rewritten],
            "warnings": [each.record() for each in self.warnings],
        }


def divide_file(source: str, out: Path, asked: Asked, *, force: bool = False) -> Divided:
    """Divide the rows of a file, folder or pattern and write them in their order, and the manifest.

    `force`: a column `split` is replaced, and `out` may exist. Raises TaskError (LF132, LF338, and what read_table,
    assign_splits and write_rows raise), MachineError.
    """
    check_target(out, force=force)
    place = command_place
    dataset = file_dataset(source, sheet=asked.sheet, form="table")
    read = read_table(dataset, Path(), skip_bad_rows=asked.skip_bad_rows, place=place)
    table, warnings = _undivided(read, source, force=force)
    assignment = assign_splits(_formed(table, place), asked.split, needed=_needed(asked), place=place)
    columns = tuple(dict.fromkeys([*read.columns, SPLIT]))
    sides = zip(read.rows, assignment.names, strict=True)
    rows = stored_rows(columns, ({**row, SPLIT: name} for row, name in sides))
    rewritten = write_rows(out, Rows(columns, rows), force=force)
    again, splits = _read_divided(out)
    manifest = manifest_of(out, again, splits, asked=asked.split, source=_source(source, read.files))
    write_manifest(out, manifest)
    said = (*command_warnings(read.warnings), *warnings, *assignment.warnings, *_without(asked, splits))
    return Divided(out, manifest, command_words(assignment.reason), said, rewritten)


def check_file(path: Path) -> tuple[Manifest, tuple[Difference, ...]]:
    """Return a file's manifest, and in what the file differs from it; raises TaskError (LF301, LF302, LF304)."""
    manifest = read_manifest(path)
    table, splits = _read_divided(path)
    return manifest, differences(manifest, path, table, splits)


def command_place(code: str, path: str, message: str, cure: str) -> Problem:
    """Return a problem of reading or dividing in the words of the command line."""
    return unplaced(code, _OPTIONS.get(path, path), command_words(message), command_words(cure))


def command_words(text: str) -> str:
    """Return what is said of a task's keys as said of options."""
    for said, option in _OPTIONS.items():
        text = text.replace(said, option)
    return text


def command_warnings(warnings: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(each, message=command_words(each.message), cure=command_words(each.cure)) for each in warnings)


def _needed(asked: Asked) -> list[SplitName]:
    """Training and test rows must be there where they have a share; validation rows are wished for."""
    return [name for name, share in zip(NAMES, asked.probabilities, strict=False) if share > 0 and name != "validation"]


def _without(asked: Asked, splits: SplitAssignment) -> tuple[Problem, ...]:
    if "validation" in splits.names or asked.probabilities[1] == 0:
        return ()
    message = f"no row is in the split 'validation' ({splits.counts()})"
    return (replace(command_place("LF305", "", message, "give it a larger share, or add rows"), severity="warning"),)


def _undivided(table: Table, source: str, *, force: bool) -> tuple[Table, tuple[Problem, ...]]:
    """Return the table without its column `split`; raises TaskError (LF338) where that may not be replaced."""
    if SPLIT not in table.columns:
        return table, ()
    values: dict[str, int] = {}
    for row in table.rows:
        value = text_of(row[SPLIT])
        values[value] = values.get(value, 0) + 1
    most = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    message = f"the rows have a column {SPLIT!r}: {listed([f'{value[:40]!r} ({rows})' for value, rows in most])}"
    if not force:
        cure = "use the file as it stands; rename a column that means something else; or --force replaces it"
        raise TaskError(Problem("LF338", message, cure, file=source))
    columns = tuple(name for name in table.columns if name != SPLIT)
    rows = stored_rows(columns, ({name: row[name] for name in columns} for row in table.rows))
    warning = Problem("LF338", f"{message}; it is replaced", "keep the old file", severity="warning", file=source)
    return replace(table, columns=columns, rows=rows), (warning,)


def _formed(table: Table, place: Place) -> Table:
    """Return the rows as a task sees them, whose conversations are part of a row's content in one form."""
    formed = in_form(table.columns, table.rows, "auto", place)
    return replace(table, columns=formed.columns, rows=formed.rows, form=formed.form)


def _read_divided(path: Path) -> tuple[Table, SplitAssignment]:
    """Return the rows and their sides as a task reads them that names the file and nothing else."""
    table = read_table(file_dataset(str(path.absolute())), Path())
    return table, assign_splits(table, Split("fixed", None, (0.8, 0.1, 0.1), 42), needed=())


def _source(name: str, files: tuple[DataFile, ...]) -> Source:
    """Return one file's own hash; of several that of their hashes."""
    return Source(name, files[0].sha256 if len(files) == 1 else digest([each.sha256 for each in files]))
