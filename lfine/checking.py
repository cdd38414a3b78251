"""`lfine data check`: a file's or a task's rows as the checks want them, and their report as text.

    check_path(Path("qa.csv"), Asked()) -> DataReport(rows=812, findings=(Finding("empty-answers", …), …), …)

A task's rows are read as training reads them, but nothing is refused for its answers. Of a file, columns are guessed
and said. Tokens are counted where the task's base model is here; nothing is fetched.

*Not here:* the checks (lfine.finetune.data.check), the page (lfine.data_page).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.finetune.data.check.checking import check
from lfine.finetune.data.check.records import DataReport, Finding
from lfine.finetune.data.check.subject import JOINT, Lengths, Subject
from lfine.finetune.data.columns import prepare_columns
from lfine.finetune.data.forms import MESSAGES
from lfine.finetune.data.guess.profiles import profiles
from lfine.finetune.data.guess.records import Choice, Wanted
from lfine.finetune.data.guess.roles import check_asked as check_columns
from lfine.finetune.data.guess.roles import roles_of
from lfine.finetune.data.outputs import Output, output_of
from lfine.finetune.data.pairs import Example, Examples, lazy_examples
from lfine.finetune.data.splits import SplitAssignment, assign_splits
from lfine.finetune.data.tables import Table, file_dataset, read_table
from lfine.finetune.data.values import number_of
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError, UsageError
from lfine.schemas.loading import LoadedTask
from lfine.schemas.problems import Problem
from lfine.schemas.task import Dataset, OutputFeature, OutputType, Split, SplitName
from lfine.schemas.template import columns as template_columns
from lfine.schemas.template import parse_template

TASK_SUFFIXES = (".yaml", ".yml")
NO_ANSWER = "output: no column is likely the answer; name it with --output"
_BATCH = 10_000  # rows tokenized at a time: only their lengths are kept


@dataclass(frozen=True)
class Asked:
    """What the command line says of a file; of a task only `difference` and `skip_bad_rows`."""

    validation: str | None = None
    test: str | None = None
    inputs: tuple[str, ...] = ()
    output: str | None = None
    split: str | None = None
    sheet: int | str | None = None
    difference: float = 0.05
    """The difference between two models that the test set should show, as a share."""
    skip_bad_rows: int = 0
    """Lines that may be left out because they are no rows."""


def check_path(path: Path, asked: Asked, *, overrides: Sequence[str] = ()) -> DataReport:
    """Check a data file (folder, pattern) or a task's data; raises as subject_of does."""
    return check(subject_of(path, asked, overrides=overrides))


def subject_of(path: Path, asked: Asked, *, overrides: Sequence[str] = ()) -> Subject:
    """Return what is checked of a data file (folder, pattern) or a task.

    Raises TaskError for what cannot be read, and UsageError (LF115) for columns that are not there, for options of a
    file with a task and for a difference that is no share.
    """
    check_asked(path, asked, overrides)
    return task_subject(path, asked, overrides) if is_task(path) else file_subject(path, asked)


def is_task(path: Path) -> bool:
    """Tell whether this is the name of a task file, and not of data."""
    return path.suffix.lower() in TASK_SUFFIXES


def check_asked(path: Path, asked: Asked, overrides: Sequence[str]) -> None:
    """Raise UsageError (LF115) for options that do not go together."""
    if not 0 < asked.difference < 1:
        message = f"--difference is in points of 100, more than 0 and less than 100, got {asked.difference * 100:g}"
        raise UsageError(Problem("LF115", message, "write for instance --difference 5"))
    if is_task(path):
        _only_of_files(asked)
    elif overrides:
        raise UsageError(Problem("LF115", "--set is for the keys of a task, and this is a data file", "leave it out"))


def _only_of_files(asked: Asked) -> None:
    given = {
        "--validation": asked.validation,
        "--test": asked.test,
        "--input": asked.inputs,
        "--output": asked.output,
        "--split": asked.split,
        "--sheet": asked.sheet,
    }
    said = [name for name, value in given.items() if value]
    if said:
        message = f"{listed(said)}: a task says this itself"
        raise UsageError(Problem("LF115", message, "leave it out, or override a key with --set"))


def file_subject(path: Path, asked: Asked) -> Subject:
    """Return the rows of a data file, its columns guessed where nobody says them."""
    return table_subject(
        path.name, read_table(checked_dataset(path, asked), Path(), skip_bad_rows=asked.skip_bad_rows), asked
    )


