"""The making of an exported folder: the run's model answers, the folder is written, loaded afresh, and answers too.

    subject = opened(run, plan, rows=50, allow_code=False)
    record = made(subject, Wanted(kind="merged", dtype="bfloat16", …), folder)     # and everything stands in `folder`

Both models multiply in the data type of the run, so that what differs is the rounding of the weights and nothing else.
They are loaded one after the other.

*Not here:* where the folder goes (lfine.exporting), the verdict (lfine.export_record).
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.answering import Answering, check_prompt, within_context
from lfine.compiling import say
from lfine.evaluation.files import read_scores
from lfine.evaluation.provenance import provenance
from lfine.evaluation.records import Prediction, Scores
from lfine.export_record import ADAPTER, Answered, Check, ExportRecord, judge, write_export
from lfine.finetune.catalogue.entries import entry
from lfine.finetune.catalogue.sources import resolve_source
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.compile.compiling import Source
from lfine.finetune.compile.files import weights_folder
from lfine.finetune.compile.plan import Plan, TrainingPlan
from lfine.finetune.compile.prepare import Prepared, prepare_model
from lfine.finetune.data.pairs import Example
from lfine.finetune.export.adapter_folder import write_adapter
from lfine.finetune.export.drift import Heard, Limits, Said, Step, drift, follow, limits_of, round_again, said
from lfine.finetune.export.merging import merge
from lfine.finetune.export.model_folder import copy_tokenizer, write_model
from lfine.finetune.export.serving import largest_rank, read_adapter
from lfine.finetune.generate.local_answers import Asking, asking
from lfine.finetune.generate.local_sampling import Drawing
from lfine.finetune.generate.local_speaker import Speaker
from lfine.finetune.models.quantization import DTYPES
from lfine.finetune.train.evaluations import scoring_settings
from lfine.model_card import CardFacts, card_text
from lfine.reopening import reopen
from lfine.row_bars import row_bar
from lfine.runs import now, read_run
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import write_text
from lfine.training import PROMPT_FILE

if TYPE_CHECKING:
    from transformers import PreTrainedModel

VERSIONS = ("torch", "transformers", "peft", "safetensors", "bitsandbytes")
"""Libraries that an export names."""


@dataclass(frozen=True)
class Wanted:
    """What is to be made of a run."""

    kind: str
    """merged or adapter."""
    dtype: str
    """Of merged weights."""
    base_weights: str
    """trained: merge into what the quantized base stood for; original: into the base model's own weights."""
    tolerance: float
    not_servable: tuple[str, ...]
    licence: str | None
    address: str
    """What from_pretrained will be told."""


@dataclass(frozen=True)
class Subject:
    """The run, its model, and the rows that both models answer."""

    run: Path
    plan: Plan
    prepared: Prepared
    folder: Path
    """Where relative paths of the task begin."""
    examples: Sequence[Example]
    prompts: Sequence[Sequence[int]]
    how: Asking

    @property
    def training(self) -> TrainingPlan:
        return self.plan.training

    @property
    def weights(self) -> Path:
        """The run's adapter, or the whole model of a full fine-tuning."""
        return weights_folder(self.run, self.training)

    @property
    def computing(self) -> str:
        """The data type in which the run's linear layers multiply."""
        quantization = self.training.model.quantization
        if quantization is not None and quantization.bits == 4:
            return quantization.compute_dtype
        return self.training.model.dtype

    @property
    def row_ids(self) -> list[int]:
        return [example.row_id for example in self.examples]


def opened(run: Path, plan: Plan, *, rows: int, allow_code: bool) -> Subject:
    """Open a run and render the first rows of its held-out sample; answers are greedy, whatever the task says."""
    folder = Path(plan.folder) if Path(plan.folder).is_dir() else Path.cwd()  # the run may come from elsewhere
    source = Source(plan.task, folder, lambda _: "the run")
    prepared = reopen(run, plan, source, allow_code=allow_code, skip_bad_rows=0)
    generation = plan.evaluation.generation
    if generation is None:
        raise ValueError("a plan of training without generation")
    how = asking(generation, prepared.model, labels=plan.evaluation.labels)
    how = replace(how, settings=replace(how.settings, drawing=Drawing(), repetition_penalty=1.0))
    who = Answering(plan.training, plan.evaluation, prepared, weights_folder(run, plan.training))
    check_prompt(who)
    examples = prepared.rows.examples_of(prepared.rows.held_out().row_ids[:rows])
    return Subject(run, plan, prepared, folder, examples, within_context(who, examples, how), how)


