"""SQuAD's exact match and F1 against the rules of the published script written out plainly, over several answers."""

from __future__ import annotations

import collections
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.squad import squad
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, pieces, rows_of

TEXTS = pieces(
    *("the", "The", "a", "an", "Eiffel", "tower.", "tower", "theatre", "3,5", "-", "É", "\n", "the-", "¿a?", "\u00a0"),
    most=5,
    between=" ",
)


def normalised(text: str) -> str:
    """Lower, then punctuation, then articles, then white space: the order of the published rules."""
    lowered = text.lower()
    bare = "".join(character for character in lowered if character not in set(string.punctuation))
    without = re.sub(r"\b(a|an|the)\b", " ", bare)
    return " ".join(without.split())


def published(gold: str, answer: str) -> tuple[float, float]:
    ours, theirs = normalised(gold).split(), normalised(answer).split()
    exact = float(normalised(gold) == normalised(answer))
    if len(ours) == 0 or len(theirs) == 0:
        return float(ours == theirs), exact
    common = sum((collections.Counter(ours) & collections.Counter(theirs)).values())
    if common == 0:
        return 0.0, exact
    precision, recall = common / len(theirs), common / len(ours)
    return 2 * precision * recall / (precision + recall), exact


@pytest.mark.parametrize(
    ("gold", "answer", "f1", "exact"),
    [
        ("the Eiffel Tower", "Eiffel tower.", 1.0, 1.0),
        ("Eiffel Tower", "the tower in Paris", 0.4, 0.0),
        ("the", "a", 1.0, 1.0),  # nothing is left on either side
        ("the", "cat", 0.0, 0.0),
        ("x", None, 0.0, 0.0),
    ],
)
def test_worked_examples(gold: str, answer: str | None, f1: float, exact: float) -> None:
    answered = asked([(gold, answer)])
    assert per_row(squad, answered) == pytest.approx((f1,))
    assert per_row(squad, answered, "squad_em") == (exact,)


@parity("squad")
@given(rows_of(TEXTS, TEXTS, most=2), st.lists(TEXTS, max_size=2))
def test_equals_the_published_rules(pairs: list[Pair], others: list[str]) -> None:
    """With one to three references."""
    answered = asked(pairs, references=[tuple(others)] * len(pairs))
    expected = [
        (0.0, 0.0)
        if answer is None
        else tuple(map(max, zip(*(published(each, answer) for each in (gold, *others)), strict=True)))
        for gold, answer in pairs
    ]
    assert per_row(squad, answered) == pytest.approx([f1 for f1, _ in expected], abs=1e-12)
    assert per_row(squad, answered, "squad_em") == tuple(exact for _, exact in expected)
