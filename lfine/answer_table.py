"""What `lfine predict --out answers.xlsx` writes: the rows as they came, and beside them what the model answered.

    table = AnswerTable(Path("answers.xlsx"), rows, Output("team", "category", …))
    table.check()                    # before anything is asked
    table.write()                    # at the end, from the lines in answers.jsonl

    | message      | customer |        | message      | customer | team   | confidence |
    | where is it? | 4711     |   ─▶   | where is it? | 4711     | claims | 0.9731     |

The lines are the answers; the table is written from them whenever they have changed.

*Not here:* asking (lfine.predicting), a line (lfine.answer_lines), formats (lfine.finetune.data.writing).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lfine.answer_lines import answered
from lfine.finetune.data.formats import registry as readers
from lfine.finetune.data.formats.packed import data_suffix, is_packed
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.outputs import Output
from lfine.finetune.data.stored import stored_values
from lfine.finetune.data.values import number_of, text_of
from lfine.finetune.data.wording import counted, listed
from lfine.finetune.data.writing.registry import check_target, write_rows
from lfine.finetune.data.writing.rewritten import in_words
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

SUFFIXES = frozenset({".arrow", ".csv", ".feather", ".parquet", ".tsv", ".xlsx"})
"""Of tables; all other names are those of lines."""
DIGITS = 4
"""Of a confidence in a table."""
Answers = Mapping[int, Mapping[str, object]]
"""Row id → line of the answer."""


def is_table(out: str | Path) -> bool:
    """Tell whether a name is that of a table."""
    return data_suffix(Path(out)) in SUFFIXES


def lines_beside(out: Path) -> Path:
    """Return where the lines of a table stand: `answers.jsonl` for `answers.csv.gz`, and for `answers.xlsx`."""
    return (out.with_suffix("") if is_packed(out) else out).with_suffix(".jsonl")


class AnswerTable:
    """One table to be written, of these rows."""

    def __init__(self, path: Path, rows: Rows, output: Output) -> None:
        self._path, self._lines, self._rows = path, lines_beside(path), rows
        self._named = output.name or "answer"
        self._numbers = output.type == "number"
        self.answer = _free(self._named, rows.columns)
        """The column of the answers."""
        self.confidence = _free("confidence", (*rows.columns, self.answer))

    def check(self) -> None:
        """Raise what would keep the table from being written, before anything is paid for.

        TaskError LF132 for a file that is not what these lines have written, LF302 and LF336 as write_rows does;
        MachineError LF401 for a library that is missing.
        """
        check_target(self._path, force=True)
        told = answered(self._lines)
        if self._path.exists() and not self._is_own(told):
            message = "the file exists already, and is not this input with the answers of " + repr(self._lines.name)
            raise TaskError(
                Problem("LF132", message, "name another file with --out, or move this one away", file=str(self._path))
            )
        with tempfile.TemporaryDirectory() as folder:  # whether the format takes these rows is known by writing them
            write_rows(Path(folder) / self._path.name, self._filled({}))

    def write(self) -> tuple[str, ...]:
        """Write the table in place of the one before; return what is to be said of it."""
        told = answered(self._lines)
        rows = self._filled(told)
        said = []
        if self.answer != self._named:
            said.append(f"the input has a column {self._named!r} of its own: the answers are in {self.answer!r}")
        blank = [number for number in range(len(rows.rows)) if _text(told, number) is None]
        said += _blank("row", "without an answer", [number for number in blank if number not in told])
        unread = f"in which evaluation.extract finds nothing (as they came: {self._lines})"
        said += _blank("answer", unread, [number for number in blank if number in told])
        unsure = [number for number in told if number < len(rows.rows) and told[number].get("confidence") is None]
        if self.confidence in rows.columns and unsure:
            what = "no label, or was given before confidence was asked for"
            said.append(f"{counted(len(unsure), 'answer')} without {self.confidence!r}: it is {what}")
        return (*said, *in_words(write_rows(self._path, rows, force=True)))

    def _filled(self, told: Answers) -> Rows:
        """Return the rows with the answers beside them."""
        columns = [*self._rows.columns, self.answer]
        sure = any(line.get("confidence") is not None for line in told.values())
        columns += [self.confidence] if sure else []
        return Rows(tuple(columns), stored_values(columns, self._cells(told, sure=sure)))

    def _cells(self, told: Answers, *, sure: bool) -> Iterator[list[object]]:
        for number, row in enumerate(self._rows.rows):
            cells = [*(row[name] for name in self._rows.columns), self._answer(told, number)]
            yield [*cells, *([_share(told.get(number, {}))] if sure else [])]

    def _answer(self, told: Answers, number: int) -> object:
        text = _text(told, number)
        found = number_of(text) if self._numbers else None
        return text if found is None else found

    def _is_own(self, told: Answers) -> bool:
        """Tell whether the file is what an earlier command has written: these rows, and of the answers none changed.

        Rows may have been added since, and answers where the table has none.
        """
        try:
            found = readers.read_rows(self._path)
        except TaskError:
            return False
        names = (*self._rows.columns, self.answer)
        if found.columns not in (names, (*names, self.confidence)) or len(found.rows) > len(self._rows.rows):
            return False
        return all(
            all(text_of(old[name]) == text_of(row[name]) for name in self._rows.columns)
            and text_of(old[self.answer]) in ("", text_of(self._answer(told, number)))
            for number, (old, row) in enumerate(zip(found.rows, self._rows.rows, strict=False))
        )


def _blank(noun: str, what: str, row_ids: Sequence[int]) -> list[str]:
    cells = "the cell stays" if len(row_ids) == 1 else "the cells stay"
    each = f"{counted(len(row_ids), noun)} {what}, {cells} empty; row ids: {listed(row_ids)}"
    return [each] if row_ids else []


def _text(told: Answers, number: int) -> str | None:
    """Return what counts of an answer; None where there is nothing."""
    line = told.get(number, {})
    found = line.get("answer", line.get("prediction"))
    return found if isinstance(found, str) else None


def _share(line: Mapping[str, object]) -> float | None:
    found = line.get("confidence")
    return round(found, DIGITS) if isinstance(found, float) else None


def _free(name: str, taken: Sequence[str]) -> str:
    """Return the name, or one like it that no column has."""
    found, number = name, 1
    while found in taken:
        found = f"{name}_predicted" if number == 1 else f"{name}_predicted_{number}"
        number += 1
    return found
