"""Accuracy against hand-worked cases and against scikit-learn on normalised text."""

from __future__ import annotations

import random
from dataclasses import replace

from sklearn.metrics import accuracy_score

from lfine.evaluation.metrics.accuracy import accuracy
from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.text import normalise


def scores(golds: tuple[str, ...], answers: tuple[str | None, ...]) -> tuple[float, ...]:
    result = accuracy.compute(Answered(golds, answers, ()))
    assert isinstance(result, PerExample)
    return result.scores["accuracy"]


def test_hand_worked_cases() -> None:
    golds = ("auto claims", "yes", "1", "yes", "Yes.", "a")
    answers = (" Auto  claims.", " yes", "1.0", None, "yes", "b")
    assert scores(golds, answers) == (1.0, 1.0, 0.0, 0.0, 1.0, 0.0)


def test_with_case_upper_and_lower_differ_and_nothing_else_does() -> None:
    choice = replace(plain("accuracy"), case=True)
    found = accuracy.compute(Answered(("Yes", "a b", "x"), ("yes", " a  b.", "x"), (), choice))
    assert isinstance(found, PerExample)
    assert found.scores["accuracy"] == (0.0, 1.0, 1.0)


def test_equals_scikit_learn_on_600_random_rows() -> None:
    rng = random.Random(0)
    spellings = ("a", "A", " a ", "a.", "b", "B.", "c  d", "C D", "a b")
    golds = tuple(rng.choice(spellings) for _ in range(600))
    answers = tuple(rng.choice(spellings) for _ in range(600))
    expected = accuracy_score([normalise(gold) for gold in golds], [normalise(answer) for answer in answers])
    assert sum(scores(golds, answers)) / 600 == expected
    assert 0.1 < expected < 0.9
