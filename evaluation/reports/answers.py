"""Every answer as a row: gold, answer, the base model's beside it, right or wrong, won or lost, and why.

    answer_rows(tuned, base)[7]
        →  AnswerRow(row_id=7, prompt="…my car was hit", gold="auto claims", answer="home claims", state="wrong",
                     score=0.0, rival="auto claims", rival_score=1.0, change="lost", …)

*Not here:* layout (page.html, answers.js), packing into the page (packing), files (answer_file).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfine.evaluation.metrics.label_counts import NO_LABEL
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.calibration import confidence_of
from lfine.evaluation.reports.sources import ModelEvaluation
from lfine.evaluation.scoring import answers_of

STATES = ("right", "partly", "wrong", "unscored", "left out", "answered")
"""right: score 1; partly: between 0 and 1; wrong: 0; unscored: no answer, or nothing to extract, which counts as wrong;
left out: nothing can be said of the row; answered: the metrics say nothing of single rows."""


@dataclass(frozen=True)
class AnswerRow:
    """One held-out row and what was answered to it."""

    row_id: int
    prompt: str | None
    """What differs from the other prompts."""
    gold: str
    answer: str | None
    state: str
    """One of STATES."""
    score: float | None
    rival: str | None
    """The base model's answer."""
    rival_score: float | None
    change: str | None
    """won, lost or even against the base model; None where one of the two has no score for the row."""
    gold_label: str | None
    """The label that the gold answer is counted as; None for text."""
    answer_label: str | None
    confidence: float | None
    """Probability of the most probable label, where the model gave probabilities."""
    prompt_tokens: int | None
    completion_tokens: int | None
    finish_reason: str | None
    reason: str | None
    """Why the row has its score: the error of a query, of a program, of a request."""


def answer_rows(subject: ModelEvaluation, base: ModelEvaluation | None) -> list[AnswerRow]:
    """Return every answer in the order of the sample; none where there are no predictions."""
    scores = subject.scores
    numbers = example_scores(scores) or (None,) * scores.n
    judged = bool(example_scores(scores))
    prompts = _distinct_parts([prediction.prompt for prediction in subject.predictions])
    unscored, labels, reasons = _unscored(subject), _labels(scores), _reasons(scores)
    rivals = _rivals(base)
    rows = []
    for place, prediction in enumerate(subject.predictions):
        rival, rival_score = rivals.get(prediction.row_id, (None, None))
        score = numbers[place]
        gold_label, answer_label = labels[place] if labels else (None, None)
        rows.append(
            AnswerRow(
                row_id=prediction.row_id,
                prompt=prompts[place],
                gold=prediction.gold,
                answer=prediction.prediction,
                state="unscored" if place in unscored else _state(score, judged=judged),
                score=score,
                rival=rival,
                rival_score=rival_score,
                change=_change(score, rival_score),
                gold_label=gold_label,
                answer_label=answer_label,
                confidence=confidence_of(prediction),
                prompt_tokens=prediction.prompt_tokens,
                completion_tokens=prediction.completion_tokens,
                finish_reason=prediction.finish_reason,
                reason=reasons.get(prediction.row_id),
            )
        )
    return rows


def worst_first(rows: Sequence[AnswerRow]) -> list[AnswerRow]:
    """Return the rows with a score below 1, the lowest first; of equals, first those that the base model had better."""
    below = [(row.score, -(row.rival_score or 0.0), place) for place, row in enumerate(rows) if row.score is not None]
    return [rows[place] for score, _, place in sorted(below) if score < 1]


def example_scores(scores: Scores) -> tuple[float | None, ...]:
    """Return the per-example scores to go by: the headline's, else the first there are, else right or wrong labels.

    None for a row that the metric can say nothing of.
    """
    if scores.headline in scores.per_example:
        return scores.per_example[scores.headline]
    if scores.per_example:
        return next(iter(scores.per_example.values()))
    if scores.coded is None:
        return ()
    return tuple(float(gold == answer) for gold, answer in zip(scores.coded.golds, scores.coded.answers, strict=True))


def example_metric(scores: Scores) -> str:
    """Return what `example_scores` are called."""
    if scores.headline in scores.per_example:
        return scores.headline
    return next(iter(scores.per_example), "label right")


def _state(score: float | None, *, judged: bool) -> str:
    if score is None:
        return "left out" if judged else "answered"
    return "right" if score >= 1 else "wrong" if score <= 0 else "partly"


def _change(score: float | None, rival: float | None) -> str | None:
    if score is None or rival is None:
        return None
    return "even" if score == rival else "won" if score > rival else "lost"


def _unscored(subject: ModelEvaluation) -> set[int]:
    """Return the places of rows without an answer that could be judged."""
    if not subject.scores.unscored or not subject.predictions:
        return set()
    answers = answers_of(subject.predictions, subject.scores.settings).answers
    return {place for place, answer in enumerate(answers) if answer is None}


def _labels(scores: Scores) -> list[tuple[str, str]]:
    """Return (gold label, answered label) of each row; nothing for text."""
    if scores.coded is None:
        return []
    names = (*scores.coded.labels, NO_LABEL)
    return [(names[gold], names[answer]) for gold, answer in zip(scores.coded.golds, scores.coded.answers, strict=True)]


def _reasons(scores: Scores) -> dict[int, str]:
    """Return why rows have their scores, by row id; the metric is named where several give reasons."""
    found: dict[int, list[str]] = {}
    for metric, told in scores.reasons.items():
        for row_id, reason in told.items():
            found.setdefault(int(row_id), []).append(f"{metric}: {reason}" if len(scores.reasons) > 1 else reason)
    for failed in scores.endpoint.failed if scores.endpoint else ():
        found.setdefault(failed.row_id, []).append(f"request failed: {failed.reason}")
    return {row_id: "; ".join(texts) for row_id, texts in found.items()}


def _rivals(base: ModelEvaluation | None) -> dict[int, tuple[str | None, float | None]]:
    """Return (answer, score) of the base model by row id."""
    if base is None:
        return {}
    scores = dict(zip(base.scores.row_ids, example_scores(base.scores), strict=False))
    return {each.row_id: (each.prediction, scores.get(each.row_id)) for each in base.predictions}


def _distinct_parts(prompts: Sequence[str | None]) -> list[str | None]:
    """Return the prompts without what all of them begin and end with, cut between words."""
    known = [prompt for prompt in prompts if prompt is not None]
    if len(set(known)) < 2:
        return list(prompts)
    start = _back_to_word(_common_start(known))
    rest = [prompt[start:] for prompt in known]
    end = _back_to_word(_common_start([prompt[::-1] for prompt in rest]))
    return [None if prompt is None else prompt[start : len(prompt) - end].strip() for prompt in prompts]


def _common_start(texts: Sequence[str]) -> str:
    """Return what all texts begin with: what the first and the last of them in sorted order begin with."""
    first, last = min(texts), max(texts)
    differs = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differs, min(len(first), len(last)))]


def _back_to_word(common: str) -> int:
    """Return the length of `common` up to and with its last white space."""
    return max((place + 1 for place, character in enumerate(common) if character.isspace()), default=0)
