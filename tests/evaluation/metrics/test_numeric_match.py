"""Numeric match: hand-worked cases, and on random numbers against Python's own decimals."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from lfine.evaluation.metrics.numeric_match import numeric_match
from lfine.evaluation.metrics.registry import Answered, PerExample


def scores(golds: list[str], answers: list[str | None]) -> list[float]:
    result = numeric_match.compute(Answered(tuple(golds), tuple(answers), ()))
    assert isinstance(result, PerExample)
    return list(result.scores["numeric_match"])


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("72", "72", 1.0),
        ("He bakes 3 * 24 = <<3*24=72>>72 cakes.\n#### 72", "It is 24 + 48 = 72.0.", 1.0),
        ("1,200", "$1200", 1.0),
        ("0.5", ".5", 1.0),
        ("100", "1e2", 1.0),
        ("-3", "- 3", 0.0),  # a hyphen apart is no sign
        ("-3", "−3", 1.0),  # the typographic minus
        ("0.33", "0.333", 0.0),
        ("72", "seventy-two", 0.0),
        ("72", None, 0.0),
        ("72", "72 or 73", 0.0),  # the last one counts
        ("7", "10-3 = 7", 1.0),
    ],
)
def test_hand_worked_cases(gold: str, answer: str | None, expected: float) -> None:
    assert scores([gold], [answer]) == [expected]


def test_equals_decimal_comparison_on_600_random_pairs() -> None:
    rng = random.Random(3)

    def number() -> str:
        return f"{rng.choice(('', '-'))}{rng.randrange(12)}{rng.choice(('', '.0', '.50', '.5'))}"

    golds, answers = [number() for _ in range(600)], [number() for _ in range(600)]
    found = scores(golds, [f"so it is {answer} in all" for answer in answers])
    assert found == [float(Decimal(gold) == Decimal(answer)) for gold, answer in zip(golds, answers, strict=True)]
    assert 0.01 < sum(found) / 600 < 0.9


def test_which_golds_it_can_judge() -> None:
    assert numeric_match.judges("#### 5")
    assert not numeric_match.judges("five")
