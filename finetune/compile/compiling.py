"""Task to plan: the passes in their order, and the training rows as the plan fixed them.

    compiled = compile_task(source, prepared, this_machine())
    compiled.plan.plan_hash, compiled.rows.train[0].prompt_ids

*Not here:* the single decisions (passes.py), reading data and model card (prepare.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.compile import passes
from lfine.finetune.compile.lengths import EncodedExample, Fitted, common_prefix, encode, fit
from lfine.finetune.compile.machine import Machine, machine_for
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import (
    DataPlan,
    EvaluationPlan,
    GenerationPlan,
    LengthPlan,
    ModelPlan,
    Plan,
    PromptPlan,
    TrainingPlan,
)
from lfine.finetune.compile.prepare import Prepared, PreparedModel, PreparedRows
from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import digest
from lfine.schemas.task import Task

WRITTEN_BY_LIBRARIES = frozenset({"_name_or_path", "dtype", "torch_dtype", "transformers_version"})
"""Keys of config.json that say who saved the model, not what it is."""
BLOCKS, BLOCK = 256, 4096
"""Samples of a weight file that its identity is made of, and their bytes."""


@dataclass(frozen=True)
class Source:
    """A task and how to speak of its places."""

    task: Task
    folder: Path
    """Where its relative paths begin."""
    origin: Callable[[str], str]
    """Where a key's value was written, for --explain."""
    place: Place = unplaced


@dataclass(frozen=True)
class CompiledRows:
    """The rows as training sees them."""

    train: tuple[EncodedExample, ...]
    validation: tuple[EncodedExample, ...]
    """The first `trainer.validation_sample` validation rows that fit the model's context."""
    fitted: Fitted


@dataclass(frozen=True)
class Compiled:
    plan: Plan
    rows: CompiledRows
    warnings: tuple[Problem, ...]


def compile_task(source: Source, prepared: Prepared, machine: Machine) -> Compiled:
    """Decide everything; TaskError or MachineError when the task cannot be trained as it stands."""
    notes = Notes(source.origin)
    task, card = source.task, prepared.model.card
    size = "" if card.parameters is None else f", {card.parameters / 1e6:.0f}M parameters"
    notes.written("base_model", task.base_model, card.model_type + size)
    device = passes.decide_device(task, machine, notes, source.place)
    machine = machine_for(device, machine)
    dtype = passes.decide_dtype(task, device, machine, notes)
    model = ModelPlan(
        name=task.base_model,
        identity=model_identity(prepared.model.folder),
        family=card.model_type,
        parameters=card.parameters,
        context=card.context,
        dtype=dtype,
        quantization=passes.decide_quantization(task, device, card, notes),
    )
    rows, length = _lengths(source, prepared, notes)
    steps, examples = passes.decide_steps(task, len(rows.train), notes)
    evaluation_steps, checkpoint_steps = passes.decide_cadence(task, steps, notes)
    trainer = task.trainer
    training = TrainingPlan(
        model=model,
        prompt=_prompt_plan(source, prepared.model, notes),
        data=_data_plan(prepared.rows, notes),
        length=length,
        truncation=notes.written("preprocessing.truncation", task.preprocessing.truncation),
        adapter=passes.decide_adapter(task, card, notes),
        steps=steps,
        batch_size=trainer.batch_size,
        train_examples=examples,
        learning_rate=notes.written("trainer.learning_rate", trainer.learning_rate),
        decay=notes.written("trainer.learning_rate_scheduler.decay", trainer.learning_rate_scheduler.decay),
        warmup_steps=passes.decide_warmup(task, steps, notes),
        betas=notes.written("trainer.optimizer.betas", trainer.optimizer.betas),
        eps=notes.written("trainer.optimizer.eps", trainer.optimizer.eps),
        weight_decay=notes.written("trainer.optimizer.weight_decay", trainer.optimizer.weight_decay),
        max_grad_norm=notes.written("trainer.max_grad_norm", trainer.max_grad_norm),
        seed=notes.written("trainer.seed", trainer.seed),
        steps_per_evaluation=evaluation_steps,
        validation_sample=notes.written("trainer.validation_sample", trainer.validation_sample),
        steps_per_checkpoint=checkpoint_steps,
        machine=passes.decide_machine(task, length, card, machine, device=device, dtype=dtype, notes=notes),
    )
    evaluation, warnings = plan_evaluation(source, prepared, length, machine, notes)
    plan = Plan(task, str(source.folder.resolve()), training, evaluation, tuple(notes.decisions))
    return Compiled(plan, rows, (*prepared.rows.warnings, *_left_out(source, rows.fitted, length), *warnings))


