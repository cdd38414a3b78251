"""`lfine data convert`: rows in another file format or another form, and a task's prompts and answers for other tools.

    convert(Path("chats.json"), "chats.jsonl", Asked(to="messages", only=True))
      ─▶  Converted(files=(WrittenFile("chats.jsonl", 1200),), form="messages", notes=("columns left out: 'id'", …), …)

`{split}` in the name of the new file stands for a file for each value of the column `split`.

*Not here:* formats (lfine.finetune.data.writing), forms (lfine.finetune.data.convert), dividing rows (lfine.dividing).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lfine.dividing import SPLIT, command_place, command_warnings
from lfine.finetune.data.convert.from_rows import dialogues_of
from lfine.finetune.data.convert.parsing import parsed
from lfine.finetune.data.convert.records import Dialogues, Names
from lfine.finetune.data.convert.to_rows import rows_of
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import Kind
from lfine.finetune.data.places import unplaced
from lfine.finetune.data.tables import file_dataset, read_table
from lfine.finetune.data.values import text_of
from lfine.finetune.data.wording import counted, listed
from lfine.finetune.data.writing.registry import check_target, write_rows
from lfine.finetune.data.writing.rewritten import Rewritten, in_words
from lfine.schemas.errors import TaskError, UsageError
from lfine.schemas.problems import Problem

EACH = "{split}"
_TASKS = (".yaml", ".yml")
NO_NAMES = Names()
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Asked:
    """What the new rows are to be."""

    to: Kind | None = None
    """None: the rows as they stand; of a task, messages for conversations and else prompt and completion."""
    names: Names = NO_NAMES
    """Columns of a table: of the old rows, of the new ones with `to` table."""
    system: str | None = None
    """A system text for rows without one."""
    sheet: str | int | None = None
    parse: tuple[str, ...] = ()
    """Columns whose texts are read as JSON."""
    skip_bad_rows: int = 0
    """Lines that are no rows and may be left out."""
    only: bool = False
    """Whether other columns than those of the form are left out."""


@dataclass(frozen=True)
class WrittenFile:
    path: str
    rows: int


@dataclass(frozen=True)
class Converted:
    """What was written."""

    files: tuple[WrittenFile, ...]
    form: str
    """Of the old rows: table, messages, sharegpt, alpaca, prompt_completion, or task."""
    columns: tuple[str, ...]
    """Of the new rows."""
    notes: tuple[str, ...]
    """What is not as it stood, in words."""
    rewritten: tuple[Rewritten, ...]
    """The same of single values, which the new format holds in another form."""
    warnings: tuple[Problem, ...]
    """Of reading."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        kept = ("form", "columns", "notes")
        return {
            "files": [asdict(each) for each in self.files],
            **{name: getattr(self, name) for name in kept},
            "rewritten": [each.record() for each in self.rewritten],
            "warnings": [each.record() for each in self.warnings],
        }

    def said(self) -> tuple[str, ...]:
        """Return every line that a person should read."""
        return (*self.notes, *in_words(self.rewritten))


@dataclass(frozen=True)
class _Made:
    """Rows before they are written."""

    rows: Rows
    form: str
    notes: tuple[str, ...]
    warnings: tuple[Problem, ...]


def convert(source: str, out: str, asked: Asked, *, overrides: Sequence[str] = (), force: bool = False) -> Converted:
    """Convert a file, folder or pattern, or a task's rows, and write what comes of it.

    Raises TaskError (LF132 a file that exists, LF333 to LF337 rows that have no place in form or format, and what
    read_table and prepare_rows raise), UsageError, MachineError (LF401).
    """
    if EACH not in out:
        check_target(Path(out), force=force)  # before anything is read
    if Path(source).suffix.lower() in _TASKS:
        made = _from_task(Path(source), asked, overrides, each=EACH in out)
    else:
        made = _from_files(source, asked, each=EACH in out)
    parts = _parts(made.rows, out)
    for path, _ in parts:
        check_target(path, force=force)
    rewritten = [each for path, rows in parts for each in write_rows(path, rows, force=force)]
    files = tuple(WrittenFile(str(path), len(rows.rows)) for path, rows in parts)
    return Converted(files, made.form, parts[0][1].columns, made.notes, tuple(rewritten), made.warnings)


