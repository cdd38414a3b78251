"""DROP's exact match and F1 against the published rules written out plainly, spans paired by trying every pairing."""

from __future__ import annotations

import itertools
import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.drop import drop
from tests.evaluation.metrics.asking import Pair, asked, often, per_row, rows_of

PIECES = ("the", "Smith", "smith's", "5", "5.0", "05", "five-yard", "yards", "1,000", "A", "-", "")
SPAN = st.lists(st.sampled_from(PIECES), max_size=3).map(" ".join)
TEXTS = st.one_of(SPAN, st.lists(SPAN, min_size=1, max_size=3).map(json.dumps))


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


def bag_f1(gold: set[str], answer: set[str]) -> float:
    numbers = {word for word in gold if number(word)}
    if numbers and not numbers & {word for word in answer if number(word)}:
        return 0.0
    shared = len(gold & answer)
    precision = shared / len(answer) if answer else 1.0
    recall = shared / len(gold) if gold else 1.0
    return 0.0 if precision == recall == 0 else 2 * precision * recall / (precision + recall)


def published(gold: str, answer: str) -> tuple[float, float]:
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
    return round(best / len(long), 2), exact


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
    # A sum of fractions in another order can fall on the other side of a half before it is rounded to two digits.
    assert per_row(drop, answered) == pytest.approx([f1 for f1, _ in expected], abs=0.0100001)
    assert sum(got != want for got, (want, _) in zip(per_row(drop, answered), expected, strict=True)) <= 1
    assert per_row(drop, answered, "drop_em") == tuple(exact for _, exact in expected)
