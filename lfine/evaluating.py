"""`lfine evaluate`: answers of a model on the held-out sample, scored, with baselines and a report beside them.

    evaluate_task(Path("task.yaml"), EvaluateOptions(base=True, limit=100)) -> EvaluateOutcome(model="base", …)

The training half (model, data, prompt) is that of the run's own plan; generation and evaluation are the task file's.

*Not here:* generating (lfine.answering), metrics and the report (lfine.evaluation).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lfine.compiling import compile_file, model_folder, place_of, warn
from lfine.evaluation.baselines import majority, tfidf
from lfine.evaluation.files import write_predictions, write_scores
from lfine.evaluation.given_predictions import read_given_predictions
from lfine.evaluation.provenance import provenance
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.reports.page import write_report
from lfine.evaluation.scoring import score
from lfine.finetune.compile.compiling import Source, plan_evaluation, plan_scoring
from lfine.finetune.compile.files import read_plan
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import EvaluationPlan, Plan, TrainingPlan, evaluation_hash
from lfine.finetune.compile.prepare import Prepared, PreparedRows, prepare_model, prepare_rows
from lfine.runs import latest_run, read_run, runs_folder
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.loading import LoadedTask, load_task
from lfine.schemas.problems import Problem
from lfine.schemas.task import Task

TRAINING_KEYS = (
    "base_model",
    "dataset",
    "prompt",
    "output_feature",
    "preprocessing",
    "adapter",
    "quantization",
    "trainer",
)
"""The half of a task that a run has settled."""


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
    limit: int | None = None
    """Score the first so many rows of the sample."""
    command: str = ""


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

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Evaluated:
    """An outcome and where its files lie."""

    outcome: EvaluateOutcome
    folder: Path
    report: Path
    scores: Scores
    beside: tuple[Scores, ...]
    """The baselines' scores."""


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


def evaluate_task(path: Path, options: EvaluateOptions) -> Evaluated:
    """Answer the held-out sample (or read the answers), score it and write predictions, scores and report."""
    loaded = load_task(path, options.overrides)
    began = time.perf_counter()
    if options.predictions is not None:
        subject, model = _given_subject(loaded, options), Path(options.predictions).stem
        found = read_given_predictions(Path(options.predictions), _golds(subject, None), limit=options.limit)
        warn(found.problems)
        predictions: Sequence[Prediction] = found.predictions
        folder = _evaluations(loaded.task, None, options) / model
    else:
        subject = _subject(loaded, path, options)
        model = "base" if options.base else Path(options.adapter).resolve().name if options.adapter else "tuned"
        folder = _evaluations(loaded.task, None if options.adapter else subject.run, options) / model
        predictions = _answer(subject, options, folder)
    settings = _settings(subject.evaluation)
    identity = ScoreIdentity(
        task=subject.task.name,
        model=model,
        split=subject.evaluation.split,
        limit=options.limit,
        plan_hash=None if subject.plan is None else subject.plan.plan_hash,
        evaluation_hash=evaluation_hash(subject.evaluation),
        provenance=provenance(options.command, {each.name: each.sha256 for each in subject.rows.table.files}),
        seconds=time.perf_counter() - began,
    )
    scores = _keep(folder, predictions, settings, identity)
    beside = _baselines(subject, predictions, settings, identity, folder.parent)
    report = write_report(subject.run, folder)
    outcome = EvaluateOutcome(
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
    )
    return Evaluated(outcome, folder, report, scores, beside)


def _keep(
    folder: Path, predictions: Sequence[Prediction], settings: ScoringSettings, identity: ScoreIdentity
) -> Scores:
    scores = score(predictions, settings=settings, identity=identity)
    write_predictions(folder / "predictions.jsonl", predictions)
    write_scores(folder / "scores.json", scores)
    return scores


def _settings(plan: EvaluationPlan) -> ScoringSettings:
    return ScoringSettings(
        metrics=plan.metrics,
        output_type=plan.output_type,
        labels=plan.labels,
        extract=plan.extract,
        confidence=plan.confidence,
        seed=plan.seed,
    )


def _golds(subject: _Subject, limit: int | None) -> dict[int, str]:
    """Row id → gold answer, in the fixed order of the sample."""
    row_ids = subject.rows.held_out().row_ids[:limit]
    return {example.row_id: example.answer for example in subject.rows.examples_of(row_ids)}


def _evaluations(task: Task, run: Path | None, options: EvaluateOptions) -> Path:
    return (runs_folder(options.runs_dir) / task.name if run is None else run) / "evaluations"