def made(subject: Subject, wanted: Wanted, folder: Path) -> ExportRecord:
    """Fill an empty folder; RunError LF506 where the prompt would be another one, LF540 for weights too large."""
    say(f"answering {len(subject.examples)} held-out rows with the model of the run")
    ours, rounded = _written(subject, wanted, folder)
    gc.collect()  # a model that peft has wrapped is only found by the collector
    _check_prompt(subject, wanted, folder)
    say("answering them with what was written")
    theirs, limits = _exported(subject, wanted, folder, ours.answers, rounded)
    asked = [Prediction(example.row_id, example.answer, None) for example in subject.examples]
    answered = Answered(subject.prepared.rows.complete(asked), ours.answers, theirs.answers)
    measured = drift(subject.row_ids, ours, theirs, limits)
    check = judge(measured, limits, answered, scoring_settings(subject.plan.evaluation), tolerance=wanted.tolerance)
    record = _record(subject, wanted, folder, check)
    write_export(folder, record)
    write_text(folder / "README.md", card_text(_facts(subject, wanted, record)))
    for path in (folder, *folder.rglob("*")):  # a temporary folder and safetensors are for their owner's eyes only
        path.chmod(0o755 if path.is_dir() else 0o644)
    return record


def _written(subject: Subject, wanted: Wanted, folder: Path) -> tuple[Heard, frozenset[str]]:
    """Write the model or the adapter, its tokenizer and its prompt.

    Return what the run's own model answers, and the names of the weights that were rounded.
    """
    training, base = subject.training, subject.prepared.model.folder
    rounded: frozenset[str] = frozenset()
    original = wanted.base_weights == "original" and training.model.quantization is not None
    with Speaker(training, base).speaking(subject.weights) as model:
        heard = _hear(subject, model)
        if wanted.kind != ADAPTER and not original:
            rounded = _write_merged(subject, wanted, model, folder)
    if wanted.kind == ADAPTER:
        write_adapter(subject.weights, folder, base_name=_hub_base(subject) or _base_name(subject))
    elif original:
        del model
        gc.collect()
        plain = replace(training, model=replace(training.model, quantization=None))
        with Speaker(plain, base).speaking(subject.weights) as model:
            rounded = _write_merged(subject, wanted, model, folder)
    copy_tokenizer(base, folder)
    shutil.copyfile(subject.weights / PROMPT_FILE, folder / PROMPT_FILE)
    return heard, rounded


def _hear(subject: Subject, model: PreTrainedModel, answers: Sequence[Said] | None = None) -> Heard:
    """Return a model's answers, and what it believes at each token of the given ones (its own, unless given)."""
    with row_bar("answer", len(subject.prompts)) as bar:
        own = said(model, subject.prompts, subject.how, subject.row_ids, bar.update)
    return Heard(own, _follow(subject, model, own if answers is None else answers))


def _follow(subject: Subject, model: PreTrainedModel, answers: Sequence[Said]) -> list[tuple[Step, ...]]:
    with row_bar("probabilities", len(answers)) as bar:
        return follow(model, subject.prompts, answers, bar.update)


def _write_merged(subject: Subject, wanted: Wanted, model: PreTrainedModel, folder: Path) -> frozenset[str]:
    say(f"merging in float32, writing {wanted.dtype}")
    dtype = DTYPES[wanted.dtype]
    merged = merge(model, dtype, computing=DTYPES[subject.computing])
    write_model(
        model,
        merged,
        folder,
        dtype=dtype,
        stop_ids=subject.prepared.model.renderer.stop_ids,
        trusted=subject.training.model.trust_remote_code,
    )
    return merged.rounded