def plan_evaluation(
    source: Source, prepared: Prepared, length: LengthPlan, machine: Machine, notes: Notes
) -> tuple[EvaluationPlan, tuple[Problem, ...]]:
    """Decide generation and evaluation for a model whose training lengths are known."""
    task, card = source.task, prepared.model.card
    tokens = passes.decide_max_new_tokens(task, length.longest_completion, notes)
    size = passes.decide_generation_batch(
        card,
        machine_for(task.trainer.device, machine),
        prompt_tokens=min(length.longest, card.context),  # the longest training row stands for the held-out ones
        max_new_tokens=tokens,
        notes=notes,
    )
    return plan_scoring(source, prepared.rows, notes, GenerationPlan(tokens, size))


def plan_scoring(
    source: Source, rows: PreparedRows, notes: Notes, generation: GenerationPlan | None
) -> tuple[EvaluationPlan, tuple[Problem, ...]]:
    """Decide what is scored and how; `generation` is None when somebody else answered."""
    wanted, held_out = source.task.evaluation, rows.held_out()
    notes.derived(
        "evaluation.rows",
        len(held_out.row_ids),
        f"the {wanted.split} rows with the smallest hash of their content, of {held_out.available}",
    )
    plan = EvaluationPlan(
        split=notes.written("evaluation.split", wanted.split),
        sample_size=notes.written("evaluation.sample_size", wanted.sample_size),
        rows=len(held_out.row_ids),
        sample_hash=held_out.sample_hash,
        seed=notes.written("evaluation.seed", wanted.seed),
        metrics=passes.decide_metrics(source.task, rows.output.type, notes, source.place),
        extract=notes.written("evaluation.extract", wanted.extract),
        baselines=notes.written("evaluation.baselines", wanted.baselines),
        confidence=notes.written("evaluation.confidence", wanted.confidence),
        output_type=rows.output.type,
        labels=rows.output.labels,
        generation=generation,
    )
    return plan, held_out.warnings


def _lengths(source: Source, prepared: Prepared, notes: Notes) -> tuple[CompiledRows, LengthPlan]:
    task, card, renderer = source.task, prepared.model.card, prepared.model.renderer
    examples = prepared.rows.examples("train")
    encoded = list(encode(examples, renderer))
    _check_tokens(source, encoded)
    limit = passes.decide_length(task, [row.length for row in encoded], card, notes)
    fitted = fit(examples, encoded, renderer, limit=limit, truncation=task.preprocessing.truncation)
    if not fitted.encoded:
        message = f"none of the {len(encoded)} training rows fits {limit} tokens"
        raise TaskError(
            source.place("LF308", "preprocessing.max_sequence_length", message, "raise it; p95 is the default")
        )
    sample = encode(prepared.rows.examples("validation")[: task.trainer.validation_sample], renderer)
    validation = tuple(row for row in sample if row.length <= card.context)
    prefix = common_prefix([row.prompt_ids for row in (*fitted.encoded, *validation)])
    length = passes.length_plan(encoded, limit, cut=len(fitted.cut), left_out=len(fitted.left_out), prefix=prefix)
    notes.derived("rows cut", length.cut, "training rows whose longest column loses text to fit; nothing else is cut")
    notes.derived("rows left out", length.left_out, "training rows that do not fit even so")
    beyond = f"of {counted(len(sample), 'validation row')}, longer than the model's context; the others are never cut"
    notes.derived("validation rows left out", len(sample) - len(validation), beyond)
    return CompiledRows(fitted.encoded, validation, fitted), length


