"""New rows, to be answered: those of a file, or lines that come one after the other; no answer need stand in them.

    wanted = Wanted(task, keep=("id",))
    file_questions(new_rows(path), wanted, path) == (NewRow(Example(0, {"question": "…"}, ""), {"id": "a7"}), …)
    [*line_questions([b'{"question": "…"}\\n', b'{"qustion'], wanted, after=0)]
      == [NewRow(Example(0, …), {}), Misfit(1, 2, Problem("LF302", …))]

A file is read whole, in any format, and refused before anything is asked; of lines each one stands for itself. Only
columns that the prompt needs are looked at, and those that `dataset.columns` makes for it are made.

*Not here:* asking (lfine.predicting), rows to learn from (lfine.finetune.data.tables).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.finetune.data.columns import needed_columns, prepare_columns
from lfine.finetune.data.conversations import ConversationError, question_of
from lfine.finetune.data.formats import registry
from lfine.finetune.data.formats.json_lines import row_of
from lfine.finetune.data.formats.json_records import NotJsonError
from lfine.finetune.data.formats.names import bare_names
from lfine.finetune.data.formats.rows import Rows, complete
from lfine.finetune.data.forms import form_of
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import Row, text_of
from lfine.finetune.data.wording import column_cure, counted, listed, quoted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Task
from lfine.schemas.template import columns, parse_template

STDIN = "<stdin>"
EVERYTHING = "*"
"""Of `keep`: every column."""


@dataclass(frozen=True)
class Wanted:
    """What of the rows is looked at."""

    task: Task
    keep: tuple[str, ...] = ()
    """Columns that are handed through to the answer."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The columns of the prompt; empty for conversations."""
        template = self.task.prompt.template
        return () if template is None else columns(parse_template(template))


@dataclass(frozen=True)
class NewRow:
    example: Example
    """Its answer is empty."""
    kept: Row
    """The columns that are handed through."""


@dataclass(frozen=True)
class Misfit:
    """A line that cannot be asked."""

    row_id: int
    problem: Problem


def new_rows(path: Path, *, sheet: str | int | None = None, skip_bad_rows: int = 0, place: Place = unplaced) -> Rows:
    """Return what stands in a file; raises TaskError LF301, LF302, LF332 for what cannot be read."""
    if not path.is_file():
        message = f"there is no file {str(path)!r}" if not path.exists() else f"{str(path)!r} is no file"
        raise TaskError(Problem("LF301", message, "name a file of new rows, or - for lines on stdin"))
    return registry.read_rows(path, sheet=sheet, skip_bad_rows=skip_bad_rows, place=place)


def file_questions(rows: Rows, wanted: Wanted, path: Path) -> Sequence[NewRow]:
    """Return the rows of a file, in its order.

    Raises TaskError with the problems of all rows: LF127 columns that are not there, LF320, LF321 values that
    `dataset.columns` cannot take, LF333 what is no conversation.
    """
    if not rows.columns:
        return ()
    return _questions(rows, wanted, _Place(str(path)), range(len(rows.rows)))


def line_questions(lines: Iterable[bytes], wanted: Wanted, *, after: int) -> Iterator[NewRow | Misfit]:
    """Yield a row for each line that is not blank; `after` is how many lines came before these.

    Row ids are those of the lines, counted from 0, blank and misshapen ones among them: mending a line moves no other.
    """
    for number, line in enumerate(lines, after):
        if not line.strip():
            continue
        try:
            row = row_of(line.decode("utf-8-sig"))
            rows = bare_names(Path(STDIN), Rows(tuple(row), (row,)))
            yield from _questions(rows, wanted, _Place(STDIN, number + 1), (number,))
        except UnicodeDecodeError as error:
            yield Misfit(number, _bad_line(f"not UTF-8: {error.reason}", number + 1))
        except NotJsonError as error:
            yield Misfit(number, _bad_line(error.message, number + 1))
        except TaskError as error:
            yield Misfit(number, replace(error.problems[0], file=STDIN, line=number + 1))


def _bad_line(reason: str, line: int) -> Problem:
    cure = 'write one object on each line, {"column": value, …}'
    return Problem("LF302", f"the line is not one JSON object: {reason}", cure, file=STDIN, line=line)


@dataclass(frozen=True)
class _Place:
    """Where rows stand, for problems."""

    file: str
    line: int | None = None


def _questions(rows: Rows, wanted: Wanted, at: _Place, numbers: Sequence[int]) -> tuple[NewRow, ...]:
    kept = rows.columns if EVERYTHING in wanted.keep else wanted.keep
    _check_columns(kept, rows.columns, at, what="--keep names")
    found = _conversations(rows, wanted, at, numbers) if wanted.task.prompt.messages else _made(rows, wanted, at)
    pairs = zip(found, rows.rows, numbers, strict=True)
    return tuple(
        NewRow(replace(example, row_id=number), {name: row[name] for name in kept}) for example, row, number in pairs
    )


def _check_columns(wanted: Sequence[str], there: Sequence[str], at: _Place, *, what: str = "the prompt needs") -> None:
    """Raise LF127 for columns that the rows lack."""
    problems = []
    for name in wanted:
        if name not in there:
            message = f"{what} the column {name!r}, and there are {listed([repr(one) for one in there], shown=20)}"
            problems.append(Problem("LF127", message, column_cure(name, there), file=at.file, line=at.line))
    if problems:
        raise TaskError(*problems)


def _made(rows: Rows, wanted: Wanted, at: _Place) -> list[Example]:
    """Return the rows of a template, with the columns made that it needs."""
    made, read = needed_columns(rows.columns, wanted.asked, wanted.task.dataset.columns)
    _check_columns(read, rows.columns, at)
    table = prepare_columns(Table(rows.columns, rows.rows, (), None), made)
    return [Example(0, {name: text_of(row[name]) for name in wanted.asked}, "") for row in table.rows]


def _conversations(rows: Rows, wanted: Wanted, at: _Place, numbers: Sequence[int]) -> list[Example]:
    """Return conversations that wait for an answer, whatever the usual name of their column."""
    form = form_of(rows.columns, rows.rows, wanted.task.dataset.format, unplaced)
    column = form.column or wanted.task.prompt.messages or ""
    _check_columns([column], rows.columns, at)
    found: list[Example] = []
    refused: dict[str, list[int]] = {}
    for row, number in zip(rows.rows, numbers, strict=True):
        try:
            turns = question_of(row[column])
        except ConversationError as error:
            refused.setdefault(str(error), []).append(number)
            continue
        found.append(Example(number, {}, turns[-1].content, turns))
    if refused:
        each = [f"{reason}: {counted(len(ids), 'row')}: {listed(ids)}" for reason, ids in refused.items()]
        cure = "mend or remove the rows (counted from 0)"
        raise TaskError(*[Problem("LF333", f"column {quoted(column)}: {one}", cure) for one in each])
    return found


def mapping_questions(rows: Sequence[Row], wanted: Wanted) -> Sequence[NewRow]:
    """Return rows that are there already, in their order; raises as file_questions does."""
    found = bare_names(Path("rows"), complete(rows))
    return _questions(found, wanted, _Place("rows"), range(len(rows))) if rows else ()
