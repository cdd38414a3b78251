"""`lfine evaluate`: answers of a model on the held-out sample, scored, with baselines and a report beside them.

    evaluate_task(Path("task.yaml"), EvaluateOptions(base=True, limit=100)) -> EvaluateOutcome(model="base", …)

The training half (model, data, prompt) is that of the run's own plan; generation and evaluation are the task file's.

*Not here:* generating (lfine.answering), metrics and the report (lfine.evaluation).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.baselines import Desk, Scored, all_scored_before, keep, score_baselines, settings_of
from lfine.choosing import adapter_folder, refuse_several, run_folder, source_of
from lfine.compiling import compile_file, place_of, say, warn
from lfine.endpoints import EndpointOptions, Sheet, answer_remotely, model_label
from lfine.endpoints import forget as forget_remote
from lfine.evaluation.given_predictions import read_given_predictions
from lfine.evaluation.judging import Judging
from lfine.evaluation.leaderboard import ORDER
from lfine.evaluation.metrics.checking import check_ready
from lfine.evaluation.provenance import provenance
from lfine.evaluation.records import EndpointUse, MetricScore, Overlap, Prediction, ScoreIdentity, Scores
from lfine.evaluation.reports.page import write_report
from lfine.finetune.compile.compiling import Source, plan_evaluation, plan_scoring
from lfine.finetune.compile.endpoint_plan import plan_endpoint
from lfine.finetune.compile.files import read_plan, weights_folder
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import EvaluationPlan, Plan, TrainingPlan, evaluation_hash
from lfine.finetune.compile.prepare import Prepared, PreparedRows, prepare_rows
from lfine.finetune.data.places import Place
from lfine.lineage import overlap, read_rows, said
from lfine.reopening import reopen
from lfine.runs import read_run, runs_folder
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.loading import LoadedTask, load_task
from lfine.schemas.task import Task
from lfine.stops import machine_faults

if TYPE_CHECKING:
    from lfine.finetune.models.keeping import Loader


@dataclass(frozen=True)
class EvaluateOptions:
    overrides: Sequence[str] = ()
    runs_dir: str | None = None
    run: str | None = None
    """A run folder; None: the latest finished one."""
    adapter: str | None = None
    """An adapter folder from anywhere."""
    base: bool = False
    """The base model, without an adapter."""
    predictions: str | None = None
    """Somebody else's answers."""
    endpoint: EndpointOptions | None = None
    """A model somewhere else."""
    limit: int | None = None
    """Score the first so many rows of the sample."""
    allow_code: bool = False
    """Let the Python code run that comes with a model or a custom metric, where the task says so too."""
    unsafe: bool = False
    """Run code that a model wrote where this system has no cage that holds."""
    allow_overlap: bool = False
    """Score rows too whose input the adapter was trained on."""
    skip_bad_rows: int = 0
    """Lines of the data that are no rows and may be left out; 0: as many as training was allowed."""
    command: str = ""
    rest: bool = False
    """Leave a model as it is that was scored before, baselines too, with the same plan, evaluation and rows."""


@dataclass(frozen=True)
class EvaluateOutcome:
    """The JSON document of `lfine evaluate --format json`."""

    task: str
    model: str
    split: str
    n: int
    scored: int
    unscored: int
    limit: int | None
    metrics: dict[str, MetricScore]
    plan_hash: str | None
    evaluation_hash: str
    seconds: float
    endpoint: EndpointUse | None = None
    """In the JSON form only where there is one."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return {key: value for key, value in asdict(self).items() if key != "endpoint" or value is not None}


@dataclass(frozen=True)
class Evaluated:
    """An outcome and where its files lie."""

    outcome: EvaluateOutcome
    folder: Path
    report: Path
    scores: Scores
    beside: tuple[Scores, ...]
    """The baselines' scores."""
    before: bool = False
    """It was scored before, and nothing was done."""


@dataclass(frozen=True)
class _Subject:
    """What is evaluated: the task as the run settled it, and the rows."""

    task: Task
    run: Path | None
    plan: Plan | None
    rows: PreparedRows
    evaluation: EvaluationPlan
    training: TrainingPlan | None
    """Of the run, or freshly compiled; None when nothing is generated."""
    prepared: Prepared | None
    source_folder: Path
    """Of the task file: where databases and metric files are looked for first."""
    folder: Path = Path()
    """Where the task's relative paths begin; for a model that is not here."""


