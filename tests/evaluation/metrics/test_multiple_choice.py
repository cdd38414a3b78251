"""Multiple choice by text: forms of answers with a known label, and forms that name none or several."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.multiple_choice import multiple_choice
from lfine.evaluation.metrics.registry import Answered, plain
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import often, per_row, unjudged

CHOICES = ("red", "dark blue", "blue", "a shade of green")
LETTERS = ("A", "B", "C", "D")
CLEAR = (
    "{label}",
    " {label}.",
    "({label})",
    "{label}) {text}",
    "{label}. A shade, or {text}",
    "{label}, because of the rest",
    "{label}: {text}",
    "{label}\nbecause I say so",
    "The answer is {label}.",
    "the correct answer is ({label})",
    "Answer: {label}",
    "**Answer:** it is '{text}', I think",
    "I choose {label}!",
    "{text}",
    "It must be {text}.",
)
UNCLEAR = (
    "",
    "red or blue",
    "A good question",
    "the answer is a dog",
    "Answer: A. No, answer: B",
    "neither",
    "The answer is A good one",
    "E",
    "B or C",
    "A, B",
    "A) or (B)",
    "A. B. C. D.",
)


def rows(*cases: tuple[str, str | None], labels: tuple[str, ...] = LETTERS) -> Answered:
    given = tuple(Prediction(place, gold, answer, choices=CHOICES) for place, (gold, answer) in enumerate(cases))
    golds, answers = tuple(row.gold for row in given), tuple(row.prediction for row in given)
    return Answered(golds, answers, labels, plain("multiple_choice"), given=given)


@pytest.mark.parametrize("form", CLEAR)
@pytest.mark.parametrize("labels", [LETTERS, ("0", "1", "2", "3"), ("1", "2", "3", "10")])
def test_every_clear_form_names_its_label(form: str, labels: tuple[str, ...]) -> None:
    cases = [(label, form.format(label=label, text=text)) for label, text in zip(labels, CHOICES, strict=True)]
    answered = rows(*cases, labels=labels[::-1])
    assert per_row(multiple_choice, answered) == (1.0,) * 4
    assert unjudged(multiple_choice, answered) == 0


@pytest.mark.parametrize("answer", UNCLEAR)
def test_no_unclear_form_names_any(answer: str) -> None:
    answered = rows(*((label, answer) for label in LETTERS))
    assert per_row(multiple_choice, answered) == (0.0,) * 4
    assert unjudged(multiple_choice, answered) == 4


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from((*CLEAR, None))), min_size=25, max_size=25)
)
@often
def test_equals_the_labels_that_the_answers_were_made_from(cases: list[tuple[int, int, str | None]]) -> None:
    made = [
        (LETTERS[gold], None if form is None else form.format(label=LETTERS[said], text=CHOICES[said]))
        for gold, said, form in cases
    ]
    expected = tuple(float(gold == said and form is not None) for gold, said, form in cases)
    assert per_row(multiple_choice, rows(*made)) == expected


def test_without_texts_only_labels_are_found() -> None:
    answered = rows(("A", "red"), ("B", "(b)"), ("C", None))
    bare = replace(answered, given=tuple(replace(row, choices=None) for row in answered.given))
    assert per_row(multiple_choice, bare) == (0.0, 1.0, 0.0)
    assert unjudged(multiple_choice, bare) == 1
