"""What a plan is decided from: the rows, their splits, the output, the base model's card and the one renderer.

    prepare(task, folder, model_folder=Path("…")) -> Prepared(table, splits, output, model, warnings)

`evaluate` prepares from the task half that a run's plan.json holds, so it sees what training saw.

*Not here:* deciding (lfine.finetune.compile.passes), loading weights (lfine.finetune.models).
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.evaluation.records import Prediction
from lfine.finetune.catalogue.cards import ModelCard, read_card
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import Tokenizer, read_tokenizer
from lfine.finetune.compile.few_shot import shown_rows
from lfine.finetune.data.answers import read_answer_schema
from lfine.finetune.data.columns import prepare_columns
from lfine.finetune.data.held_out import HeldOut, held_out_sample
from lfine.finetune.data.judging import further_answers, label_texts
from lfine.finetune.data.outputs import Output, output_of
from lfine.finetune.data.overlap import split_overlap
from lfine.finetune.data.pairs import Example, Examples, lazy_examples
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.samples import training_sample
from lfine.finetune.data.splits import NAMES, SplitAssignment, assign_splits
from lfine.finetune.data.tables import Table, read_table
from lfine.finetune.data.values import content_hash
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import SplitName, Task
from lfine.schemas.template import columns, parse_template


@dataclass(frozen=True)
class PreparedRows:
    """The data half: needs no model."""

    task: Task
    read: Table
    """The rows as they were read. Split and held-out sample hash these, so that making a column another way moves no
    row to another side."""
    table: Table
    """The same rows with the columns that `dataset.columns` makes."""
    splits: SplitAssignment
    output: Output
    """Of all training rows, the sample or not."""
    sample: tuple[int, ...]
    """The training rows that `preprocessing.sample_ratio` leaves, ascending."""
    template_columns: tuple[str, ...]
    """Empty for conversations."""
    warnings: tuple[Problem, ...]
    place: Place = unplaced
    """How to speak of a key's place in the task file."""

    def row_ids(self, split: SplitName) -> list[int]:
        """Return the rows of one split in the order of the data; of the training rows those that are used."""
        return list(self.sample if split == "train" else self.splits.rows(split))

    def examples(self, split: SplitName) -> Examples:
        """Return the rows of one split as template values and answer, or as conversations, made when asked for."""
        return self.checked(array("q", self.row_ids(split)))

    def examples_of(self, row_ids: Collection[int]) -> list[Example]:
        """Return given rows as template values and answer, or as conversations, in the order given."""
        return list(self.checked([*row_ids]))

    def checked(self, row_ids: Sequence[int]) -> Examples:
        """Return given rows as examples to come; TaskError for columns that are not there and bad conversations."""
        messages, place = self.task.prompt.messages, self.place
        column = self.output.name
        return lazy_examples(self.table, row_ids, self.template_columns, column, messages_column=messages, place=place)

    def held_out(self) -> HeldOut:
        """Return the fixed held-out sample that the task's evaluation asks for."""
        wanted = self.task.evaluation
        return held_out_sample(
            self.read,
            self.splits,
            split=wanted.split,
            sample_size=wanted.sample_size,
            seed=wanted.seed,
        )

    def complete(self, predictions: Sequence[Prediction]) -> list[Prediction]:
        """Add what the task judges these rows by besides their gold answer; TaskError LF201, LF316."""
        wanted, place, found = self.task.evaluation, self.place, list(predictions)
        row_ids = [each.row_id for each in found]
        if wanted.references is not None:
            further = further_answers(self.table, row_ids, wanted.references, place=place)
            found = [replace(each, references=texts) for each, texts in zip(found, further, strict=True)]
        if wanted.choices is not None:
            named = label_texts(self.table, row_ids, wanted.choices, self.output.labels, place=place)
            found = [replace(each, choices=texts) for each, texts in zip(found, named, strict=True)]
        return found

    def content_hashes(self, split: SplitName) -> list[str]:
        """Return the hash of what each row of a split holds, made columns too, in the order of the data."""
        names = self.splits.content_columns(self.table)
        return [content_hash(self.table.rows[row_id], names, 0).hex() for row_id in self.row_ids(split)]