def evaluate_task(path: Path, options: EvaluateOptions, *, load: Loader | None = None) -> Evaluated:
    """Answer the held-out sample (or read the answers), score it and write predictions, scores and report.

    `load` gives the base model in place of the plain loader: a KeptBase keeps it for the next task.
    """
    refuse_several(options, {"--predictions": options.predictions})
    loaded, began = load_task(path, options.overrides), time.perf_counter()
    elsewhere = options.predictions is not None or options.endpoint is not None
    subject = _elsewhere(loaded, options) if elsewhere else _subject(loaded, path, options)
    model = _model_name(options)
    learned = _overlap(subject, options)
    judging = _judging(subject, options, place_of(loaded))
    folder = _evaluations(loaded.task, None if options.adapter else subject.run, options) / model
    cure = f"make room, then again: {options.command or 'lfine evaluate'}"
    before = _scored_before(subject, model, options, folder) if options.rest else None
    if before is not None:
        return Evaluated(_outcome(before[0]), folder, folder / "report.html", before[0], before[1:], before=True)
    with machine_faults(cure, at=folder, memory_cure="a smaller base_model, or a machine with more memory"):
        desk = None if elsewhere else _desk(subject, options, load)
        predictions, use = _answers(subject, options, folder, desk)
        identity = _identity(subject, model, options, seconds=time.perf_counter() - began)
        identity = replace(identity, overlap=learned, endpoint=use)
        scores = keep(folder, predictions, settings_of(subject.evaluation), identity, judging=judging)
        scored = Scored(subject.rows, subject.evaluation, identity, folder.parent, judging)
        beside = score_baselines(scored, predictions, desk)
        report = write_report(subject.run, folder)
        _forget(folder, options)
    return Evaluated(_outcome(scores), folder, report, scores, beside)


def _judging(subject: _Subject, options: EvaluateOptions, place: Place) -> Judging:
    """Return what metrics may need besides the answers; TaskError, MachineError where one cannot be computed here."""
    rows = subject.rows.table.rows
    judging = Judging(lambda row_id: rows[row_id], subject.source_folder, options.allow_code, options.unsafe)
    problems = check_ready(subject.evaluation.metrics, judging)
    if problems and all(each.code.startswith("LF4") for each in problems):
        raise MachineError(*problems)
    if problems:
        raise TaskError(
            *(place(each.code, each.path or "evaluation.metrics", each.message, each.cure) for each in problems)
        )
    return judging


def _model_name(options: EvaluateOptions) -> str:
    """Return the name of the evaluation folder; a file or adapter called like one of ours gets another."""
    if options.endpoint is not None:
        return model_label(options.endpoint, ORDER)
    if options.predictions is not None:
        name = Path(options.predictions).stem
    elif options.adapter is not None:
        name = Path(options.adapter).resolve().name
    else:
        return "base" if options.base else "tuned"
    return f"{name}-given" if name in ORDER else name  # folders that no file and no adapter may take


def _identity(subject: _Subject, model: str, options: EvaluateOptions, *, seconds: float) -> ScoreIdentity:
    return ScoreIdentity(
        task=subject.task.name,
        model=model,
        split=subject.evaluation.split,
        limit=options.limit,
        plan_hash=None if subject.plan is None else subject.plan.plan_hash,
        evaluation_hash=evaluation_hash(subject.evaluation),
        provenance=provenance(options.command, {each.name: each.sha256 for each in subject.rows.table.files}),
        seconds=seconds,
        base_model=None if subject.training is None else subject.task.base_model.id,
    )


def _scored_before(subject: _Subject, model: str, options: EvaluateOptions, folder: Path) -> tuple[Scores, ...] | None:
    """Return the model's scores and its baselines', where nothing is left to do."""
    identity = _identity(subject, model, options, seconds=0.0)
    scored = Scored(subject.rows, subject.evaluation, identity, folder.parent)
    return all_scored_before(scored, subject.rows.held_out().row_ids[: options.limit])


def _overlap(subject: _Subject, options: EvaluateOptions) -> Overlap | None:
    """Return which rows to score the adapter has learned, and say it; TaskError LF350 for those that it should not."""
    adapter = subject.run if options.adapter is None else Path(options.adapter)
    if options.base or options.endpoint or adapter is None:
        return None
    known = read_rows(adapter)
    if known is None:
        say(f"{adapter} has no record of the rows that it was trained on: whether it knows the held-out is not checked")
        return None
    row_ids = subject.rows.held_out().row_ids[: options.limit]
    found = overlap(subject.rows, row_ids, known, allowed=options.allow_overlap)
    if found.row_ids:
        say(said(found))
    return found


def _outcome(scores: Scores) -> EvaluateOutcome:
    return EvaluateOutcome(
        task=scores.task,
        model=scores.model,
        split=scores.split,
        n=scores.n,
        scored=scores.scored,
        unscored=scores.unscored,
        limit=scores.limit,
        metrics=scores.metrics,
        plan_hash=scores.plan_hash,
        evaluation_hash=scores.evaluation_hash,
        seconds=round(scores.seconds, 3),
        endpoint=scores.endpoint,
    )


