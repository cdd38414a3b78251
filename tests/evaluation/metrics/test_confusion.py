"""The confusion matrix against scikit-learn and by hand."""

from __future__ import annotations

import random

from sklearn.metrics import confusion_matrix

from lfine.evaluation.metrics.confusion import confusion
from lfine.evaluation.metrics.registry import Answered
from lfine.evaluation.records import Confusion


def matrix(golds: tuple[str, ...], answers: tuple[str | None, ...]) -> Confusion:
    result = confusion.compute(Answered(golds, answers, ("a", "b")))
    assert isinstance(result, Confusion)
    return result


def test_rows_are_gold_and_the_last_column_is_no_label() -> None:
    found = matrix(("a", "a", "b", "b"), ("a", "b", None, "what"))
    assert found == Confusion(("a", "b"), ((1, 1, 0), (0, 0, 2)))


def test_equals_scikit_learn_on_600_random_rows() -> None:
    rng = random.Random(3)
    golds = tuple(rng.choice("ab") for _ in range(600))
    answers = tuple(rng.choice("abx") for _ in range(600))
    expected = confusion_matrix(golds, answers, labels=["a", "b", "x"])[:2]
    assert [list(row) for row in matrix(golds, answers).counts] == expected.tolist()