@dataclass(frozen=True)
class PreparedModel:
    """The model half: its card, tokenizer and the renderer of every stage."""

    folder: Path
    card: ModelCard
    tokenizer: Tokenizer
    renderer: Renderer


@dataclass(frozen=True)
class Prepared:
    rows: PreparedRows
    model: PreparedModel


def prepare_rows(
    task: Task,
    folder: Path,
    *,
    needed: Collection[SplitName] = ("train", "test"),
    skip_bad_rows: int = 0,
    place: Place = unplaced,
) -> PreparedRows:
    """Read the data, divide them and find the output; TaskError with every problem of the first stage that has one,
    and with what was said of the files: how they were read may be why."""
    read = read_table(task.dataset, folder, skip_bad_rows=skip_bad_rows, place=place)
    try:
        return _divided(task, folder, read, needed, place=place)
    except TaskError as error:
        raise TaskError(*error.problems, *read.warnings) from error


def without_rows(task: Task, output: Output, place: Place = unplaced) -> PreparedRows:
    """Return the data half of a task whose rows are not read: for a prompt that shows none of them."""
    named = () if task.prompt.template is None else columns(parse_template(task.prompt.template))
    there = [*named, output.name, task.prompt.messages]
    nothing = Table(tuple(dict.fromkeys(name for name in there if name is not None)), (), (), None)
    splits = SplitAssignment((), "fixed", None, "no row is read")
    return PreparedRows(task, nothing, nothing, splits, output, (), named, (), place)


def _divided(task: Task, folder: Path, read: Table, needed: Collection[SplitName], *, place: Place) -> PreparedRows:
    table = prepare_columns(read, task.dataset.columns, place=place)
    feature, preprocessing = task.output_feature, task.preprocessing
    schema = read_answer_schema(feature, folder, place=place)
    splits = assign_splits(
        table,
        preprocessing.split,
        needed=needed,
        output_column=None if feature is None else feature.name,
        content=read,
        place=place,
    )
    output = output_of(table, splits, feature, needed=needed, schema=schema, place=place)
    prepared = PreparedRows(
        task=task,
        read=read,
        table=table,
        splits=splits,
        output=output,
        sample=training_sample(read, splits, ratio=preprocessing.sample_ratio, seed=preprocessing.split.seed),
        template_columns=() if task.prompt.template is None else columns(parse_template(task.prompt.template)),
        warnings=(*table.warnings, *splits.warnings, *output.warnings),
        place=place,
    )
    _check_rows(prepared, needed)
    return replace(prepared, warnings=(*prepared.warnings, *_overlap(prepared, needed)))


def _overlap(rows: PreparedRows, needed: Collection[SplitName]) -> tuple[Problem, ...]:
    """Warn of rows to score that read like a training row, unless the split has said so of whole rows."""
    scored = rows.task.evaluation.split
    if scored not in needed or any(each.code == "LF323" for each in rows.warnings):
        return ()
    return split_overlap(rows.examples("train"), rows.examples(scored), split=scored, place=rows.place)


def _check_rows(rows: PreparedRows, needed: Collection[SplitName]) -> None:
    """Raise TaskError for columns that the prompt lacks, and for cells that are no conversation."""
    conversations = rows.task.prompt.messages is not None
    rows.checked([row_id for split in NAMES if conversations and split in needed for row_id in rows.row_ids(split)])


def prepare_model(task: Task, model_folder: Path, rows: PreparedRows) -> PreparedModel:
    """Read the base model's configuration and tokenizer; no weights, no torch. The rows are those of the same task.

    Raises TaskError for few-shot examples that are not there (see few_shot) and for conversations without chat (LF240).
    """
    tokenizer = read_tokenizer(model_folder)
    if task.prompt.messages is not None and tokenizer.chat_template is None:
        message = "prompt.messages gives conversations, and the base model has no chat template to write them with"
        cure = "use a model with a chat template (often the one called instruct), or prompt.template"
        raise TaskError(rows.place("LF240", "prompt.messages", message, cure))
    renderer = Renderer(
        template=task.prompt.template,
        system=task.prompt.system,
        chat=task.prompt.chat,
        tokenizer=tokenizer,
        shots=rows.examples_of(shown_rows(rows)),
        loss_on=task.prompt.loss_on,
    )
    return PreparedModel(model_folder, read_card(model_folder), tokenizer, renderer)
