"""A whole guess, from the rows of a file: form, answer, inputs, split, type and metric, each with its reasons.

    guess(table, Wanted(output="label")) -> Guess(output="label", inputs=("text",), choices=(Choice(…), …), …)

*Not here:* reading the file (lfine.finetune.data.guess.sampling), writing the task (lfine.starting).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from lfine.evaluation.metrics.checking import check_metrics
from lfine.finetune.data.forms import MESSAGES
from lfine.finetune.data.guess.divisions import FEWEST, division_of
from lfine.finetune.data.guess.inputs import Inputs
from lfine.finetune.data.guess.kinds import Context, answer_of_column, metrics_of
from lfine.finetune.data.guess.outputs import Profiles
from lfine.finetune.data.guess.profiles import profiles
from lfine.finetune.data.guess.records import Answer, Choice, Division, Guess, Metrics, Wanted
from lfine.finetune.data.guess.roles import FEW_ROWS, check_asked, roles_of
from lfine.finetune.data.tables import Table
from lfine.finetune.data.totals import total_row
from lfine.finetune.data.values import signed_number, text_or_nothing
from lfine.finetune.data.wording import counted, listed, quoted
from lfine.schemas.errors import TaskError, UsageError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice, OutputType

HEADER_WORDS, HEADER_LENGTH = 8, 60
"""Words or characters of a column's name from which it is hardly one."""


def guess(table: Table, wanted: Wanted) -> Guess:
    """Return what a task says of these rows.

    Raises UsageError (LF115 a column that is not there, LF209 … of --metric), TaskError (LF354 no column can be the
    answer, LF355 none can be the input, LF356 the first row stands where the header should).
    """
    check_asked(table.columns, wanted)
    if wanted.output is None:
        _check_header(table)
    asked = (wanted.output, *wanted.inputs)  # what is learned or shown does not say the split
    division, split = division_of([name for name in table.columns if name not in asked], table.rows)
    if table.form.column is not None and wanted.output is None:
        return _conversations(table, division, split, wanted)
    found = profiles(table.columns, table.rows)
    by = division.column
    roles = roles_of(table, found, wanted, split=by)
    if roles.answer is None:
        raise TaskError(_no_answer(table, found, by))
    output, chosen, inputs = roles.answer.value, roles.answer, roles.inputs
    if not inputs.columns:
        raise TaskError(_no_input(table, found, output, by))
    context = Context([found[name] for name in inputs.columns], found, inputs.options)
    texts = [text_or_nothing(row[output]) for row in table.rows]
    answer = answer_of_column(found[output], texts, context)
    metrics, metric = _metrics(answer, output, context, wanted)
    form = Choice("form", table.form.kind, "sure", table.form.reason)
    choices = (form, chosen, inputs.choice, _type_choice(answer, found[output].distinct), split, metric)
    notes = (*_notes(table, output, texts, answer, division), *_apart(table, inputs, division))
    return Guess(
        table.form.kind, len(table.rows), table.columns, found, output, inputs.columns, answer, division, metrics,
        inputs.options, choices, notes, _left(inputs),
    )  # fmt: skip


def _check_header(table: Table) -> None:
    """Refuse names that are a row: a sentence, or a value that stands in the column below it again and again."""
    odd = [name for name in table.columns if len(name) > HEADER_LENGTH or len(name.split()) > HEADER_WORDS]
    odd = odd or ([name for name in table.columns if _is_number(name)] if len(table.columns) > 1 else [])
    odd = odd or [name for name in table.columns if sum(row[name] == name for row in table.rows[:1000]) >= 2]
    if odd:
        message = (
            f"the first row stands where the names of the columns should: {listed([quoted(name) for name in odd])}"
        )
        cure = (
            "begin the file with a row of names, for instance text,label; if these are the names, say --output COLUMN"
        )
        raise TaskError(Problem("LF356", message, cure, file=table.files[0].name, line=1))


def _is_number(name: str) -> bool:
    return name.strip().replace(".", "", 1).replace("-", "", 1).isdecimal()


def _no_answer(table: Table, found: Profiles, split: str | None) -> Problem:
    each = [f"{quoted(name)} {_what_it_is(name, found, split)}" for name in table.columns]
    message = f"no column can be the answer: {listed(each, shown=10)}"
    cure = "add a column with the right answer of each row; or name one of these with --output COLUMN"
    return Problem("LF354", message, cure, file=table.files[0].name)


def _what_it_is(name: str, found: Profiles, split: str | None) -> str:
    one = found[name]
    if name == split:
        return "says the split"
    if one.kind == "empty":
        return "is empty"
    if one.constant:
        return "is the same in every row"
    return "is an id" if one.is_id else "holds dates" if one.kind == "date" else "gives the answer away"


def _no_input(table: Table, found: Profiles, output: str, split: str | None) -> Problem:
    others = [f"{quoted(name)} {_what_it_is(name, found, split)}" for name in table.columns if name != output]
    message = f"no column can be the input of the answer {output!r}: {listed(others, shown=10) or 'it is alone'}"
    cure = "add a column with what the model shall read; or name one with --input COLUMN, and the answer with --output"
    return Problem("LF355", message, cure, file=table.files[0].name)


