"""Task to plan: the passes in their order, and the training rows as the plan fixed them.

    compiled = compile_task(source, prepared, this_machine())
    compiled.plan.plan_hash, compiled.rows.train[0].prompt_ids

*Not here:* the single decisions (passes.py), reading data and model card (prepare.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lfine.evaluation.metrics.checking import check_golds
from lfine.evaluation.records import Prediction
from lfine.finetune.catalogue.linears import linear_layers
from lfine.finetune.compile import machine_passes, passes
from lfine.finetune.compile.encoded import counts_of
from lfine.finetune.compile.estimates import Facts, estimate, load_of, load_of_run
from lfine.finetune.compile.few_shot import few_shot_rows
from lfine.finetune.compile.fitting import CompiledRows, fit_rows, left_out
from lfine.finetune.compile.generating import decide_generation_layout, decide_merging, decide_probabilities
from lfine.finetune.compile.kernels import decide_kernels
from lfine.finetune.compile.machine import Machine, machine_for
from lfine.finetune.compile.memory import total
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import (
    DataPlan,
    Estimate,
    EvaluationPlan,
    GenerationPlan,
    LengthPlan,
    ModelPlan,
    Plan,
    PromptPlan,
    SelectionPlan,
    TrainingPlan,
    without_machine,
)
from lfine.finetune.compile.prepare import Prepared, PreparedModel, PreparedRows
from lfine.finetune.compile.room import answers_without_room
from lfine.finetune.compile.trainable import check_trainable, start_of
from lfine.finetune.data.held_out import HeldOut, fewer_than_asked
from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.wording import counted
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
class Compiled:
    plan: Plan
    rows: CompiledRows
    warnings: tuple[Problem, ...]


def compile_task(source: Source, prepared: Prepared, machine: Machine) -> Compiled:
    """Decide everything; TaskError or MachineError when the task cannot be trained as it stands."""
    notes = Notes(source.origin)
    task, card = source.task, prepared.model.card
    model, machine = _model_plan(source, prepared.model, machine, notes)
    rows, length = fit_rows(source, prepared, notes)
    batch_size = passes.decide_batch_size(task, len(rows.train), notes)
    length = machine_passes.decide_prefix(task, length, rows=rows.train, batch_size=batch_size, notes=notes)
    steps, examples = passes.decide_steps(task, len(rows.train), batch_size, notes)
    evaluation_steps, checkpoint_steps = passes.decide_cadence(task, steps, notes)
    trainer = task.trainer
    adapter = passes.decide_adapter(task, card, start_of(task, source.folder, source.place), notes)
    optimizer = passes.decide_optimizer(task, notes)
    layout = machine_passes.decide_layout(length, card, notes)
    facts = _facts(prepared, rows, machine)
    load = load_of(model, adapter, length, facts, layout=layout, optimizer=optimizer.type)
    load = replace(load, kernels=decide_kernels(model, adapter, machine.device, notes))
    machine_plan = machine_passes.decide_machine(task, load, machine, layout=layout, batch_size=batch_size, notes=notes)
    training = TrainingPlan(
        model=model,
        prompt=_prompt_plan(source, prepared.model, notes),
        data=_data_plan(prepared.rows, notes),
        length=length,
        truncation=notes.written("preprocessing.truncation", task.preprocessing.truncation),
        adapter=adapter,
        steps=steps,
        batch_size=batch_size,
        train_examples=examples,
        learning_rate=passes.decide_learning_rate(task, notes),
        decay=notes.written("trainer.learning_rate_scheduler.decay", trainer.learning_rate_scheduler.decay),
        warmup_steps=passes.decide_warmup(task, steps, notes),
        optimizer=optimizer,
        max_grad_norm=notes.written("trainer.max_grad_norm", trainer.max_grad_norm),
        prompt_loss_weight=notes.written("trainer.prompt_loss_weight", trainer.prompt_loss_weight),
        label_smoothing=notes.written("trainer.label_smoothing", trainer.label_smoothing),
        neftune_noise_alpha=notes.written("trainer.neftune_noise_alpha", trainer.neftune_noise_alpha),
        seed=notes.written("trainer.seed", trainer.seed),
        selection=passes.decide_selection(task, evaluation_steps, notes),
        steps_per_evaluation=evaluation_steps,
        validation_sample=notes.written("trainer.validation_sample", trainer.validation_sample),
        evaluation_sample=notes.written("trainer.evaluation_sample", trainer.evaluation_sample),
        steps_per_checkpoint=checkpoint_steps,
        keep=notes.written("trainer.keep", trainer.keep),
        trackers=notes.written("trainer.trackers", trainer.trackers),
        machine=machine_plan,
    )
    evaluation, warnings = plan_evaluation(source, prepared, length, machine, notes)
    decide_merging(training, notes)
    check_trainable(task, training, evaluation.metrics, source.place)
    training = replace(training, selection=_what_decides(training.selection, evaluation, prepared.rows))
    load = load_of_run(load, machine_plan, facts)
    guess = estimate(training, evaluation.generation, load, facts, task.cost)
    plan = Plan(task, str(source.folder.resolve()), training, evaluation, task.cost, guess, tuple(notes.decisions))
    unfit = (*left_out(source, rows.fitted, length), *_without_room(source, rows, evaluation))
    noticed = (*prepared.rows.warnings, *rows.warnings, *unfit, *warnings, *_too_large(source, guess, machine))
    return Compiled(plan, rows, noticed)


def _facts(prepared: Prepared, rows: CompiledRows, machine: Machine) -> Facts:
    """Return what is known of model and rows before the micro-batch is decided."""
    card = prepared.model.card
    return Facts(
        card=card,
        linears=linear_layers(prepared.model.folder, card),
        lengths=tuple(counts_of(rows.train).lengths),
        learned=tuple(len(row.completion_ids) for row in rows.train),
        machine=machine,
        validation=len(rows.validation),
    )


def _what_decides(
    selection: SelectionPlan | None, evaluation: EvaluationPlan, rows: PreparedRows
) -> SelectionPlan | None:
    """Put what decides what the adapter is into the plan hash: rows, and how answers to them are made and scored."""
    if selection is None:
        return None
    seen = max(selection.validation_sample, selection.evaluation_sample)
    selection = replace(selection, rows=digest(rows.content_hashes("validation")[:seen]))
    if selection.by == "loss":
        return selection
    generation = evaluation.generation
    how = None if generation is None else without_machine(generation)
    return replace(selection, answers=digest([how, evaluation.metrics, evaluation.extract, evaluation.labels]))


def _model_plan(source: Source, model: PreparedModel, machine: Machine, notes: Notes) -> tuple[ModelPlan, Machine]:
    """Return what the base model is computed as, and the part of the machine that computes it."""
    task, card = source.task, model.card
    size = "" if card.parameters is None else f", {card.parameters / 1e6:.0f}M parameters"
    notes.written("base_model.id", task.base_model.id, card.model_type + size)
    device = passes.decide_device(task, machine, notes, source.place)
    machine = machine_for(device, machine)
    dtype = passes.decide_dtype(task, device, machine, notes)
    plan = ModelPlan(
        name=task.base_model.id,
        revision=notes.written("base_model.revision", task.base_model.revision),
        trust_remote_code=notes.written("base_model.trust_remote_code", task.base_model.trust_remote_code),
        identity=model_identity(model.folder),
        family=card.model_type,
        parameters=card.parameters,
        context=card.context,
        dtype=dtype,
        quantization=passes.decide_quantization(task, card, device=device, dtype=dtype, notes=notes),
    )
    return plan, machine


def _without_room(source: Source, rows: CompiledRows, evaluation: EvaluationPlan) -> tuple[Problem, ...]:
    if evaluation.generation is None:
        return ()
    return tuple(answers_without_room(rows.train, evaluation.generation.max_new_tokens, place=source.place))


def _too_large(source: Source, guess: Estimate, machine: Machine) -> tuple[Problem, ...]:
    """Warn of a run that the estimate puts beyond the device's whole memory."""
    needed = total(guess.memory)
    if not machine.memory or needed <= machine.memory:
        return ()
    where = machine.accelerator or "this machine"
    message = f"training would take about {needed / 1e9:.1f} GB, and {where} has {machine.memory / 1e9:.1f}"
    cure = "quantization: {bits: 4}, trainer.gradient_checkpointing: true, a smaller micro_batch_size or base_model"
    return (as_warning(source.place("LF404", "base_model", message, cure)),)


