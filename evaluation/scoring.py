"""Predictions → Scores: the station of the straight line where answers become numbers.

    score(predictions, settings=ScoringSettings(metrics=("accuracy", "f1"), …), identity=ScoreIdentity("claims", …))
        →  Scores(n=1000, scored=997, unscored=3, metrics={"accuracy": MetricScore(0.912, …), "f1": …}, …)

A row without an answer, or whose answer could not be extracted, is unscored: it counts as wrong and is counted apart.
*Not here:* getting answers (lfine.finetune.generate, lfine.evaluation.given_predictions), files, and models.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence

from lfine.evaluation.extraction import extractor
from lfine.evaluation.intervals import bootstrap_mean, bootstrap_statistic
from lfine.evaluation.metrics.confusion import tabulate
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.registry import Answered, Corpus, PerExample, check_metrics, find
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


def score(predictions: Sequence[Prediction], *, settings: ScoringSettings, identity: ScoreIdentity) -> Scores:
    """Score one model's answers to the held-out rows, given in the sample's fixed order.

    Raises:
        TaskError: LF209, LF204 or LF210 for the metrics; LF305 without rows; LF310 for a row that stands twice.
    """
    began = time.perf_counter()
    _check(predictions, settings)
    answered = answers_of(predictions, settings)
    metrics, per_example = _measure(answered, settings)
    coded = encode(answered) if settings.output_type == "category" else None
    unscored = sum(answer is None for answer in answered.answers)
    return Scores(
        task=identity.task,
        model=identity.model,
        split=identity.split,
        n=len(predictions),
        scored=len(predictions) - unscored,
        unscored=unscored,
        limit=identity.limit,
        metrics=metrics,
        headline=next(iter(metrics)),
        per_example=per_example,
        row_ids=tuple(prediction.row_id for prediction in predictions),
        confusion=None if coded is None else tabulate(coded),
        settings=settings,
        plan_hash=identity.plan_hash,
        evaluation_hash=identity.evaluation_hash,
        provenance=identity.provenance,
        seconds=identity.seconds + time.perf_counter() - began,
        rows_hash=_rows_hash(predictions),
        coded=coded,
    )


def answers_of(predictions: Sequence[Prediction], settings: ScoringSettings) -> Answered:
    """Extract the answers, as the metrics are to see them."""
    extract = extractor(settings.extract, settings.labels)
    return Answered(
        golds=tuple(prediction.gold for prediction in predictions),
        answers=tuple(extract(prediction.prediction) for prediction in predictions),
        labels=settings.labels,
    )


def _measure(
    answered: Answered, settings: ScoringSettings
) -> tuple[dict[str, MetricScore], dict[str, tuple[float, ...]]]:
    """Return every value with its interval, in the order asked for, and the per-example scores where there are some."""
    metrics: dict[str, MetricScore] = {}
    per_example: dict[str, tuple[float, ...]] = {}
    for name in settings.metrics:
        result = find(name).compute(answered)
        if isinstance(result, PerExample):
            for value, scores in result.scores.items():
                metrics[value] = bootstrap_mean(scores, confidence=settings.confidence, seed=settings.seed)
                per_example[value] = scores
        elif isinstance(result, Corpus):
            metrics[name] = bootstrap_statistic(
                result.statistic, len(answered.golds), confidence=settings.confidence, seed=settings.seed
            )
    return metrics, per_example


def _check(predictions: Sequence[Prediction], settings: ScoringSettings) -> None:
    problems = check_metrics(settings.metrics, settings.output_type)
    if not predictions:
        problems.append(Problem("LF305", "there is no held-out row to score", "give the held-out split a row"))
    row_ids = [prediction.row_id for prediction in predictions]
    if len(set(row_ids)) != len(row_ids):
        twice = sorted({row_id for row_id in row_ids if row_ids.count(row_id) > 1})
        message = f"{len(twice)} row ids have more than one answer, the first is {twice[0]}"
        problems.append(Problem("LF310", message, "keep one answer for each row"))
    if problems:
        raise TaskError(*problems)


def _rows_hash(predictions: Sequence[Prediction]) -> str:
    """Return the sha256 of (row id, gold) pairs in their order."""
    pairs = [[prediction.row_id, prediction.gold] for prediction in predictions]
    return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()
