"""Task to plan: the passes in their order, and the training rows as the plan fixed them.

    compiled = compile_task(source, prepared, this_machine())
    compiled.plan.plan_hash, compiled.rows.train[0].prompt_ids

*Not here:* the single decisions (passes.py), reading data and model card (prepare.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.compile import passes
from lfine.finetune.compile.lengths import EncodedExample, Fitted, common_prefix, encode, fit
from lfine.finetune.compile.machine import Machine
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
from lfine.finetune.data.places import Place, unplaced
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import digest
from lfine.schemas.task import Task

WRITTEN_BY_LIBRARIES = frozenset({"_name_or_path", "dtype", "torch_dtype", "transformers_version"})
"""Keys of config.json that say who saved the model, not what it is."""


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
    notes.written("base_model", task.base_model, f"{card.model_type}, {card.parameters / 1e6:.0f}M parameters")
    device = passes.decide_device(task, machine, notes, source.place)
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
        prompt=_prompt_plan(task, prepared.model, notes),
        data=_data_plan(prepared.rows, notes),
        length=length,
        truncation=task.preprocessing.truncation,
        adapter=passes.decide_adapter(task, card, notes),
        steps=steps,
        batch_size=trainer.batch_size,
        train_examples=examples,
        learning_rate=notes.written("trainer.learning_rate", trainer.learning_rate),
        decay=notes.written("trainer.learning_rate_scheduler.decay", trainer.learning_rate_scheduler.decay),
        warmup_steps=passes.decide_warmup(task, steps, notes),
        betas=trainer.optimizer.betas,
        eps=trainer.optimizer.eps,
        weight_decay=notes.written("trainer.optimizer.weight_decay", trainer.optimizer.weight_decay),
        max_grad_norm=notes.written("trainer.max_grad_norm", trainer.max_grad_norm),
        seed=notes.written("trainer.seed", trainer.seed),
        steps_per_evaluation=evaluation_steps,
        validation_sample=trainer.validation_sample,
        steps_per_checkpoint=checkpoint_steps,
        machine=passes.decide_machine(task, length, card, machine, device=device, dtype=dtype, notes=notes),
    )
    evaluation, warnings = plan_evaluation(source, prepared, length, machine, notes)
    plan = Plan(task, str(source.folder.resolve()), training, evaluation, tuple(notes.decisions))
    return Compiled(plan, rows, (*prepared.rows.warnings, *warnings))


def plan_evaluation(
    source: Source, prepared: Prepared, length: LengthPlan, machine: Machine, notes: Notes
) -> tuple[EvaluationPlan, tuple[Problem, ...]]:
    """Decide generation and evaluation for a model whose training lengths are known."""
    task, card = source.task, prepared.model.card
    tokens = passes.decide_max_new_tokens(task, length.longest_completion, notes)
    size = passes.decide_generation_batch(
        card, machine, prompt_tokens=max(length.longest, length.max_sequence_length), max_new_tokens=tokens, notes=notes
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
        split=wanted.split,
        sample_size=notes.written("evaluation.sample_size", wanted.sample_size),
        rows=len(held_out.row_ids),
        sample_hash=held_out.sample_hash,
        seed=wanted.seed,
        metrics=passes.decide_metrics(source.task, rows.output.type, notes, source.place),
        extract=notes.written("evaluation.extract", wanted.extract),
        baselines=notes.written("evaluation.baselines", wanted.baselines),
        confidence=wanted.confidence,
        output_type=rows.output.type,
        labels=rows.output.labels,
        generation=generation,
    )
    return plan, held_out.warnings


def _lengths(source: Source, prepared: Prepared, notes: Notes) -> tuple[CompiledRows, LengthPlan]:
    task, card, renderer = source.task, prepared.model.card, prepared.model.renderer
    examples = prepared.rows.examples("train")
    encoded = list(encode(examples, renderer))
    limit = passes.decide_length(task, [row.length for row in encoded], card, notes)
    fitted = fit(examples, encoded, renderer, limit=limit, truncation=task.preprocessing.truncation)
    if not fitted.encoded:
        message = f"none of the {len(encoded)} training rows fits {limit} tokens"
        raise TaskError(
            source.place("LF308", "preprocessing.max_sequence_length", message, "raise it; p95 is the default")
        )
    validation = encode(prepared.rows.examples("validation")[: task.trainer.validation_sample], renderer)
    validation = tuple(row for row in validation if row.length <= card.context)
    prefix = common_prefix([row.prompt_ids for row in (*fitted.encoded, *validation)])
    length = passes.length_plan(encoded, limit, cut=len(fitted.cut), left_out=len(fitted.left_out), prefix=prefix)
    notes.derived("rows cut", length.cut, "training rows whose longest column loses text to fit; nothing else is cut")
    notes.derived("rows left out", length.left_out, "training rows that do not fit even so")
    return CompiledRows(fitted.encoded, validation, fitted), length


def _prompt_plan(task: Task, model: PreparedModel, notes: Notes) -> PromptPlan:
    renderer = model.renderer
    used = "the model's own chat template" if renderer.chat_used else "the rendered template as it stands"
    notes.derived("prompt.chat", "chat" if renderer.chat_used else "none", "; ".join((used, *renderer.notes)))
    return PromptPlan(task.prompt.template, task.prompt.system, renderer.chat_used, renderer.hash)


def _data_plan(rows: PreparedRows, notes: Notes) -> DataPlan:
    notes.derived("preprocessing.split", rows.splits.type, rows.splits.reason)
    notes.derived("output_feature.type", rows.output.type, rows.output.reason)
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
    """Hash what tells models apart: architecture, tokenizer, and the weights' source or, without one, their sizes."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = {key: value for key, value in config.items() if key not in WRITTEN_BY_LIBRARIES}
    source = folder / "lfine.json"
    if source.is_file():
        weights: object = json.loads(source.read_text(encoding="utf-8"))["sha256"]
    else:
        weights = [(path.name, path.stat().st_size) for path in sorted(folder.glob("*.safetensors"))]
    return digest([shape, (folder / "tokenizer.json").read_text(encoding="utf-8"), weights])