def _check_prompt(subject: Subject, wanted: Wanted, folder: Path) -> None:
    """Refuse a folder whose own tokenizer and chat template would write another prompt, or stop elsewhere."""
    mine = subject.prepared.model
    if wanted.kind == ADAPTER:
        copied = read_tokenizer(folder)
        same = (copied.sha256, copied.chat_template) == (mine.tokenizer.sha256, mine.tokenizer.chat_template)
    else:
        renderer = prepare_model(subject.plan.task, folder, subject.prepared.rows).renderer
        same = (renderer.hash, renderer.stop_ids) == (mine.renderer.hash, mine.renderer.stop_ids)
    if not same:
        message = "the exported tokenizer writes another prompt than the one that the run was trained with"
        raise RunError(Problem("LF506", message, "fetch the base model again: its tokenizer's files are not complete"))


def _exported(
    subject: Subject, wanted: Wanted, folder: Path, answers: Sequence[Said], rounded: frozenset[str]
) -> tuple[Heard, Limits]:
    """Load what was written as anybody would, and answer; then round it once more, to see what rounding does."""
    training, base = subject.training, subject.prepared.model.folder
    if wanted.kind == ADAPTER:
        speaker, adapter = Speaker(training, base), folder
    else:
        alone = replace(training.model, quantization=None, dtype=subject.computing)
        speaker, adapter = Speaker(replace(training, adapter=None, model=alone), folder), None
    with speaker.speaking(adapter) as model:
        heard = _hear(subject, model, answers)
        if not rounded:
            return heard, limits_of(heard.steps, heard.steps)
        coarser = wanted.dtype if subject.computing == "float32" else subject.computing
        round_again(model, rounded, DTYPES[coarser])
        return heard, limits_of(heard.steps, _follow(subject, model, answers))


def _record(subject: Subject, wanted: Wanted, folder: Path, check: Check) -> ExportRecord:
    plan, training = subject.plan, subject.training
    here = folder if wanted.kind == ADAPTER else subject.weights
    quantization = training.model.quantization
    installed = provenance("", {})
    packages = {name: installed.packages[name] for name in VERSIONS if name in installed.packages}
    merged = wanted.kind != ADAPTER and training.adapter is not None
    return ExportRecord(
        task=plan.task.name,
        kind=wanted.kind,
        base_model=_base_name(subject),
        dtype="float32" if wanted.kind == ADAPTER else wanted.dtype,
        merged_into=(wanted.base_weights if quantization else "trained") if merged else None,
        quantization=None if quantization is None else (quantization.quant_type if quantization.bits == 4 else "int8"),
        plan_hash=plan.plan_hash,
        evaluation_hash=plan.evaluation_hash,
        check=check,
        largest_rank=None if training.adapter is None else largest_rank(read_adapter(here)[1]),
        not_servable=wanted.not_servable,
        created=now(),
        versions={"lfine": installed.lfine_version, "python": installed.python_version, **packages},
    )


def _facts(subject: Subject, wanted: Wanted, record: ExportRecord) -> CardFacts:
    known = entry(subject.plan.task.base_model.id)
    return CardFacts(
        record=record,
        plan=subject.plan,
        run=read_run(subject.run),
        renderer=subject.prepared.model.renderer,
        scores=_scores(subject),
        hub_base=_hub_base(subject),
        base_licence=None if known is None else known.licence,
        licence=wanted.licence,
        address=wanted.address,
    )


def _scores(subject: Subject) -> list[Scores]:
    """Return the scores of the run's evaluations; one that cannot be read is said and left out."""
    found = []
    for path in sorted((subject.run / "evaluations").glob("*/scores.json")):
        try:
            scores = read_scores(path)
        except RunError as error:
            say(error.problems[0].text())
            continue
        if scores.plan_hash in (None, subject.plan.plan_hash):
            found.append(scores)
    return found


def _hub_base(subject: Subject) -> str | None:
    """Return the id under which the hub has the base model."""
    source = resolve_source(subject.plan.task.base_model, subject.folder, allow_code=True)  # it was allowed to train
    return source.name if source.kind == "hub" else None


def _base_name(subject: Subject) -> str:
    """Return the base model as the task names it; of a folder on this machine its own name only."""
    source = resolve_source(subject.plan.task.base_model, subject.folder, allow_code=True)
    return Path(source.name).name if source.kind in ("folder", "gguf") else source.name
