"""The files a report is made of, read into records; every one but the evaluation's own scores.json may be absent.

    <run>/             task.yaml  plan.json  run.json  log.jsonl
    <run>/evaluations/ tuned/{scores.json, predictions.jsonl}  base/…  tfidf/…

*Not here:* writing any of them, and what the page says about them (lfine.evaluation.reports.page).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lfine.evaluation.compare import Comparison, compare
from lfine.evaluation.files import damaged, parse_json, read_predictions, read_record, read_scores, read_text
from lfine.evaluation.records import Prediction, Scores
from lfine.schemas.errors import RunError
from lfine.schemas.records import Record, ShapeError, from_json


@dataclass(frozen=True)
class ModelEvaluation:
    """One folder of `evaluations/`."""

    scores: Scores
    predictions: tuple[Prediction, ...]
    """Empty where predictions.jsonl is absent."""


@dataclass(frozen=True)
class Decision:
    """One value of the plan."""

    path: str
    value: object
    origin: str
    """A line of the task file, `--set …`, `default`, or the pass that derived it."""
    reason: str


@dataclass(frozen=True)
class PlanFile:
    """What the page shows of plan.json."""

    decisions: tuple[Decision, ...] = ()
    plan_hash: str | None = None


@dataclass(frozen=True)
class DataFile:
    sha256: str
    rows: int | str | None = None
    """As a number or its digits."""


@dataclass(frozen=True)
class RunData:
    """The data of a run, as run.json describes them."""

    files: dict[str, DataFile] = field(default_factory=dict)
    """By file name."""
    rows: dict[str, int] = field(default_factory=dict)
    """By split."""
    cut: int | None = None
    """Training rows whose longest column lost its end."""
    left_out: int | None = None
    """Training rows that did not fit even so."""


@dataclass(frozen=True)
class RunFile:
    """What the page shows of run.json."""

    status: str | None = None
    created: str | None = None
    finished: str | None = None
    steps: int | None = None
    train_examples: int | None = None
    seconds: float | None = None
    final_loss: float | None = None
    best_validation_loss: float | None = None
    best_step: int | None = None
    """The update whose weights the adapter has, where an evaluation chose it."""
    plan_hash: str | None = None
    command: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    data: RunData | None = None


@dataclass(frozen=True)
class LogLine:
    """One line of log.jsonl: an update has a loss, a validation a validation_loss, a checkpoint neither."""

    step: int
    loss: float | None = None
    learning_rate: float | None = None
    validation_loss: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    """Of an evaluation that answered rows."""
    best: bool = False
    """An evaluation that was better than all before."""
    tokens: int | None = None
    computed_tokens: int | None = None
    step_seconds: float | None = None
    """Of an update; evaluations and checkpoints have `seconds`."""
    seconds: float | None = None


@dataclass(frozen=True)
class ReportFiles:
    """Everything a page is made of."""

    subject: ModelEvaluation
    """The evaluation that the report is about."""
    others: tuple[ModelEvaluation, ...]
    """The other models beside it: base and few_shot first, then endpoints by name, then the baselines."""
    task_text: str | None
    plan: PlanFile | None
    run: RunFile | None
    log: tuple[LogLine, ...]

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """With every other model that was scored on the same rows; the table of scores shows the rest."""
        found = []
        for other in self.others:
            try:
                found.append(compare(self.subject.scores, other.scores))
            except RunError:
                continue
        return tuple(found)


def read_report_files(run_folder: Path | None, evaluation_folder: Path) -> ReportFiles:
    """Read what is there; RunError LF505 for a damaged file, or when the evaluation has no scores.json."""
    beside = sorted(path.parent for path in evaluation_folder.resolve().parent.glob("*/scores.json"))
    others = [_evaluation(folder) for folder in beside if folder != evaluation_folder.resolve()]
    others.sort(key=lambda other: (_rank(other.scores.model), other.scores.model))
    return ReportFiles(
        subject=_evaluation(evaluation_folder),
        others=tuple(others),
        task_text=_optional_text(run_folder, "task.yaml"),
        plan=_optional_record(run_folder, "plan.json", PlanFile),
        run=_optional_record(run_folder, "run.json", RunFile),
        log=_read_log(run_folder / "log.jsonl") if run_folder and (run_folder / "log.jsonl").exists() else (),
    )


def _evaluation(folder: Path) -> ModelEvaluation:
    answers = folder / "predictions.jsonl"
    predictions = tuple(read_predictions(answers)) if answers.exists() else ()
    scores = read_scores(folder / "scores.json")
    if predictions and scores.row_ids != tuple(prediction.row_id for prediction in predictions):
        raise damaged(answers, f"{answers.name} and scores.json are of different rows", None)
    return ModelEvaluation(scores, predictions)


def _rank(model: str) -> int:
    return {"tuned": 0, "base": 1, "few_shot": 2, "tfidf": 4, "majority": 5}.get(model, 3)


def _optional_text(folder: Path | None, name: str) -> str | None:
    return read_text(folder / name) if folder is not None and (folder / name).exists() else None


def _optional_record(folder: Path | None, name: str, kind: type[Record]) -> Record | None:
    return read_record(folder / name, kind) if folder is not None and (folder / name).exists() else None


def _read_log(path: Path) -> tuple[LogLine, ...]:
    """Read the log; a last line without its newline is what a killed run leaves behind and is passed over."""
    complete = read_text(path).split("\n")[:-1]
    lines: list[LogLine] = []
    for number, text in enumerate(complete, start=1):
        try:
            lines.append(from_json(LogLine, parse_json(text)))
        except (ValueError, ShapeError) as error:
            raise damaged(path, f"line {number} of {path.name} is damaged: {error}", number) from error
    return tuple(lines)
