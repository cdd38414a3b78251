"""Who answers new rows: the model of a run, an adapter, the base model, or a model somewhere else, ready to be asked.

    with answerer_of(Path("task.yaml"), options) as who:
        who.answers([Example(0, {"question": "…"}, "")], each=print)      # Prediction(row_id=0, …)

The data of the task are read only where they must be: where there is no run, or where its rows stand in every prompt.

*Not here:* rows (lfine.finetune.data.questions), lines (lfine.answer_lines), the held-out sample (lfine.evaluating).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lfine.choosing import Choice, adapter_folder, run_folder, source_of
from lfine.compiling import compile_file, place_of, say
from lfine.endpoints import Correspondent, EndpointOptions, Sheet
from lfine.evaluation.extraction import extractor
from lfine.evaluation.records import EndpointUse, Prediction
from lfine.finetune.compile.compiling import Source, plan_generation
from lfine.finetune.compile.endpoint_plan import endpoint_generation
from lfine.finetune.compile.files import read_plan, weights_folder
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import GenerationPlan, Plan, TrainingPlan, training_hash
from lfine.finetune.compile.prepare import Prepared, PreparedModel, PreparedRows, prepare_rows, without_rows
from lfine.finetune.data.answers import read_answer_schema
from lfine.finetune.data.outputs import Output
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.wording import counted, listed
from lfine.reopening import reopen_model
from lfine.runs import read_run
from lfine.schemas.loading import LoadedTask, load_task
from lfine.schemas.records import digest, to_json
from lfine.schemas.task import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from lfine.finetune.generate.local_answers import Asking, TextAnswer

BATCHES = 8
"""Generation batches whose rows are sorted by length together."""
REQUESTS = 64
"""Requests for each of those under way at once that are handed on together."""
FAILED = "failed"
"""The finish_reason of a row that has no answer; the next command asks it again."""
Heard = Callable[[Prediction], object]


class AnswererOptions(Choice, Protocol):
    """What of the options says who answers."""

    @property
    def overrides(self) -> Sequence[str]: ...
    @property
    def endpoint(self) -> EndpointOptions | None: ...
    @property
    def allow_code(self) -> bool: ...
    @property
    def skip_bad_rows(self) -> int: ...
    @property
    def command(self) -> str: ...
    @property
    def confident(self) -> bool: ...


class Answerer(Protocol):
    """A model that can be asked again and again."""

    identity: str
    """Hash of all that decides an answer but the row."""
    most: int
    """Rows that are best handed over at once."""

    def prompt(self, example: Example) -> object:
        """Return what would be asked."""

    def answers(self, examples: Sequence[Example], each: Heard) -> None:
        """Answer every row; `each` gets an answer as it comes, one without a text where there is none."""

    def use(self) -> EndpointUse | None:
        """Return what the answers took elsewhere."""


@dataclass(frozen=True)
class Opened:
    """Who answers, and how the answer is read."""

    task: Task
    """As the run settled it."""
    name: str
    """Who answers, for people: `the adapter of runs/topics/20261129T101500Z`."""
    who: Answerer
    extract: Callable[[str | None], str | None] | None
    """None: all of the prediction counts."""
    output: Output
    """The column that is answered."""


@contextmanager
def answerer_of(path: Path, options: AnswererOptions) -> Iterator[Opened]:
    """Yield who answers; nothing is loaded yet but the tokenizer. Raises as `lfine evaluate` does."""
    loaded = load_task(path, options.overrides)
    if options.endpoint is not None:
        with _remote(loaded, options, options.endpoint) as opened:
            yield opened
        return
    run = run_folder(loaded.task, options)
    with ExitStack() as speaking:
        yield _compiled(path, options, speaking) if run is None else _of_run(loaded, run, options, speaking)


def _of_run(loaded: LoadedTask, run: Path, options: AnswererOptions, speaking: ExitStack) -> Opened:
    plan = read_plan(run / "plan.json")
    source = source_of(loaded, plan)
    rows = _rows(source, run, plan, options)
    prepared = Prepared(rows, reopen_model(run, plan, source, rows, allow_code=options.allow_code))
    generation = plan_generation(source, prepared, plan.training.length, this_machine(), Notes(loaded.origin))
    adapter = None if options.base else weights_folder(run, plan.training)
    who = _Local(plan.training, generation, prepared.model, adapter, labels=rows.output.labels, speaking=speaking)
    return _opened(source.task, rows, who, None if adapter is None else f"the {adapter.name} of {run}", options)


def _compiled(path: Path, options: AnswererOptions, speaking: ExitStack) -> Opened:
    """For a base model or an adapter without a run: the task file compiled afresh, from its data."""
    compiled = compile_file(
        path,
        options.overrides,
        fetch=True,
        allow_code=options.allow_code,
        skip_bad_rows=options.skip_bad_rows,
        score_only=True,
    )
    plan, prepared = compiled.plan, compiled.prepared
    if plan.evaluation.generation is None:
        raise ValueError("an evaluation plan without generation cannot answer")
    adapter = None if options.adapter is None else adapter_folder(Path(options.adapter))
    labels = plan.evaluation.labels
    generation = plan.evaluation.generation
    who = _Local(plan.training, generation, prepared.model, adapter, labels=labels, speaking=speaking)
    weights = None if adapter is None else f"the adapter {adapter} on {_base(plan.task)}"
    return _opened(plan.task, prepared.rows, who, weights, options)


def _opened(task: Task, rows: PreparedRows, who: _Local, weights: str | None, options: AnswererOptions) -> Opened:
    """Return a model on this machine; `weights` None: the base model's own."""
    who.confident = options.confident and task.generation.probabilities is not False
    return Opened(task, weights or _base(task), who, _extract(task, rows), rows.output)


