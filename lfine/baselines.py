"""What is scored beside a model, on the same rows: the most frequent answer, TF-IDF, the base model, examples shown.

    desk = Desk(Answering(…, adapter=Path("…/adapter")), Speaker(…), "lfine evaluate task.yaml")
    score_baselines(Scored(rows, evaluation, identity, folder=run / "evaluations"), predictions, desk)
      ─▶  (Scores(model="base", …), Scores(model="few_shot", …))      # and their folders beside the model's own

`base` and `few_shot` are answered by the model that is loaded already, its adapter switched off; what was scored before
with the same plan, evaluation and rows is not answered again.

*Not here:* the models that cost nothing (lfine.evaluation.baselines), which baselines a task wants (its plan).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.compiling import say
from lfine.evaluation.baselines import BASELINES as FREE
from lfine.evaluation.baselines import majority, tfidf
from lfine.evaluation.files import read_scores, write_predictions, write_scores
from lfine.evaluation.judging import Judging
from lfine.evaluation.records import Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import rows_hash, score
from lfine.finetune.compile.few_shot import few_shot_renderer
from lfine.finetune.compile.plan import EvaluationPlan
from lfine.finetune.compile.prepare import PreparedRows
from lfine.schemas.errors import RunError
from lfine.schemas.task import Extract
from lfine.stops import Interrupted

if TYPE_CHECKING:
    from lfine.answering import Answering
    from lfine.finetune.generate.local_speaker import Speaker

OTHERS = "--predictions or --endpoint"
WHOLE = Extract("none", pattern=None, field=None)
"""Answers that no model wrote need no extraction."""


@dataclass(frozen=True)
class Desk:
    """A model that can be asked, and how to go on when it is stopped."""

    who: Answering
    speaker: Speaker
    command: str
    """The command line."""

    def answers(self, row_ids: Sequence[int], folder: Path) -> list[Prediction]:
        """Return the answers to these rows; Interrupted with the command that goes on."""
        from lfine.answering import answer

        try:
            return answer(self.who, row_ids, folder, self.speaker)
        except KeyboardInterrupt:
            raise Interrupted("the answers so far are kept", self.command) from None


@dataclass(frozen=True)
class Scored:
    """The evaluation that baselines stand beside."""

    rows: PreparedRows
    evaluation: EvaluationPlan
    identity: ScoreIdentity
    folder: Path
    """Of all evaluations."""
    judging: Judging | None = None
    """For metrics that need more than gold and answer."""


def settings_of(plan: EvaluationPlan) -> ScoringSettings:
    """Return what scoring needs to know of a plan."""
    return ScoringSettings(
        metrics=plan.metrics,
        output_type=plan.output_type,
        labels=plan.labels,
        extract=plan.extract,
        confidence=plan.confidence,
        interval=plan.interval,
        seed=plan.seed,
        schema=plan.schema,
    )


def keep(
    folder: Path,
    predictions: Sequence[Prediction],
    settings: ScoringSettings,
    identity: ScoreIdentity,
    *,
    judging: Judging | None,
) -> Scores:
    """Score answers and write both files."""
    scores = score(predictions, settings=settings, identity=identity, judging=judging)
    write_predictions(folder / "predictions.jsonl", predictions)
    write_scores(folder / "scores.json", scores)
    return scores


def score_baselines(beside: Scored, predictions: Sequence[Prediction], desk: Desk | None) -> tuple[Scores, ...]:
    """Score what the task asks for on the rows of `predictions`; without a desk only what needs no model."""
    found: list[Scores] = []
    for name in beside.evaluation.baselines:
        if name in FREE:
            found += _from_training_rows(name, beside, predictions)
        elif name != beside.identity.model:
            found += _from_model(name, beside, predictions, desk)
    return tuple(found)


def _from_training_rows(name: str, beside: Scored, predictions: Sequence[Prediction]) -> list[Scores]:
    began = time.perf_counter()
    train = beside.rows.examples("train")
    if not train:
        return []
    answers = [example.answer for example in train]
    if name == "majority":
        given = majority(answers, len(predictions))
    else:
        test = beside.rows.examples_of([prediction.row_id for prediction in predictions])
        texts = [" ".join(example.values.values()) for example in (*train, *test)]
        given = tfidf(texts[: len(train)], answers, texts[len(train) :])
    rows = [Prediction(row.row_id, row.gold, text) for row, text in zip(predictions, given, strict=True)]
    rows = beside.rows.complete(rows)
    identity = _identity(beside, name, plan_hash=None, began=began)
    settings = replace(settings_of(beside.evaluation), extract=WHOLE)
    return [keep(beside.folder / name, rows, settings, identity, judging=beside.judging)]


def _from_model(name: str, beside: Scored, predictions: Sequence[Prediction], desk: Desk | None) -> list[Scores]:
    before = _scored_before(name, beside, predictions)
    if before is not None:
        return [before]
    if desk is None:
        say(f"the baseline {name} needs the model: lfine evaluate TASK, without {OTHERS}, scores it")
        return []
    from lfine.answering import forget

    began, folder = time.perf_counter(), beside.folder / name
    who = replace(desk.who, adapter=None)
    if name == "few_shot":
        renderer = few_shot_renderer(who.prepared, beside.evaluation.few_shot_rows)
        who = replace(who, prepared=replace(who.prepared, model=replace(who.prepared.model, renderer=renderer)))
    say(f"answering with the baseline {name}")
    rows = replace(desk, who=who).answers([prediction.row_id for prediction in predictions], folder)
    identity = _identity(beside, name, plan_hash=beside.identity.plan_hash, began=began)
    scores = keep(folder, rows, settings_of(beside.evaluation), identity, judging=beside.judging)
    forget(folder)
    return [scores]


def _identity(beside: Scored, name: str, *, plan_hash: str | None, began: float) -> ScoreIdentity:
    """What the adapter has learned, or a remote model cost, says nothing about another model."""
    seconds = time.perf_counter() - began
    identity = replace(beside.identity, model=name, plan_hash=plan_hash, overlap=None, endpoint=None, seconds=seconds)
    return replace(identity, base_model=None) if name in FREE else identity


def _scored_before(name: str, beside: Scored, predictions: Sequence[Prediction]) -> Scores | None:
    """Return the scores of this plan, evaluation and rows; None without a run, whose plan alone names the model."""
    if beside.identity.plan_hash is None:
        return None
    rows = rows_hash([(prediction.row_id, prediction.gold) for prediction in predictions])
    return _kept(name, beside, beside.identity.plan_hash, rows)


def all_scored_before(beside: Scored, row_ids: Sequence[int]) -> tuple[Scores, ...] | None:
    """Return the scores of the model and then of each baseline, where all were scored before as they would be now."""
    if beside.identity.plan_hash is None:
        return None
    rows = rows_hash([(example.row_id, example.answer) for example in beside.rows.examples_of(row_ids)])
    names = dict.fromkeys((beside.identity.model, *beside.evaluation.baselines))
    plans = {name: None if name in FREE else beside.identity.plan_hash for name in names}
    found = [_kept(name, beside, plan_hash, rows) for name, plan_hash in plans.items()]
    return None if None in found else tuple(scores for scores in found if scores is not None)


def _kept(name: str, beside: Scored, plan_hash: str | None, rows: str) -> Scores | None:
    path = beside.folder / name / "scores.json"
    if not path.is_file():
        return None
    try:
        scores = read_scores(path)
    except RunError:
        return None  # damaged, or of another version: answered anew
    same = (scores.plan_hash, scores.evaluation_hash) == (plan_hash, beside.identity.evaluation_hash)
    return scores if same and scores.model == name and scores.rows_hash == rows else None
