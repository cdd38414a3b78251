"""What a plan is decided from: the rows, their splits, the output, the base model's card and the one renderer.

    prepare(task, folder, model_folder=Path("…")) -> Prepared(table, splits, output, model, warnings)

`evaluate` prepares from the task half that a run's plan.json holds, so it sees what training saw.

*Not here:* deciding (lfine.finetune.compile.passes), loading weights (lfine.finetune.models).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.catalogue.cards import ModelCard, read_card
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import Tokenizer, read_tokenizer
from lfine.finetune.data.held_out import HeldOut, held_out_sample
from lfine.finetune.data.outputs import Output, output_of
from lfine.finetune.data.pairs import Example, examples
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.splits import SplitAssignment, assign_splits
from lfine.finetune.data.tables import Table, read_table
from lfine.finetune.data.values import content_hash
from lfine.schemas.problems import Problem
from lfine.schemas.task import SplitName, Task
from lfine.schemas.template import columns, parse_template


@dataclass(frozen=True)
class PreparedRows:
    """The data half: needs no model."""

    task: Task
    table: Table
    splits: SplitAssignment
    output: Output
    template_columns: tuple[str, ...]
    warnings: tuple[Problem, ...]
    place: Place = unplaced
    """How to speak of a key's place in the task file."""

    def row_ids(self, split: SplitName) -> list[int]:
        """Return the rows of one split in the order of the data."""
        return [row_id for row_id, name in enumerate(self.splits.names) if name == split]

    def examples(self, split: SplitName) -> list[Example]:
        """Return the rows of one split as template values and answer."""
        return self.examples_of(self.row_ids(split))

    def examples_of(self, row_ids: Collection[int]) -> list[Example]:
        """Return given rows as template values and answer, in the order given."""
        return list(examples(self.table, row_ids, self.template_columns, self.task.output_feature.name))

    def held_out(self) -> HeldOut:
        """Return the fixed held-out sample that the task's evaluation asks for."""
        wanted = self.task.evaluation
        return held_out_sample(
            self.table,
            self.splits,
            split=wanted.split,
            sample_size=wanted.sample_size,
            seed=wanted.seed,
            place=self.place,
        )

    def content_hashes(self, split: SplitName) -> list[str]:
        """Return the content hash of each row of a split, in the order of the data."""
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
    task: Task, folder: Path, *, needed: Collection[SplitName] = ("train", "test"), place: Place = unplaced
) -> PreparedRows:
    """Read the data, divide them and find the output; TaskError with every problem of the first stage that has one."""
    table = read_table(task.dataset, folder, place=place)
    splits = assign_splits(table, task.preprocessing.split, needed=needed, place=place)
    output = output_of(table, splits, task.output_feature, needed=needed, place=place)
    template_columns = tuple(columns(parse_template(task.prompt.template)))
    examples(table, [], template_columns, task.output_feature.name, place=place)
    warnings = (*table.warnings, *output.warnings)
    return PreparedRows(task, table, splits, output, template_columns, warnings, place)


def prepare_model(task: Task, model_folder: Path) -> PreparedModel:
    """Read the base model's configuration and tokenizer; no weights, no torch."""
    tokenizer = read_tokenizer(model_folder)
    renderer = Renderer(
        template=task.prompt.template, system=task.prompt.system, chat=task.prompt.chat, tokenizer=tokenizer
    )
    return PreparedModel(model_folder, read_card(model_folder), tokenizer, renderer)