def _read(subject: _Subject, options: EvaluateOptions) -> Sequence[Prediction]:
    """Return the given answers to the held-out rows; rows without one are said."""
    row_ids = subject.rows.held_out().row_ids
    golds = {example.row_id: example.answer for example in subject.rows.examples_of(row_ids)}
    found = read_given_predictions(Path(options.predictions or ""), golds, limit=options.limit)
    warn(found.problems)
    return subject.rows.complete(found.predictions)


def _forget(folder: Path, options: EvaluateOptions) -> None:
    """Remove what was kept for a restart."""
    if options.endpoint is not None:
        forget_remote(folder)
    elif options.predictions is None:
        from lfine.answering import forget

        forget(folder)


def _evaluations(task: Task, run: Path | None, options: EvaluateOptions) -> Path:
    return (runs_folder(options.runs_dir) / task.name if run is None else run) / "evaluations"


def _elsewhere(loaded: LoadedTask, options: EvaluateOptions) -> _Subject:
    """For a model that is not here: data and evaluation settings only; no model, no tokenizer, no torch.

    A remote model is asked as the task's run was trained, where there is one, and its scores stand with that run.
    """
    skip, longest = options.skip_bad_rows, None
    run = None if options.endpoint is None else run_folder(loaded.task, options)
    if run is None:
        source = Source(loaded.task, loaded.folder, loaded.origin, place_of(loaded))
    else:
        plan = read_plan(run / "plan.json")
        source, longest = source_of(loaded, plan), plan.training.length.longest_completion
        skip = skip or read_run(run).data.skip_bad_rows
    task, folder = source.task, source.folder
    rows = prepare_rows(task, folder, needed=(task.evaluation.split,), skip_bad_rows=skip, place=source.place)
    notes = Notes(loaded.origin)
    if options.endpoint is None:
        evaluation, warnings = plan_scoring(source, rows, notes, None)
    else:
        evaluation, warnings = plan_endpoint(source, rows, notes, longest_completion=longest)
    warn((*rows.warnings, *warnings))
    return _Subject(task, run, None, rows, evaluation, None, None, loaded.folder, folder)


def _subject(loaded: LoadedTask, path: Path, options: EvaluateOptions) -> _Subject:
    """For a model on this machine: the run's half where there is a run, else the task file compiled afresh."""
    run = run_folder(loaded.task, options)
    if run is None:
        compiled = compile_file(
            path,
            options.overrides,
            fetch=True,
            allow_code=options.allow_code,
            skip_bad_rows=options.skip_bad_rows,
            score_only=True,
        )
        plan = compiled.plan
        rows = compiled.prepared.rows
        return _Subject(plan.task, None, None, rows, plan.evaluation, plan.training, compiled.prepared, loaded.folder)
    plan = read_plan(run / "plan.json")
    source = source_of(loaded, plan)
    prepared = reopen(run, plan, source, allow_code=options.allow_code, skip_bad_rows=options.skip_bad_rows)
    rows = prepared.rows
    evaluation, warnings = plan_evaluation(source, prepared, plan.training.length, this_machine(), Notes(loaded.origin))
    warn((*rows.warnings, *warnings))
    return _Subject(source.task, run, plan, rows, evaluation, plan.training, prepared, loaded.folder)


def _desk(subject: _Subject, options: EvaluateOptions, load: Loader | None) -> Desk:
    """Return the model of this evaluation, not yet loaded."""
    from lfine.answering import Answering  # torch: not for somebody else's predictions
    from lfine.finetune.generate.local_speaker import Speaker

    if subject.training is None or subject.prepared is None:
        raise ValueError("nothing to generate with")
    adapter = None
    if options.adapter is not None:
        adapter = adapter_folder(Path(options.adapter))
    elif not options.base and subject.run is not None:
        adapter = weights_folder(subject.run, subject.training)
    who = Answering(subject.training, subject.evaluation, subject.prepared, adapter)
    return Desk(who, Speaker(subject.training, subject.prepared.model.folder, load), options.command)


def _answers(
    subject: _Subject, options: EvaluateOptions, folder: Path, desk: Desk | None
) -> tuple[Sequence[Prediction], EndpointUse | None]:
    row_ids = subject.rows.held_out().row_ids[: options.limit]
    if desk is not None:
        return desk.answers(row_ids, folder), None
    if options.endpoint is None:
        return _read(subject, options), None
    generation, labels = subject.evaluation.generation, subject.evaluation.labels
    if generation is None:
        raise ValueError("an evaluation plan without generation cannot answer")
    sheet = Sheet(subject.rows, generation, labels, subject.folder, folder, options.command)
    remote = answer_remotely(sheet, options.endpoint, row_ids)
    return subject.rows.complete(remote.predictions), remote.use