def _given_subject(loaded: LoadedTask, options: EvaluateOptions) -> _Subject:
    """For somebody else's answers: data and evaluation settings only; no model, no tokenizer, no torch."""
    if options.run or options.adapter or options.base:
        message = "--predictions scores the answers of a file: --run, --adapter and --base do not go with it"
        raise TaskError(Problem("LF206", message, "give one of them"))
    task = loaded.task
    source = Source(task, loaded.folder, loaded.origin, place_of(loaded))
    rows = prepare_rows(task, loaded.folder, needed=(task.evaluation.split,), place=source.place)
    evaluation, warnings = plan_scoring(source, rows, Notes(loaded.origin), None)
    warn((*rows.warnings, *warnings))
    return _Subject(task, None, None, rows, evaluation, None, None)


def _subject(loaded: LoadedTask, path: Path, options: EvaluateOptions) -> _Subject:
    """For a model on this machine: the run's half where there is a run, else the task file compiled afresh."""
    run = _run_folder(loaded.task, options)
    if run is None:
        compiled = compile_file(path, options.overrides, fetch=True)
        plan = compiled.plan
        return _Subject(
            plan.task, None, None, compiled.prepared.rows, plan.evaluation, plan.training, compiled.prepared
        )
    plan = read_plan(run / "plan.json")
    task = _settled(loaded.task, plan.task)
    folder = Path(plan.folder)
    source = Source(task, folder, loaded.origin, place_of(loaded))
    rows = prepare_rows(task, folder, needed=(task.evaluation.split,), place=source.place)
    model = prepare_model(task, model_folder(task, folder, fetch=True, place=source.place))
    if model.renderer.hash != plan.training.prompt.hash:
        message = f"the prompt of run {run.name} renders otherwise now: chat template or tokenizer of the base changed"
        raise RunError(Problem("LF506", message, "restore the base model that it was trained on, or train again"))
    prepared = Prepared(rows, model)
    evaluation, warnings = plan_evaluation(source, prepared, plan.training.length, this_machine(), Notes(loaded.origin))
    warn((*rows.warnings, *warnings))
    return _Subject(task, run, plan, rows, evaluation, plan.training, prepared)


def _run_folder(task: Task, options: EvaluateOptions) -> Path | None:
    """Return the run that is meant; None where none is needed and none is there."""
    if options.adapter is not None:
        return None
    if options.run is not None:
        folder = Path(options.run).resolve()
        record = read_run(folder)
        if record.task != task.name:
            message = f"the run {folder} is of task {record.task!r}, and this is {task.name!r}"
            raise RunError(Problem("LF502", message, f"name a run of {task.name}, or the task file of {record.task}"))
        return folder
    runs = runs_folder(options.runs_dir)
    folder_or_none = latest_run(runs, task.name)
    if folder_or_none is None and not options.base:
        message = f"no finished run of {task.name} in {runs}"
        raise RunError(Problem("LF501", message, "lfine train TASK first, or --base for the model without an adapter"))
    return folder_or_none


def _settled(written: Task, trained: Task) -> Task:
    """Return the task with the training half of the run; say which keys the file has changed since."""
    changed = [key for key in TRAINING_KEYS if getattr(written, key) != getattr(trained, key)]
    if changed:
        print(
            f"the task file has changed since training ({', '.join(changed)}): the run's own are used", file=sys.stderr
        )
    return replace(written, **{key: getattr(trained, key) for key in TRAINING_KEYS})


def _answer(subject: _Subject, options: EvaluateOptions, folder: Path) -> list[Prediction]:
    from lfine.answering import Answering, answer  # torch: not for somebody else's predictions

    if subject.training is None or subject.prepared is None:
        raise ValueError("nothing to generate with")
    adapter = None
    if options.adapter is not None:
        adapter = Path(options.adapter)
    elif not options.base and subject.run is not None:
        adapter = subject.run / ("adapter" if subject.training.adapter else "model")
    row_ids = subject.rows.held_out().row_ids[: options.limit]
    return answer(Answering(subject.training, subject.evaluation, subject.prepared, adapter), row_ids, folder)


def _baselines(
    subject: _Subject,
    predictions: Sequence[Prediction],
    settings: ScoringSettings,
    identity: ScoreIdentity,
    folder: Path,
) -> tuple[Scores, ...]:
    """Score what the task asks for beside the model, on the same rows; the answers need no extraction."""
    train = subject.rows.examples("train") if subject.evaluation.baselines else []
    if not train:
        return ()
    answers = [example.answer for example in train]
    test = subject.rows.examples_of([prediction.row_id for prediction in predictions])
    found = []
    for name in subject.evaluation.baselines:
        began = time.perf_counter()
        if name == "majority":
            given = majority(answers, len(test))
        else:
            texts = [" ".join(example.values.values()) for example in (*train, *test)]
            given = tfidf(texts[: len(train)], answers, texts[len(train) :])
        rows = [Prediction(row.row_id, row.answer, text) for row, text in zip(test, given, strict=True)]
        named = replace(identity, model=name, plan_hash=None, seconds=time.perf_counter() - began)
        found.append(_keep(folder / name, rows, replace(settings, extract="none"), named))
    return tuple(found)
