"""The answers worth reading: the worst, side by side with the base model's, and the part of the prompt that differs.

    worst(tuned, base, 20)[0]
        →  Example(row_id=7, prompt="…my car was hit", gold="auto claims", answer="home claims", rival="auto claims", …)

*Not here:* layout (page.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfine.evaluation.records import Prediction, Scores
from lfine.evaluation.reports.sources import ModelEvaluation

PROMPT_END = 700
"""Characters of a prompt that are shown, from its end."""
ANSWER = 1_200
"""Characters of an answer that are shown, from its start."""


@dataclass(frozen=True)
class Example:
    """One row and what was answered to it."""

    row_id: int
    prompt: str | None
    """What differs from the other prompts, at most its last PROMPT_END characters."""
    gold: str
    answer: str | None
    rival: str | None
    """The base model's answer."""
    score: float
    rival_score: float | None


def worst(subject: ModelEvaluation, base: ModelEvaluation | None, most: int) -> list[Example]:
    """Return the answers with the lowest scores below 1; of equals, first those that the base model had better."""
    scores = example_scores(subject.scores)
    by_row = dict(zip(subject.scores.row_ids, scores, strict=True)) if scores else {}
    rivals = _rivals(base)
    shown = _distinct_parts([prediction.prompt for prediction in subject.predictions])
    examples = [
        _example(prediction, prompt, score, rivals.get(prediction.row_id))
        for prediction, prompt in zip(subject.predictions, shown, strict=True)
        if (score := by_row.get(prediction.row_id)) is not None and score < 1
    ]
    examples.sort(key=lambda example: (example.score, -(example.rival_score or 0.0)))
    return examples[:most]


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


def _rivals(base: ModelEvaluation | None) -> dict[int, tuple[str | None, float | None]]:
    """Return (answer, score) of the base model by row id."""
    if base is None:
        return {}
    scores = dict(zip(base.scores.row_ids, example_scores(base.scores), strict=False))
    return {each.row_id: (each.prediction, scores.get(each.row_id)) for each in base.predictions}


def _example(
    prediction: Prediction, prompt: str | None, score: float, rival: tuple[str | None, float | None] | None
) -> Example:
    answer, rival_score = rival or (None, None)
    return Example(
        row_id=prediction.row_id,
        prompt=None if prompt is None else _end(prompt),
        gold=_start(prediction.gold),
        answer=None if prediction.prediction is None else _start(prediction.prediction),
        rival=None if answer is None else _start(answer),
        score=score,
        rival_score=rival_score,
    )


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


def _end(text: str) -> str:
    return text if len(text) <= PROMPT_END else "…" + text[-PROMPT_END:]


def _start(text: str) -> str:
    return text if len(text) <= ANSWER else text[:ANSWER] + "…"