def _base(task: Task) -> str:
    return f"the base model {task.base_model.id}"


@contextmanager
def _remote(loaded: LoadedTask, options: AnswererOptions, endpoint: EndpointOptions) -> Iterator[Opened]:
    """For a model that is not here, asked as the task's run was trained where there is one."""
    run = run_folder(loaded.task, options)
    longest = None
    if run is None:
        source = Source(loaded.task, loaded.folder, loaded.origin, place_of(loaded))
        skip = options.skip_bad_rows
        rows = prepare_rows(source.task, source.folder, needed=(), skip_bad_rows=skip, place=source.place)
    else:
        plan = read_plan(run / "plan.json")
        source, longest = source_of(loaded, plan), plan.training.length.longest_completion
        rows = _rows(source, run, plan, options, shots=endpoint.few_shot)
    generation = endpoint_generation(source, rows, Notes(loaded.origin), longest_completion=longest)
    with tempfile.TemporaryDirectory() as folder:
        sheet = Sheet(rows, generation, rows.output.labels, source.folder, Path(folder), options.command)
        with Correspondent(sheet, endpoint) as remote:
            who, name = _Remote(remote, endpoint.pace.concurrency), f"{remote.form.model} at {remote.form.address.url}"
            yield Opened(source.task, name, who, _extract(source.task, rows), rows.output)


def _rows(source: Source, run: Path, plan: Plan, options: AnswererOptions, *, shots: int | None = None) -> PreparedRows:
    """Return the data half: the rows themselves only where some of them stand in every prompt."""
    task, examples = source.task, source.task.prompt.examples
    if shots or examples.count or examples.row_ids:
        skip = options.skip_bad_rows or read_run(run).data.skip_bad_rows
        return prepare_rows(task, source.folder, needed=(), skip_bad_rows=skip, place=source.place)
    data = plan.training.data
    schema = read_answer_schema(task.output_feature, source.folder, place=source.place)
    text = None if schema is None else schema.text
    output = Output(data.output_column, plan.evaluation.output_type, data.labels, "as in training", schema=text)  # type: ignore[arg-type] # plan.json holds it as text
    return without_rows(task, output, source.place)


def _extract(task: Task, rows: PreparedRows) -> Callable[[str | None], str | None] | None:
    extract = task.evaluation.extract
    return None if extract.type == "none" else extractor(extract, rows.output.labels)