def plan_evaluation(
    source: Source, prepared: Prepared, length: LengthPlan, machine: Machine, notes: Notes
) -> tuple[EvaluationPlan, tuple[Problem, ...]]:
    """Decide generation and evaluation for a model whose training lengths are known."""
    return plan_scoring(source, prepared.rows, notes, plan_generation(source, prepared, length, machine, notes))


def plan_generation(
    source: Source, prepared: Prepared, length: LengthPlan, machine: Machine, notes: Notes
) -> GenerationPlan:
    """Decide how answers are generated; of the rows only the output is looked at."""
    task, card = source.task, prepared.model.card
    tokens = passes.decide_max_new_tokens(task, length.longest_completion, notes)
    size = passes.decide_generation_batch(
        card,
        machine_for(task.trainer.device, machine),
        prompt_tokens=min(length.longest, card.context),  # the longest training row stands for the held-out ones
        max_new_tokens=tokens,
        notes=notes,
    )
    output = prepared.rows.output
    generation = passes.decide_generation(
        task, tokens, size, notes, labels=output.labels, schema=output.schema, place=source.place
    )
    layout, window = decide_generation_layout(card, notes)
    return replace(generation, layout=layout, window=window)


def plan_scoring(
    source: Source, rows: PreparedRows, notes: Notes, generation: GenerationPlan | None
) -> tuple[EvaluationPlan, tuple[Problem, ...]]:
    """Decide what is scored and how; `generation` is None when somebody else answered."""
    wanted, held_out = source.task.evaluation, rows.held_out()
    notes.derived("evaluation.rows", len(held_out.row_ids), _which(held_out, wanted.sample_size))
    plan = EvaluationPlan(
        split=notes.written("evaluation.split", wanted.split),
        sample_size=notes.written("evaluation.sample_size", wanted.sample_size),
        rows=len(held_out.row_ids),
        sample_hash=held_out.sample_hash,
        seed=notes.written("evaluation.seed", wanted.seed),
        metrics=passes.decide_metrics(source.task, rows.output.type, notes, source.place, labels=rows.output.labels),
        extract=notes.written("evaluation.extract", wanted.extract),
        baselines=notes.written("evaluation.baselines", wanted.baselines),
        few_shot_rows=_few_shot_rows(source, rows, notes),
        confidence=notes.written("evaluation.confidence", wanted.confidence),
        interval=notes.written("evaluation.interval", wanted.interval),
        output_type=rows.output.type,
        labels=rows.output.labels,
        schema=rows.output.schema,
        generation=generation,
        references=notes.written("evaluation.references", wanted.references),
        choices=notes.written("evaluation.choices", wanted.choices),
    )
    if generation is not None:
        recorded = decide_probabilities(source.task, plan.metrics, plan.labels, notes)
        plan = replace(plan, generation=replace(generation, probabilities=recorded))
    golds = {example.row_id: example.answer for example in rows.examples_of(held_out.row_ids)}
    rows.complete([Prediction(row_id, gold, None) for row_id, gold in golds.items()])  # refuses what is not there
    unjudgeable = check_golds(golds, plan.metrics)
    if unjudgeable:
        raise TaskError(*(source.place(each.code, each.path, each.message, each.cure) for each in unjudgeable))
    return plan, fewer_than_asked(held_out, wanted.sample_size, origin=source.origin, place=source.place)


