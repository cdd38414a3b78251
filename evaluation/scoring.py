"""Predictions → Scores: the station of the straight line where answers become numbers.

    score(predictions, settings=ScoringSettings(metrics=(accuracy, f1), …), identity=ScoreIdentity("claims", …))
        →  Scores(n=1000, scored=997, unscored=3, metrics={"accuracy": MetricScore(0.912, …), "f1": …}, …)

    quick_scores(golds, predictions, settings)  →  {"accuracy": 0.912, "f1": 0.87}      # no intervals

A row without an answer, or whose answer could not be extracted, is unscored: it counts as wrong and is counted apart.
*Not here:* getting answers (lfine.finetune.generate, lfine.evaluation.given_predictions), files, and models.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import replace

from lfine.evaluation.extraction import check_extract, extractor
from lfine.evaluation.intervals import bootstrap_mean, bootstrap_statistic
from lfine.evaluation.metrics.checking import check_golds, check_metrics
from lfine.evaluation.metrics.confusion import tabulate
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.registry import Answered, Corpus, PerExample, find, suffix, value_names
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice


def score(predictions: Sequence[Prediction], *, settings: ScoringSettings, identity: ScoreIdentity) -> Scores:
    """Score one model's answers to the held-out rows, given in the sample's fixed order.

    Raises:
        TaskError: LF209, LF204, LF210, LF211, LF114 or LF314 for the metrics; LF270–LF274 for the extraction; LF305
            without rows; LF310 for a row that stands twice.
        RunError: LF520, the pattern of the extraction needs too long for an answer.
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
        rows_hash=rows_hash([(prediction.row_id, prediction.gold) for prediction in predictions]),
        coded=coded,
        overlap=identity.overlap,
        endpoint=identity.endpoint,
    )


def quick_scores(
    golds: Sequence[str], predictions: Sequence[str | None], settings: ScoringSettings
) -> dict[str, float]:
    """Return the value of every metric over all rows, by value name, without intervals; rows in the same order.

    Raises:
        RunError: LF520, the pattern of the extraction needs too long for an answer.
    """
    answered = _answered(golds, predictions, settings)
    found: dict[str, float] = {}
    for choice in settings.metrics:
        result = find(choice.name).compute(replace(answered, choice=choice))
        if isinstance(result, PerExample):
            found |= {value + suffix(choice): _mean(scores) for value, scores in result.scores.items()}
        elif isinstance(result, Corpus):
            found[choice.name + suffix(choice)] = _over_all_rows(result, len(answered.golds))
    return found


def higher_is_better(value: str, metrics: Sequence[MetricChoice]) -> bool:
    """Say which way is better for `loss` or a value of these metrics; KeyError for a value that none of them gives."""
    ways = {name: find(choice.name).higher_is_better for choice in metrics for name in value_names(choice)}
    return {**ways, "loss": False}[value]


def answers_of(predictions: Sequence[Prediction], settings: ScoringSettings) -> Answered:
    """Extract the answers, as the metrics are to see them."""
    golds = [prediction.gold for prediction in predictions]
    return _answered(golds, [prediction.prediction for prediction in predictions], settings)


def rows_hash(rows: Sequence[tuple[int, str]]) -> str:
    """Return the sha256 of (row id, gold) pairs in their order."""
    return hashlib.sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest()


def _answered(golds: Sequence[str], predictions: Sequence[str | None], settings: ScoringSettings) -> Answered:
    extract = extractor(settings.extract, settings.labels)
    answers = tuple(extract(prediction) for prediction in predictions)
    return Answered(tuple(golds), answers, settings.labels, schema=settings.schema)


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores) if scores else 0.0


def _over_all_rows(result: Corpus, n: int) -> float:
    import numpy as np

    return float(result.statistic(np.arange(n, dtype=np.int64)[None, :])[0]) if n else 0.0


def _measure(
    answered: Answered, settings: ScoringSettings
) -> tuple[dict[str, MetricScore], dict[str, tuple[float, ...]]]:
    """Return every value with its interval, in the order asked for, and the per-example scores where there are some."""
    metrics: dict[str, MetricScore] = {}
    per_example: dict[str, tuple[float, ...]] = {}
    confidence, seed = settings.confidence, settings.seed
    for choice in settings.metrics:
        result, end = find(choice.name).compute(replace(answered, choice=choice)), suffix(choice)
        if isinstance(result, PerExample):
            for value, scores in result.scores.items():
                metrics[value + end] = bootstrap_mean(scores, confidence=confidence, seed=seed)
                per_example[value + end] = scores
        elif isinstance(result, Corpus):
            n = len(answered.golds)
            metrics[choice.name + end] = bootstrap_statistic(result.statistic, n, confidence=confidence, seed=seed)
    return metrics, per_example


def _check(predictions: Sequence[Prediction], settings: ScoringSettings) -> None:
    problems = check_metrics(settings.metrics, settings.output_type, labels=settings.labels)
    problems += check_extract(settings.extract, settings.output_type)
    if not problems:
        problems = check_golds({prediction.row_id: prediction.gold for prediction in predictions}, settings.metrics)
    if not predictions:
        problems.append(Problem("LF305", "there is no held-out row to score", "give the held-out split a row"))
    row_ids = [prediction.row_id for prediction in predictions]
    if len(set(row_ids)) != len(row_ids):
        twice = sorted({row_id for row_id in row_ids if row_ids.count(row_id) > 1})
        message = f"{len(twice)} row ids have more than one answer, the first is {twice[0]}"
        problems.append(Problem("LF310", message, "keep one answer for each row"))
    if problems:
        raise TaskError(*problems)
