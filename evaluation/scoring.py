"""Predictions → Scores: the station of the straight line where answers become numbers.

    score(predictions, settings=ScoringSettings(metrics=(accuracy, f1), …), identity=ScoreIdentity("claims", …))
        →  Scores(n=1000, scored=997, unscored=3, metrics={"accuracy": MetricScore(0.912, …), "f1": …}, …)

    quick_scores(predictions, settings)  →  {"accuracy": 0.912, "f1": 0.87}      # no intervals

A row without an answer, or whose answer could not be extracted, is unscored: it counts as wrong and is counted apart.
So does an answer that one metric cannot read (no number, no JSON), counted for that metric.
*Not here:* getting answers (lfine.finetune.generate, lfine.evaluation.given_predictions), files, and models.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lfine.evaluation.extraction import check_extract, extractor
from lfine.evaluation.intervals import bootstrap_statistic, mean_interval
from lfine.evaluation.judging import Judging
from lfine.evaluation.label_scores import label_scores
from lfine.evaluation.metrics.checking import check_golds, check_metrics, check_recorded
from lfine.evaluation.metrics.confusion import tabulate
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, PerExample, find, suffix, value_names
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import Statistic

SHOWN = 3
"""Reasons that are named."""


def score(
    predictions: Sequence[Prediction],
    *,
    settings: ScoringSettings,
    identity: ScoreIdentity,
    judging: Judging | None = None,
) -> Scores:
    """Score one model's answers to the held-out rows, given in the sample's fixed order.

    Raises:
        TaskError: LF209, LF204, LF210, LF211, LF114 or LF314 for the metrics; LF270–LF274 for the extraction; LF305
            without rows; LF310 for a row that stands twice; LF315 where no row has what a metric reads of the model.
        RunError: LF520, the pattern of the extraction needs too long for an answer; LF530, a custom metric fails;
            LF531, a metric needs `judging`; LF532, a metric can judge no row.
        MachineError: LF440, code cannot be run here in a cage that holds.
    """
    began = time.perf_counter()
    _check(predictions, settings)
    answered = answers_of(predictions, settings)
    measured = _measure(replace(answered, judging=judging), settings)
    coded = encode(answered) if settings.output_type == "category" else None
    unscored = sum(answer is None for answer in answered.answers)
    blank = sum(not (prediction.prediction or "").strip() for prediction in predictions)
    return Scores(
        task=identity.task,
        model=identity.model,
        split=identity.split,
        n=len(predictions),
        scored=len(predictions) - unscored,
        unscored=unscored,
        limit=identity.limit,
        metrics=measured.metrics,
        headline=next(iter(measured.metrics)),
        per_example=measured.per_example,
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
        reasons=measured.reasons,
        code=measured.code,
        unextracted=unscored - blank,
        unjudged=measured.unjudged,
        facts=measured.facts,
        per_label=None if coded is None else label_scores(coded, confidence=settings.confidence),
        endpoint=identity.endpoint,
        base_model=identity.base_model,
    )


def quick_scores(predictions: Sequence[Prediction], settings: ScoringSettings) -> dict[str, float]:
    """Return the value of every metric over all rows, by value name, without intervals.

    Raises:
        TaskError: LF315, no row has what a metric reads of the model.
        RunError: LF520, the pattern of the extraction needs too long for an answer.
    """
    unrecorded = check_recorded(predictions, settings.metrics)
    if unrecorded:
        raise TaskError(*unrecorded)
    answered = answers_of(predictions, settings)
    found: dict[str, float] = {}
    for choice in settings.metrics:
        metric, end = find(choice.name), suffix(choice)
        result = metric.compute(replace(answered, choice=choice))
        if isinstance(result, PerExample):
            found |= {value + end: _mean(_judged(result, value)) for value in result.scores}
        elif isinstance(result, Corpus | Facts):
            statistics = metric.statistics(result, choice)
            found |= {value + end: _over_all_rows(each, len(predictions)) for value, each in statistics.items()}
    return found


def higher_is_better(value: str, metrics: Sequence[MetricChoice]) -> bool:
    """Say which way is better for `loss` or a value of these metrics; KeyError for a value that none of them gives."""
    ways = {name: find(choice.name).higher_is_better for choice in metrics for name in value_names(choice)}
    return {**ways, "loss": False}[value]


def left_out(scores: Scores) -> list[str]:
    """Return a sentence for each value that rows are left out of, with the reasons and how often each occurs."""
    sentences = []
    for value, each in scores.per_example.items():
        rows = [row_id for row_id, score in zip(scores.row_ids, each, strict=True) if score is None]
        if rows:
            told = scores.reasons.get(value, {})
            reasons = Counter(told.get(str(row_id), "nothing can be said of them") for row_id in rows)
            listed = "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common(SHOWN))
            sentences.append(f"{len(rows)} of {scores.n} rows are left out of {value}: {listed}")
    return sentences


def answers_of(predictions: Sequence[Prediction], settings: ScoringSettings) -> Answered:
    """Extract the answers, as the metrics are to see them."""
    extract = extractor(settings.extract, settings.labels)
    answers = tuple(extract(prediction.prediction) for prediction in predictions)
    golds = tuple(prediction.gold for prediction in predictions)
    samples: tuple[tuple[str | None, ...], ...] = ()
    if any(prediction.samples is not None for prediction in predictions):
        samples = tuple(tuple(map(extract, each.samples or (each.prediction,))) for each in predictions)
    return Answered(golds, answers, settings.labels, schema=settings.schema, given=tuple(predictions), samples=samples)


def rows_hash(rows: Sequence[tuple[int, str]]) -> str:
    """Return the sha256 of (row id, gold) pairs in their order."""
    return hashlib.sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest()


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores) if scores else 0.0


def _over_all_rows(statistic: Statistic, n: int) -> float:
    import numpy as np

    return float(statistic(np.arange(n, dtype=np.int64)[None, :])[0]) if n else 0.0


@dataclass
class _Measured:
    """What the metrics found, by the name of a value, in the order asked for."""

    metrics: dict[str, MetricScore] = field(default_factory=dict)
    per_example: dict[str, tuple[float | None, ...]] = field(default_factory=dict)
    reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)
    unjudged: dict[str, int] = field(default_factory=dict)
    facts: dict[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)


def _measure(answered: Answered, settings: ScoringSettings) -> _Measured:
    """Return every value with its interval, and what is kept of each row."""
    measured, n = _Measured(), len(answered.golds)
    for choice in settings.metrics:
        metric, end = find(choice.name), suffix(choice)
        result = metric.compute(replace(answered, choice=choice))
        if isinstance(result, PerExample):
            for value, scores in result.scores.items():
                judged = _judged(result, value)
                measured.metrics[value + end] = _mean_interval(judged, settings)
                without = result.left_out.get(value, frozenset())
                kept = (None if place in without else each for place, each in enumerate(scores))
                measured.per_example[value + end] = tuple(kept)
            _keep_account(measured, result, next(iter(result.scores)) + end, answered)
        elif isinstance(result, Corpus | Facts):
            for value, statistic in metric.statistics(result, choice).items():
                score = bootstrap_statistic(
                    statistic, n, confidence=settings.confidence, seed=settings.seed, method=settings.interval
                )
                measured.metrics[value + end] = score
        if isinstance(result, Facts):
            measured.facts[metric.values[0] + end] = result.rows
        if isinstance(result, PerExample | Facts) and result.unjudged:
            measured.unjudged[metric.values[0] + end] = result.unjudged
    return measured


def _mean_interval(scores: Sequence[float], settings: ScoringSettings) -> MetricScore:
    return mean_interval(scores, confidence=settings.confidence, seed=settings.seed, method=settings.interval)


def _judged(result: PerExample, value: str) -> Sequence[float]:
    """Return the scores of the rows of which something can be said; RunError LF532 where there is none."""
    scores, without = result.scores[value], result.left_out.get(value, frozenset())
    judged = [each for place, each in enumerate(scores) if place not in without] if without else scores
    if not judged and scores:
        why = next((reason for reason in result.reasons if reason), "the metric says nothing of them")
        message = f"{value} can judge none of {len(scores)} rows: {why}"
        raise RunError(Problem("LF532", message, "mend the data or the metric's parameters; the answers are kept"))
    return judged


def _keep_account(measured: _Measured, result: PerExample, value: str, answered: Answered) -> None:
    """Keep why rows have their scores, and which code gave them."""
    told = zip(answered.given, result.reasons, strict=False)  # reasons may be empty
    reasons = {str(row.row_id): reason for row, reason in told if reason is not None}
    if reasons:
        measured.reasons[value] = reasons
    if result.code is not None:
        measured.code[value] = result.code


def _check(predictions: Sequence[Prediction], settings: ScoringSettings) -> None:
    problems = check_metrics(settings.metrics, settings.output_type, labels=settings.labels)
    problems += check_extract(settings.extract, settings.output_type)
    if not problems:
        problems = check_golds({prediction.row_id: prediction.gold for prediction in predictions}, settings.metrics)
        problems += _unread_samples(predictions, settings)
        problems += check_recorded(predictions, settings.metrics)
    if not predictions:
        problems.append(Problem("LF305", "there is no held-out row to score", "give the held-out split a row"))
    row_ids = [prediction.row_id for prediction in predictions]
    if len(set(row_ids)) != len(row_ids):
        twice = sorted({row_id for row_id in row_ids if row_ids.count(row_id) > 1})
        message = f"{len(twice)} row ids have more than one answer, the first is {twice[0]}"
        problems.append(Problem("LF310", message, "keep one answer for each row"))
    if problems:
        raise TaskError(*problems)


def _unread_samples(predictions: Sequence[Prediction], settings: ScoringSettings) -> list[Problem]:
    """Return the problem of several answers to a row where every metric looks at the first only."""
    several = [each.row_id for each in predictions if each.samples is not None and len(each.samples) > 1]
    if not several or any(find(choice.name).samples for choice in settings.metrics):
        return []
    message = (
        f"{len(several)} rows have several answers, the first is {several[0]}, and no metric looks at more than one"
    )
    return [Problem("LF310", message, "keep one answer for each row, or score with code_execution")]