def _which(held_out: HeldOut, sample_size: int) -> str:
    """Say which rows are scored."""
    if held_out.available < sample_size:
        return f"all {held_out.split} rows; a sample is {sample_size:,} of them where there are as many"
    return f"the {held_out.split} rows with the smallest hash of their content, of {held_out.available}"


def _few_shot_rows(source: Source, rows: PreparedRows, notes: Notes) -> tuple[int, ...]:
    """Return the training rows in the prompts of the baseline few_shot, none without it."""
    wanted, key = source.task.evaluation, "evaluation.few_shot_examples"
    if "few_shot" not in wanted.baselines:
        return ()
    chosen = few_shot_rows(rows, notes.written(key, wanted.few_shot_examples), wanted.seed, key=key)
    return notes.derived("evaluation.few_shot_rows", chosen, "training rows with the smallest hash of their content")


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
    if task.prompt.messages is not None:
        notes.written("prompt.messages", task.prompt.messages, "whole conversations")
        notes.written("prompt.loss_on", task.prompt.loss_on, "the assistant's turns that are learned")
    return PromptPlan(
        template=task.prompt.template,
        system=task.prompt.system,
        chat_used=renderer.chat_used,
        example_rows=_shown(source, model, notes),
        messages=task.prompt.messages,
        loss_on=task.prompt.loss_on,
        hash=renderer.hash,
    )


def _shown(source: Source, model: PreparedModel, notes: Notes) -> tuple[int, ...]:
    """Return the rows of the few-shot examples, and say which they are."""
    asked, shown = source.task.prompt.examples, tuple(shot.row_id for shot in model.renderer.shots)
    notes.written("prompt.examples.count", asked.count)
    if asked.row_ids is not None:
        notes.written("prompt.examples.row_ids", asked.row_ids)
    elif shown:
        reason = f"the different training rows with the smallest hash of their content, seed {asked.seed}"
        notes.derived("prompt.examples.row_ids", shown, reason)
    return shown


def _data_plan(rows: PreparedRows, notes: Notes) -> DataPlan:
    feature, split = rows.task.output_feature, rows.task.preprocessing.split
    form, dataset = rows.table.form, rows.task.dataset
    notes.settled("dataset.format", form.kind, form.reason, said=dataset.format != "auto")
    notes.settled("preprocessing.split.type", rows.splits.type, rows.splits.reason, said=split.type is not None)
    notes.settled(
        "output_feature.type",
        rows.output.type,
        rows.output.reason,
        said=feature is not None and feature.type is not None,
    )
    training = f"{len(rows.row_ids('train'))} of {counted(len(rows.splits.rows('train')), 'training row')}"
    notes.written("preprocessing.sample_ratio", rows.task.preprocessing.sample_ratio, training)
    if rows.task.dataset.columns:
        notes.written("dataset.columns", tuple(rows.task.dataset.columns), "made before anything else sees the rows")
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