def table_subject(title: str, table: Table, asked: Asked) -> Subject:
    """Return the rows of a file that is read already."""
    splits, said = _file_splits(table, asked)
    notes = [f"form: {table.form.kind} ({table.form.reason})", said, *_warned(table.warnings)]
    if table.form.column is not None and not asked.inputs:
        found = lazy_examples(table, range(len(table.rows)), (), None, messages_column=MESSAGES)
        whole = Output(None, "text", (), "whole conversations")
        return _subject(title, table, splits, found, output=whole, asked=asked, notes=notes)
    column = splits.column if splits.type == "fixed" else None
    wanted = Wanted(asked.output, asked.inputs)
    check_columns(table.columns, wanted)
    roles = roles_of(table, profiles(table.columns, table.rows), wanted, split=column, guessed=False)
    feature = None if roles.output is None else OutputFeature(roles.output, None, None, None)
    output = output_of(table, splits, feature, needed=())
    inputs = roles.inputs.columns or tuple(name for name in table.columns if name not in (roles.output, column))
    found = lazy_examples(table, range(len(table.rows)), inputs, roles.output)
    notes += [_said(roles.inputs.choice), NO_ANSWER if roles.answer is None else _said(roles.answer)]
    notes += [f"answers: {output.type} ({output.reason})"] if roles.output else []
    return _subject(title, table, splits, found, output=output, asked=asked, notes=notes)


def _said(choice: Choice) -> str:
    return f"{choice.what}: {choice.value} ({choice.certainty}): {choice.why}"


def checked_dataset(path: Path, asked: Asked) -> Dataset:
    """Return the file as a task would name it."""
    separate = asked.validation is not None or asked.test is not None
    if separate and asked.split is not None:
        message = "--split names a column, and the splits are separate files"
        raise UsageError(Problem("LF115", message, "leave out --split, or --validation and --test"))
    one = file_dataset(str(path), sheet=asked.sheet)
    if not separate:
        return one
    return replace(one, path=None, train=str(path), validation=asked.validation, test=asked.test)


def _file_splits(table: Table, asked: Asked) -> tuple[SplitAssignment, str]:
    """Return the split that files or a column say; else all rows are train, which is said."""
    split = Split("fixed" if asked.split else None, asked.split, (0.8, 0.1, 0.1), 42)
    train: SplitName = "train"
    everything = (train,) * len(table.rows)
    whole = SplitAssignment(everything, "files", None, "nothing says the split")
    if table.given_splits is None and asked.split is None and "split" not in table.columns:
        return whole, "split: nothing says it, and every row counts as train; a task would divide them 80/10/10 by hash"
    try:
        found = assign_splits(table, split, needed=())
    except TaskError as error:
        if asked.split is not None:
            raise
        return whole, f"split: {error.problems[0].message}; every row counts as train"
    return found, f"split: {found.reason}"


def task_subject(path: Path, asked: Asked, overrides: Sequence[str] = ()) -> Subject:
    """Return the rows of a task's data as training would see them."""
    from lfine.validating import checked_task

    skip = asked.skip_bad_rows
    loaded, warned = checked_task(path, overrides, skip_bad_rows=skip)
    read = read_table(loaded.task.dataset, loaded.folder, skip_bad_rows=skip, place=loaded.problem)
    return loaded_subject(loaded, read, asked, warned=warned)


def loaded_subject(
    loaded: LoadedTask, read: Table, asked: Asked, *, warned: Sequence[Problem] = (), tokens: bool = True
) -> Subject:
    """Return the rows of a task that are read already; tokens are counted only where they are asked for."""
    task, place = loaded.task, loaded.problem
    table = prepare_columns(read, task.dataset.columns, place=place)
    feature = task.output_feature
    name = None if feature is None else feature.name
    splits = assign_splits(table, task.preprocessing.split, needed=(), output_column=name, content=read, place=place)
    output = output_of(table, splits, _guessable(feature), needed=(), place=place)
    shown = () if task.prompt.template is None else template_columns(parse_template(task.prompt.template))
    said = task.prompt.messages
    found = lazy_examples(table, range(len(table.rows)), shown, name, messages_column=said, place=place)
    notes = [f"split: {splits.reason}", f"answers: {output.type} ({output.reason})"]
    notes += _warned((*warned, *table.warnings))
    training = found.chosen(splits.rows("train"))
    lengths, how = _token_lengths(loaded, training) if tokens else (None, "lengths in characters")
    subject = _subject(task.name, table, splits, found, output=output, asked=asked, notes=[*notes, how])
    wanted = task.evaluation
    return replace(subject, lengths=lengths, scored=wanted.sample_size, scored_split=wanted.split, divided=True)


def _guessable(feature: OutputFeature | None) -> OutputFeature | None:
    """Return the feature without its schema and what else refuses rows: they are looked at, not learned."""
    return None if feature is None else replace(feature, schema=None)


def _warned(warnings: Iterable[Problem]) -> list[str]:
    return [problem.message for problem in warnings]


