"""Accuracy against hand-worked cases, and against scikit-learn on texts normalised rule by rule."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from lfine.evaluation.metrics.accuracy import accuracy
from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, pieces


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


TEXTS = pieces("a", "A", "é", "e\u0301", "ß", "SS", "İ", "ﬁ", " ", "\u00a0", "\n", ".", "1", most=4)
CHANGES: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    str.swapcase,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: f" {text}.",
    lambda text: f"{text} .\n",
    lambda text: f"{text}..",
    lambda text: text.replace(" ", "\t "),
)
PAIRS = st.lists(
    st.tuples(TEXTS, TEXTS | st.sampled_from(CHANGES) | st.none()).map(
        lambda drawn: (drawn[0], drawn[1](drawn[0]) if callable(drawn[1]) else drawn[1])
    ),
    min_size=1,
    max_size=3,
)
"""A third of the answers are the gold answer otherwise written."""


def normal(text: str, *, case: bool) -> str:
    """Apply the rules of the metric's page one after the other."""
    text = unicodedata.normalize("NFC", text)
    if not case:
        text = unicodedata.normalize("NFC", text.casefold())
    words = [""]
    for character in text:
        if not character.isspace():
            words[-1] += character
        elif words[-1]:
            words.append("")
    line = " ".join(word for word in words if word)
    return line[:-1].rstrip() if line.endswith(".") and line != "." else line


@parity("accuracy")
@given(PAIRS, st.booleans())
def test_equals_scikit_learn(pairs: list[Pair], case: bool) -> None:
    found = per_row(accuracy, asked(pairs, replace(plain("accuracy"), case=case)))
    golds = [normal(gold, case=case) for gold, _ in pairs]
    answers = ["(none)" if answer is None else normal(answer, case=case) for _, answer in pairs]
    places = {text: place for place, text in enumerate(dict.fromkeys((*golds, *answers)))}
    coded = [places[gold] for gold in golds], [places[answer] for answer in answers]
    assert sum(found) / len(found) == pytest.approx(accuracy_score(*coded))
    assert found == tuple(float(gold == answer) for gold, answer in zip(golds, answers, strict=True))
