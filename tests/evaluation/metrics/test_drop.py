"""DROP's exact match and F1 against the published rules written out plainly, spans paired by trying every pairing."""

from __future__ import annotations

import itertools
import json
import re
import string
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.drop import drop
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, pieces, rows_of

WORDS = ("the", "Smith", "smith's", "5", "5.0", "05", "five-yard", "yards", "1,000", "A", "-", "", "É", "nan", "$5")
TEXTS = pieces(*WORDS, "|", "|", most=6, between=" ").map(
    lambda drawn: json.dumps([span.strip() for span in drawn.split("|")]) if "|" in drawn else drawn
)
"""One span, or a list of several."""


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def normalised(span: str) -> str:
    parts = []
    for token in re.split(" |-", span):
        part = token.lower()
        if not number(part):
            part = "".join(character for character in part if character not in string.punctuation)
        if number(part):
            part = str(float(part))
        part = " ".join(re.sub(r"\b(a|an|the)\b", " ", part).split())
        if part.strip():
            parts.append(part)
    return " ".join(parts).strip()


def bag_f1(gold: set[str], answer: set[str]) -> Fraction:
    numbers = {word for word in gold if number(word)}
    if numbers and not numbers & {word for word in answer if number(word)}:
        return Fraction(0)
    shared = len(gold & answer)
    precision = Fraction(shared, len(answer)) if answer else Fraction(1)
    recall = Fraction(shared, len(gold)) if gold else Fraction(1)
    return Fraction(0) if precision == recall == 0 else 2 * precision * recall / (precision + recall)


def published(gold: str, answer: str) -> tuple[Fraction, float]:
    """Return F1, before it is rounded, and the exact match."""
    sides = [
        [normalised(span) for span in (json.loads(text) if text.startswith("[") else [text])] for text in (gold, answer)
    ]
    exact = float(set(sides[0]) == set(sides[1]) and len(sides[0]) == len(sides[1]))
    ours, theirs = ([set(span.split()) for span in side] for side in sides)
    short, long = sorted((ours, theirs), key=len)
    best = max(
        sum(
            bag_f1(left, right) if short is ours else bag_f1(right, left)
            for left, right in zip(short, order, strict=False)
        )
        for order in itertools.permutations(long, len(short))
    )
    return Fraction(best) / len(long), exact


@pytest.mark.parametrize(
    ("gold", "answer", "f1", "exact"),
    [
        ("5", "5.0 yards", 0.67, 0.0),
        ("5", "five", 0.0, 0.0),
        ("1,000", "1000", 1.0, 1.0),
        ('["Smith", "Jones"]', '["Jones"]', 0.5, 0.0),
        ('["Smith", "Jones"]', '["jones", "the Smith"]', 1.0, 1.0),
        ("[5", "[5", 1.0, 1.0),  # no JSON: one span
        ("5", None, 0.0, 0.0),
    ],
)
def test_worked_examples(gold: str, answer: str | None, f1: float, exact: float) -> None:
    answered = asked([(gold, answer)])
    assert per_row(drop, answered) == (f1,)
    assert per_row(drop, answered, "drop_em") == (exact,)


@parity("drop")
@given(rows_of(TEXTS, TEXTS, most=1), st.lists(TEXTS, max_size=2))
def test_equals_the_published_rules(pairs: list[Pair], others: list[str]) -> None:
    """With one to three references; of two numbers equally near the script may have rounded to either."""
    ((gold, answer),) = pairs
    answered = asked(pairs, references=[tuple(others)])
    tried = [(Fraction(0), 0.0) if answer is None else published(each, answer) for each in (gold, *others)]
    (found,) = per_row(drop, answered)
    assert abs(found - max(f1 for f1, _ in tried)) <= 0.005 + 1e-12
    assert found == round(found, 2)
    assert per_row(drop, answered, "drop_em") == (max(exact for _, exact in tried),)
