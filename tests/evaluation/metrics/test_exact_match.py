"""Exact match: outer white space is all that is forgiven."""

from __future__ import annotations

import random

from lfine.evaluation.metrics.exact_match import exact_match
from lfine.evaluation.metrics.registry import Answered, PerExample


def scores(golds: tuple[str, ...], answers: tuple[str | None, ...]) -> tuple[float, ...]:
    result = exact_match.compute(Answered(golds, answers, ()))
    assert isinstance(result, PerExample)
    return result.scores["exact_match"]


def test_hand_worked_cases() -> None:
    golds = ("SELECT a", "SELECT a", "a b", "a", " a\n", "a")
    answers = ("SELECT a\n", "select a", "a  b", "a.", "a", None)
    assert scores(golds, answers) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def test_equals_comparison_character_by_character_on_600_random_rows() -> None:
    rng = random.Random(1)
    texts = ["".join(rng.choice("ab .") for _ in range(rng.randint(1, 3))) for _ in range(1200)]
    golds, answers = tuple(texts[:600]), tuple(texts[600:])
    expected = [list(gold.strip()) == list(answer.strip()) for gold, answer in zip(golds, answers, strict=True)]
    assert list(scores(golds, answers)) == [float(equal) for equal in expected]
    assert 0 < sum(expected) < 600