def _check_tokens(source: Source, encoded: Sequence[EncodedExample]) -> None:
    """Refuse rows that teach nothing or ask nothing; TaskError with the row ids of both kinds."""
    silent = [row.row_id for row in encoded if not row.completion_ids]
    blank = [row.row_id for row in encoded if not row.prompt_ids]
    problems = []
    if silent:
        message = f"{counted(len(silent), 'training row')} without a token to learn: row {listed(silent)}"
        problems.append(source.place("LF307", "output_feature.name", message, "mend or remove these rows"))
    if blank:
        message = f"{counted(len(blank), 'training row')} whose prompt is empty: row {listed(blank)}"
        problems.append(source.place("LF313", "prompt.template", message, "add words of your own to the template"))
    if problems:
        raise TaskError(*problems)


def _left_out(source: Source, fitted: Fitted, length: LengthPlan) -> tuple[Problem, ...]:
    """Warn of training rows that the model never sees."""
    if not fitted.left_out:
        return ()
    rows, limit = counted(len(fitted.left_out), "training row"), length.max_sequence_length
    message = f"{rows} left out, longer than {limit} tokens even with the longest column empty: row "
    message += f"{listed(fitted.left_out)} (counted from 0)"
    cure = "raise preprocessing.max_sequence_length, or shorten the rows"
    return (as_warning(source.place("LF308", "preprocessing.max_sequence_length", message, cure)),)


def _prompt_plan(source: Source, model: PreparedModel, notes: Notes) -> PromptPlan:
    task, renderer = source.task, model.renderer
    if task.prompt.system is not None and not renderer.chat_used:
        message = "prompt.system is given, and the base model has no chat template to write it with"
        cure = "put the text at the beginning of `prompt.template`, or use a model with a chat template"
        raise TaskError(source.place("LF207", "prompt.system", message, cure))
    used = "the model's own chat template" if renderer.chat_used else "the rendered template as it stands"
    if not renderer.chat_used and task.prompt.chat == "auto":
        used += ": the model has no chat template"
    chat, reason = "chat" if renderer.chat_used else "none", "; ".join((used, *renderer.notes))
    notes.settled("prompt.chat", chat, reason, said=task.prompt.chat != "auto")
    return PromptPlan(task.prompt.template, task.prompt.system, renderer.chat_used, renderer.hash)


def _data_plan(rows: PreparedRows, notes: Notes) -> DataPlan:
    feature, split = rows.task.output_feature, rows.task.preprocessing.split
    notes.settled("preprocessing.split.type", rows.splits.type, rows.splits.reason, said=split.type is not None)
    notes.settled("output_feature.type", rows.output.type, rows.output.reason, said=feature.type is not None)
    return DataPlan(
        split=rows.splits.type,
        split_column=rows.splits.column,
        train_rows=len(rows.row_ids("train")),
        validation_rows=len(rows.row_ids("validation")),
        test_rows=len(rows.row_ids("test")),
        train_hash=digest(rows.content_hashes("train")),
        output_column=rows.output.name,
        output_type=rows.output.type,
        labels=rows.output.labels,
    )


def model_identity(folder: Path) -> str:
    """Hash what tells models apart: architecture, tokenizer, and the weights' source or, without one, samples of them.

    Two models tuned from one have equal files but for the weights themselves, so these are looked into: up to
    256 blocks of 4 kB in each file (the whole of a small one), some milliseconds.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = {key: value for key, value in config.items() if key not in WRITTEN_BY_LIBRARIES}
    source = folder / "lfine.json"
    if source.is_file():
        weights: object = json.loads(source.read_text(encoding="utf-8"))["sha256"]
    else:
        weights = [[path.name, path.stat().st_size, sampled(path)] for path in sorted(folder.glob("*.safetensors"))]
    return digest([shape, (folder / "tokenizer.json").read_text(encoding="utf-8"), weights])


def sampled(path: Path) -> str:
    """Return the sha256 over evenly spaced blocks of a file, its first block among them."""
    found, size = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file:
        for at in range(0, size, max(BLOCK, size // BLOCKS)):
            file.seek(at)
            found.update(file.read(BLOCK))
    return found.hexdigest()