def _type_choice(answer: Answer, distinct: int) -> Choice:
    value: str = answer.type
    if answer.manner == "choice":
        return Choice("type", value, "sure", "it names one of several choices")
    if answer.type == "category":
        return Choice(
            "type", value, "likely" if distinct > FEW_ROWS else "sure", f"{distinct} values that recur", ("text",)
        )
    why = {
        "number": "numbers", "sql": "SQL queries", "entities": "JSON that names texts of the input", "json": "JSON",
        "list": "lists of texts, learned with commas between them", "code": "programs",
        "steps": "texts that end in a number", "span": "parts of the input",
    }.get(answer.manner, "texts that hardly recur")  # fmt: skip
    return Choice("type", value, "likely" if answer.manner in ("number", "list") else "sure", why)


def _metrics(answer: Answer, output: str, context: Context, wanted: Wanted) -> tuple[Metrics, Choice]:
    found = metrics_of(answer, context.columns[output], context)
    if wanted.metric is not None:
        return _asked_metric(wanted.metric, answer.type, found.metrics), Choice(
            "metric", wanted.metric, "sure", "as asked"
        )
    name = metric_name(found.metrics.entries[0])
    return found.metrics, Choice("metric", name, found.certainty, found.why, found.others)


def metric_name(entry: str | tuple[tuple[str, object], ...]) -> str:
    """Return the name of a metric, whichever form it has."""
    return entry if isinstance(entry, str) else str(dict(entry)["name"])


def _asked_metric(name: str, kind: OutputType, found: Metrics) -> Metrics:
    """Return the metrics with the one that is asked for; UsageError where it does not fit."""
    entry = next((each for each in found.entries if metric_name(each) == name), name)
    given = dict.fromkeys(MetricChoice.__dataclass_fields__)
    keys = {"name": entry} if isinstance(entry, str) else dict(entry)
    problems = check_metrics((MetricChoice(**{**given, **keys}),), kind, path="--metric")  # type: ignore[arg-type]
    if problems:
        raise UsageError(*(Problem(each.code, each.message, each.cure) for each in problems))
    return replace(found, entries=(entry,), references=None, choices=None)


def _conversations(table: Table, division: Division, split: Choice, wanted: Wanted) -> Guess:
    """Return the guess for whole conversations, whose last answer is scored."""
    if wanted.inputs:
        message = "--input names columns of a prompt, and the rows are whole conversations"
        raise UsageError(Problem("LF115", message, "leave it out; or name --output too, to learn one column"))
    answer = Answer("text", "text")
    found = Metrics(("rouge",))
    metrics = found if wanted.metric is None else _asked_metric(wanted.metric, "text", found)
    choices = (
        Choice("form", table.form.kind, "sure", table.form.reason),
        Choice("messages", MESSAGES, "sure", "every turn of the assistant is learned, the last one scored"),
        split,
        Choice(
            "metric",
            metric_name(metrics.entries[0]),
            "likely" if wanted.metric is None else "sure",
            "answers are texts",
        ),
    )
    notes = _few(table)
    return Guess(
        table.form.kind, len(table.rows), table.columns, {}, None, (MESSAGES,), answer, division, metrics, None,
        choices, notes,
    )  # fmt: skip


def _notes(table: Table, output: str, texts: Sequence[str], answer: Answer, division: Division) -> tuple[str, ...]:
    notes = [*_few(table)]
    empty = [row for row, text in enumerate(texts) if not text]
    if empty:
        rows, file = f"{counted(len(empty), 'row')} (from 0: {listed(empty)})", _file(table)
        notes.append(f"{rows} without an answer in `{output}`: lfine data check {file} --fix NEW_FILE leaves them out")
    total = total_row(table.columns, table.rows)
    if total is not None:
        notes.append(f"{total.message}; {total.cure}")
    if answer.decimal is not None:
        first = next(filter(None, texts))
        read = f"dataset.columns reads them as numbers, {first} as {signed_number(first, ',')}"
        notes.append(f"`{output}` holds numbers with a decimal comma: {read}")
    if not division.trains:
        notes.append("there are no training rows: the task can be evaluated, not trained")
    repeated = len(table.rows) - len({tuple(map(text_or_nothing, row.values())) for row in table.rows})
    if repeated:
        notes.append(f"{counted(repeated, 'row')} repeated word for word: lfine data check {_file(table)} shows them")
    return tuple(notes)


def _file(table: Table) -> str:
    """Return the data as a command names them, where they are one file of the working folder or a path to it."""
    return shlex.quote(table.files[0].name) if len(table.files) == 1 else "FILE"


def _apart(table: Table, inputs: Inputs, division: Division) -> tuple[str, ...]:
    """Say where equal inputs could come to stand on two sides: only a column keeps them together."""
    if division.column is not None or len(inputs.columns) != 1 or len(table.rows) < FEWEST:
        return ()
    (name,) = inputs.columns
    again = len(table.rows) - len({text_or_nothing(row[name]) for row in table.rows})
    if not again:
        return ()
    side = f"preprocessing.split: {{type: group, column: {name}}} keeps equal ones on one side"
    return (f"{counted(again, 'row')} with an input that stood before: {side}",)


def _few(table: Table) -> tuple[str, ...]:
    n = len(table.rows)
    return (f"{counted(n, 'row')}: a model learns little from fewer than {FEW_ROWS}",) if n < FEW_ROWS else ()


def _left(inputs: Inputs) -> tuple[str, ...]:
    return tuple(f"`{name}` is not shown to the model: {why}" for name, why in inputs.left)
