"""SQuAD's exact match and F1 against the rules of the published script written out plainly, over several answers."""

from __future__ import annotations

import collections
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.squad import squad
from tests.evaluation.metrics.asking import Pair, asked, often, per_row, rows_of

TEXTS = st.lists(
    st.sampled_from(("the", "The", "a", "an", "Eiffel", "tower.", "tower", "theatre", "3,5", "-", "É", "\n")),
    max_size=5,
).map(" ".join)


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


@given(rows_of(TEXTS, TEXTS), st.lists(st.lists(TEXTS, max_size=2).map(tuple), min_size=25, max_size=25))
@often
def test_equals_the_published_rules(pairs: list[Pair], references: list[tuple[str, ...]]) -> None:
    answered = asked(pairs, references=references)
    expected = [
        (0.0, 0.0)
        if answer is None
        else tuple(map(max, zip(*(published(each, answer) for each in (gold, *others)), strict=True)))
        for (gold, answer), others in zip(pairs, references, strict=True)
    ]
    assert per_row(squad, answered) == pytest.approx([f1 for f1, _ in expected], abs=1e-12)
    assert per_row(squad, answered, "squad_em") == tuple(exact for _, exact in expected)