def _asked(generation: GenerationPlan) -> dict[str, object]:
    """Return how answers are made; the generation batch changes none."""
    return {key: value for key, value in to_json(generation).items() if key != "batch_size"}


class _Local:
    """A model on this machine; its weights are loaded at the first question, and made ready for all that follow."""

    def __init__(
        self,
        training: TrainingPlan,
        generation: GenerationPlan,
        model: PreparedModel,
        adapter: Path | None,
        *,
        labels: Sequence[str],
        speaking: ExitStack,
    ) -> None:
        """`speaking` is closed by whoever opened it, after the last answer or the first error."""
        from lfine.answering import check_adapter, files_of, room_of  # torch: not for a model somewhere else
        from lfine.finetune.generate.local_answers import asking
        from lfine.finetune.generate.local_speaker import Speaker

        check_adapter(adapter, model.renderer.hash)
        self._renderer, self._adapter = model.renderer, adapter
        self._how: Asking = asking(generation, model, labels=labels)
        self._room = room_of(training, self._how)
        self._speaker, self._speaking = Speaker(training, model.folder), speaking
        self._model: PreTrainedModel | None = None
        weights = [training_hash(training), model.renderer.hash, str(adapter), files_of(adapter)]
        self.identity = digest([weights, _asked(generation), list(labels)])
        self.most = BATCHES * generation.batch_size
        self._labels, self._context = labels, training.model.context
        self.confident = False
        """Whether answers come with how sure the model is of them, where there are labels."""

    def prompt(self, example: Example) -> str:
        return self._renderer.example_prompt(example)

    def answers(self, examples: Sequence[Example], each: Heard) -> None:
        from lfine.answering import cut_to

        encoded = self._renderer.example_prompt_ids(examples)
        asked = [(row.row_id, ids) for row, ids in zip(examples, encoded, strict=True) if ids]
        blank = [row.row_id for row, ids in zip(examples, encoded, strict=True) if not ids]
        for row_id in blank:
            each(Prediction(row_id, "", None, finish_reason=FAILED))
        if blank:
            say(f"{counted(len(blank), 'row')} whose prompt is empty, not answered; row ids: {listed(blank)}")
        row_ids = [row_id for row_id, _ in asked]
        prompts = cut_to(self._room, [ids for _, ids in asked], row_ids)
        if not asked:
            return
        for made, share in self._texts(prompts, row_ids):
            at, taken = made.number, made.tokens
            told = Prediction(row_ids[at], "", made.text, None, made.finish_reason, len(prompts[at]), taken)
            each(replace(told, confidence=share))

    def _texts(self, prompts: list[list[int]], row_ids: list[int]) -> Iterator[tuple[TextAnswer, float | None]]:
        from lfine.confident_answers import confident_texts
        from lfine.finetune.generate.local_answers import answer_texts

        if self.confident and self._labels:
            yield from confident_texts(self._ready(), prompts, self._how, self._labels, self._context, row_ids)
            return
        for answers in answer_texts(self._ready(), prompts, self._how, row_ids):
            yield from ((made, None) for made in answers)

    def _ready(self) -> PreTrainedModel:
        from lfine.finetune.generate.local import ready

        if self._model is None:
            model = self._speaking.enter_context(self._speaker.speaking(self._adapter))
            self._speaking.enter_context(ready(model, self._how.settings))
            self._model = model
        return self._model

    def use(self) -> None:
        return None


@dataclass
class _Remote:
    """A model somewhere else."""

    remote: Correspondent
    concurrency: int
    identity: str = field(init=False)
    most: int = field(init=False)

    def __post_init__(self) -> None:
        form = self.remote.form
        self.identity = digest([form.address.url, form.api, form.model, _asked(form.plan), form.labels, form.extra])
        self.most = REQUESTS * self.concurrency

    def prompt(self, example: Example) -> object:
        return self.remote.prompt(example)

    def answers(self, examples: Sequence[Example], each: Heard) -> None:
        self.remote.answers(examples, each=each)

    def use(self) -> EndpointUse:
        self.remote.check_answered()
        return self.remote.use()