def _from_files(source: str, asked: Asked, *, each: bool) -> _Made:
    dataset = file_dataset(source, sheet=asked.sheet, form="table")
    table = read_table(dataset, Path(), skip_bad_rows=asked.skip_bad_rows, place=command_place)
    warnings = command_warnings(table.warnings)
    rows = parsed(Rows(table.columns, table.rows), asked.parse, unplaced)
    if asked.to is None:
        _check_unused(asked)
        return _Made(rows, "table", (), warnings)
    # with `--to table` the columns named are those of the new rows, unless the old ones are a table too
    names = NO_NAMES if asked.to == "table" else asked.names
    found = dialogues_of(rows, names, asked.system, command_place)
    made, notes = _formed(found, asked.to, asked, each=each)
    return _Made(made, found.kind, notes, warnings)


def _check_unused(asked: Asked) -> None:
    given = {
        "--prompt-column": asked.names.prompt,
        "--answer-column": asked.names.answer,
        "--system-column": asked.names.system,
        "--system": asked.system,
        "--only": asked.only or None,
    }
    unused = [option for option, value in given.items() if value is not None]
    if unused:
        message = f"{listed(unused)} without --to: the rows would stay as they stand"
        raise UsageError(Problem("LF115", message, "add --to messages, sharegpt, alpaca, prompt_completion or table"))


def _formed(found: Dialogues, to: Kind, asked: Asked, *, each: bool) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows in the form, other columns left out where that is asked for."""
    kept = [name for name in found.rest if not asked.only or (each and name == SPLIT)]
    left = [name for name in found.rest if name not in kept and not (to == "alpaca" and name == "input")]
    kept = [name for name in found.rest if name not in left]
    cut = tuple(replace(row, rest={name: row.rest[name] for name in kept}) for row in found.rows)
    rows, notes = rows_of(replace(found, rest=tuple(kept), rows=cut), to, asked.names, unplaced)
    said = [*found.notes, *notes]
    if left:
        said.append(f"columns left out: {listed([repr(name) for name in left], shown=20)}")
    beside = [repr(name) for name in kept if name in rows.columns and not (each and name == SPLIT)]
    if beside and to == "messages":
        said.append(f"beside `messages` stand {listed(beside, shown=20)}; services that take messages alone: --only")
    return rows, tuple(said)


def _from_task(path: Path, asked: Asked, overrides: Sequence[str], *, each: bool) -> _Made:
    from lfine.task_rows import task_dialogues

    if asked.sheet is not None or asked.parse or asked.system is not None:
        message = "--sheet, --parse and --system are for data files, and this is a task"
        raise UsageError(
            Problem("LF115", message, "write dataset.sheet, dataset.columns or prompt.system into the task")
        )
    found, warnings = task_dialogues(path, overrides)
    to = asked.to or found.kind
    rows, notes = _formed(found, to, asked, each=each)
    return _Made(rows, "task", notes, warnings)


def _parts(rows: Rows, out: str) -> list[tuple[Path, Rows]]:
    """Return each new file and its rows."""
    if EACH not in out:
        return [(Path(out), rows)]
    if SPLIT not in rows.columns:
        message = f"the name {out!r} asks for a file for each split, and the rows have no column {SPLIT!r}"
        raise TaskError(Problem("LF201", message, f"lfine data split divides them; or leave {EACH} out of the name"))
    values = list(dict.fromkeys(text_of(row[SPLIT]) for row in rows.rows))
    odd = [repr(value) for value in values if not _NAME.fullmatch(value)]
    if odd:
        message = f"values of the column {SPLIT!r} that cannot stand in the name of a file: {listed(odd)}"
        raise TaskError(Problem("LF304", message, "write train, validation or test"))
    columns = tuple(name for name in rows.columns if name != SPLIT)
    parts = []
    for value in values:
        chosen = ({name: row[name] for name in columns} for row in rows.rows if text_of(row[SPLIT]) == value)
        parts.append((Path(out.replace(EACH, value)), Rows(columns, tuple(chosen))))
    return parts


def summary(converted: Converted) -> str:
    """Return what was written, for a person."""
    lines = [f"wrote {each.path}: {counted(each.rows, 'row')}" for each in converted.files]
    return "\n".join(
        [*lines, f"columns: {listed([*converted.columns], shown=20)}", *(f"note: {n}" for n in converted.said())]
    )
