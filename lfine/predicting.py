"""`lfine predict`: answers for new rows, written as they come.

    predict_task(Path("task.yaml"), PredictOptions("new.csv"), sys.stdout)  ─▶  Predicted(rows=40, answered=40, …)
    predict("task.yaml", [{"question": "where is it?"}])  ─▶  [{"row_id": 0, "prediction": "card", …}]

*Not here:* who answers (lfine.answerers), what stands in a line (lfine.answer_lines).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

from lfine.answer_lines import AnswerLines, line_of
from lfine.answer_table import AnswerTable, is_table, lines_beside
from lfine.answerers import FAILED, Opened, answerer_of
from lfine.arriving import Source, arriving
from lfine.choosing import refuse_several
from lfine.compiling import say, warn
from lfine.dividing import command_place, command_warnings
from lfine.endpoints import EndpointOptions
from lfine.evaluation.records import EndpointUse, Prediction
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.questions import (
    Misfit,
    NewRow,
    Wanted,
    file_questions,
    line_questions,
    mapping_questions,
    new_rows,
)
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import digest, to_json
from lfine.stops import Interrupted, machine_faults

STDIN = "-"
Window = Sequence[NewRow | Misfit]


@dataclass(frozen=True)
class PredictOptions:
    input: str = STDIN
    """A data file; `-`: JSON lines on stdin."""
    sheet: str | int | None = None
    """Of a workbook."""
    out: str | None = None
    """A file that keeps the answers, and goes on where it ends; None: stdout. Of a table the lines stand beside it."""
    keep: tuple[str, ...] = ()
    """Columns of the input that stand beside the answer; `*`: all."""
    overrides: Sequence[str] = ()
    runs_dir: str | None = None
    run: str | None = None
    adapter: str | None = None
    base: bool = False
    endpoint: EndpointOptions | None = None
    allow_code: bool = False
    skip_bad_rows: int = 0
    command: str = ""

    @property
    def confident(self) -> bool:
        """Whether answers come with how sure the model is of them: a table has a column for it."""
        return self.out is not None and is_table(self.out)


@dataclass
class Predicted:
    """What became of the rows."""

    rows: int = 0
    answered: int = 0
    """By this command."""
    before: int = 0
    """Answered in the file when it began."""
    failed: int = 0
    use: EndpointUse | None = None
    """Of a remote model."""


def predict_task(path: Path, options: PredictOptions, stream: TextIO, source: Source | None = None) -> Predicted:
    """Answer the rows of `options.input` and write a line for each as it comes; `source` stands in for stdin.

    Where `options.out` is a table, it is written at the end, and the lines stand beside it. Raises as `lfine evaluate`
    does; TaskError for a file of rows before anything is asked (LF127, LF302, …), LF129 for a file of other answers,
    LF132 and LF336 for a table that cannot be written, LF128 where rows came and none was answered; Interrupted with
    the command that goes on.
    """
    refuse_several(options)
    found = Predicted()
    out = None if options.out is None else Path(options.out)
    lines_file = lines_beside(out) if out is not None and is_table(out) else out
    cure = f"make room, then again: {options.command}"
    with (
        machine_faults(cure, at=out or Path(), memory_cure="a smaller base_model, or a machine with more memory"),
        answerer_of(path, options) as opened,
        AnswerLines(lines_file, stream) as lines,
    ):
        say(f"answers of {opened.name}")
        wanted = Wanted(opened.task, options.keep)
        rows = None if options.input == STDIN else _new_rows(options)
        table = None
        if out is not None and rows is not None and rows.columns and is_table(out):
            table = AnswerTable(out, rows, opened.output)
            table.check()
        try:
            for window in _windows(options, wanted, opened.who.most, rows=rows, source=source):
                _answer(window, opened, lines, found)
        except KeyboardInterrupt:
            kept = out is not None or options.endpoint is not None
            raise Interrupted(f"{_answers(found)} written", options.command if kept else "") from None
        found.use = opened.who.use()
        if found.failed and not found.answered and not found.before:
            message = f"none of {counted(found.rows, 'row')} has an answer"
            raise TaskError(Problem("LF128", message, "mend what is said above, and ask again"))
        for note in () if table is None else table.write():
            say(f"note: {note}")
    return found


def _new_rows(options: PredictOptions) -> Rows:
    skip = options.skip_bad_rows
    rows = new_rows(Path(options.input), sheet=options.sheet, skip_bad_rows=skip, place=command_place)
    warn(command_warnings(rows.warnings))
    return rows


def predict(
    task: str | Path,
    rows: Sequence[Row],
    *,
    run: str | None = None,
    adapter: str | None = None,
    base: bool = False,
    endpoint: EndpointOptions | None = None,
    runs_dir: str | None = None,
) -> list[dict[str, object]]:
    """Return the answers to rows (column → value), in their order, as the lines of `lfine predict` have them.

    Raises LfineError as `lfine predict` does; a row that a remote model does not answer has no prediction.
    """
    options = PredictOptions(runs_dir=runs_dir, run=run, adapter=adapter, base=base, endpoint=endpoint)
    refuse_several(options)
    made: dict[int, dict[str, object]] = {}
    with answerer_of(Path(task), options) as opened:
        asked = mapping_questions(rows, Wanted(opened.task))
        keys = {row.example.row_id: _key(opened, row) for row in asked}

        def each(told: Prediction) -> None:
            made[told.row_id] = line_of(told, {}, keys[told.row_id], opened.extract)

        opened.who.answers([row.example for row in asked], each)
        opened.who.use()
    return [made[row.example.row_id] for row in asked]


def _windows(
    options: PredictOptions, wanted: Wanted, most: int, *, rows: Rows | None, source: Source | None
) -> Iterator[Window]:
    """Yield rows as many at once as are best asked together, and no more than have come."""
    if rows is not None:
        asked = file_questions(rows, wanted, Path(options.input))
        if not asked:
            say(f"{options.input} has no rows")
        for start in range(0, len(asked), most):
            yield asked[start : start + most]
        return
    before = 0
    for lines in arriving(source or cast("Source", sys.stdin.buffer), most=most):
        yield [*line_questions(lines, wanted, after=before)]
        before += len(lines)


def _answer(window: Window, opened: Opened, lines: AnswerLines, found: Predicted) -> None:
    """Write a line for each row; those that the file has answered are not asked again."""
    asked: dict[int, tuple[NewRow, str]] = {}
    for row in window:
        found.rows += 1
        if isinstance(row, Misfit):
            print(row.problem.text(), file=sys.stderr)
            found.failed += 1
            lines.write(line_of(Prediction(row.row_id, "", None, finish_reason=FAILED), {}, "", opened.extract))
            continue
        key = _key(opened, row)
        if lines.has(row.example.row_id, key):
            found.before += 1
        else:
            asked[row.example.row_id] = (row, key)

    def each(told: Prediction) -> None:
        row, key = asked[told.row_id]
        lines.write(line_of(told, row.kept, key, opened.extract))
        if told.finish_reason == FAILED:
            found.failed += 1
        else:
            found.answered += 1

    if asked:
        opened.who.answers([row.example for row, _ in asked.values()], each)


def _key(opened: Opened, row: NewRow) -> str:
    return digest([opened.who.identity, row.example.row_id, to_json(opened.who.prompt(row.example))])


def _answers(found: Predicted) -> str:
    return f"{counted(found.answered, 'answer')} {'is' if found.answered == 1 else 'are'}"