def _subject(
    title: str,
    table: Table,
    splits: SplitAssignment,
    found: Examples,
    *,
    output: Output,
    asked: Asked,
    notes: Sequence[str],
) -> Subject:
    texts = [(_input(example), example.answer) for example in found]  # the rows may be read from disk: once
    first = found[0] if texts else None
    whole = first is not None and first.turns is not None
    answers = [answer for _, answer in texts] if output.name is not None or whole else None
    return Subject(
        title=title,
        files=tuple(file.name for file in table.files),
        columns=table.columns,
        rows=table.rows,
        inputs=[text for text, _ in texts],
        answers=answers,
        splits=splits.names,
        input_columns=() if first is None else tuple(first.values),
        output_column=output.name,
        kind=_kind(output, answers),
        divided=len(set(splits.names)) > 1,
        difference=asked.difference,
        notes=tuple(notes),
    )


def _kind(output: Output, answers: Sequence[str] | None) -> OutputType:
    """Return the type of the answers; a guessed text that is a number in every row is one."""
    if output.type == "text" and answers and all(number_of(answer) is not None for answer in answers if answer):
        return "number"
    return output.type


def _input(example: Example) -> str:
    """Return what the model reads: the columns of the prompt, or all turns before the last answer."""
    if example.turns is None:
        return JOINT.join(example.values.values())
    last = max((at for at, turn in enumerate(example.turns) if turn.role == "assistant"), default=len(example.turns))
    return JOINT.join(f"{turn.role}: {turn.content}" for turn in example.turns[:last])


def _token_lengths(loaded: LoadedTask, training: Examples) -> tuple[Lengths | None, str]:
    """Return tokens of the training rows where the base model is here; why not, otherwise."""
    from lfine.finetune.catalogue.sources import local_folder, resolve_source

    try:
        folder = local_folder(resolve_source(loaded.task.base_model, loaded.folder))
    except TaskError as error:
        return None, f"lengths in characters: {error.problems[0].message}"
    if folder is None:
        return None, f"lengths in characters: the base model {loaded.task.base_model.id} is not here"
    return _counted(loaded, folder, training)


def _counted(loaded: LoadedTask, folder: Path, training: Examples) -> tuple[Lengths | None, str]:
    from lfine.extras import require_compiling
    from lfine.finetune.catalogue.cards import read_card
    from lfine.finetune.catalogue.rendering import Renderer
    from lfine.finetune.catalogue.tokens import read_tokenizer
    from lfine.finetune.compile.lengths import encode
    from lfine.finetune.compile.notes import Notes
    from lfine.finetune.compile.passes import decide_length

    require_compiling()
    task = loaded.task
    renderer = Renderer(
        template=task.prompt.template,
        system=task.prompt.system,
        chat=task.prompt.chat,
        tokenizer=read_tokenizer(folder),
        shots=(),
        loss_on=task.prompt.loss_on,
    )
    lengths: list[int] = []
    for start in range(0, len(training), _BATCH):
        lengths += [row.length for row in encode(training[start : start + _BATCH], renderer, place=loaded.problem)]
    limit = decide_length(task, lengths, read_card(folder), Notes(loaded.origin))
    cut = tuple(row for row, length in zip(training.row_ids, lengths, strict=True) if length > limit)
    few = " (without the few-shot examples)" if task.prompt.examples.count else ""
    return Lengths(tuple(lengths), "tokens", limit, cut), f"lengths in tokens of {task.base_model.id}{few}"


def report_text(report: DataReport) -> str:
    """Return the report for a terminal."""
    parts = ", ".join(f"{name} {n:,}" for name, n in report.split_rows.items())
    head = [f"{report.title}: {counted(report.rows, 'row')}, {parts}", *(f"  {note}" for note in report.notes)]
    return "\n".join([*head, *(line for finding in report.findings for line in _finding(finding)), "", _sum(report)])


def _finding(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"{finding.severity}  {finding.name}"
    yield f"   {finding.message}"
    if finding.pairs:
        yield f"   rows: {_listed([f'{row} = {twin}' for row, twin in finding.pairs], finding.count)}"
    elif finding.row_ids:
        yield f"   rows: {_listed(finding.row_ids, finding.count)}"
    yield from (f"     {example}" for example in finding.examples)
    yield f"   cure: {finding.cure}"


def _listed(items: Sequence[object], count: int) -> str:
    shown = ", ".join(str(item) for item in items[:5])
    return f"{shown} and {count - 5:,} more" if count > 5 else shown


def _sum(report: DataReport) -> str:
    counts = [sum(finding.severity == level for finding in report.findings) for level in ("error", "warning", "note")]
    errors, warnings, notes = counts
    return f"{counted(errors, 'error')}, {counted(warnings, 'warning')}, {counted(notes, 'note')} (rows from 0)"
