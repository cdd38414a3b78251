"""Multiple choice by text: forms of answers with a known label, and forms that name none or several."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.multiple_choice import multiple_choice
from lfine.evaluation.metrics.registry import Answered, plain
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import parity, per_row, unjudged

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


SETS = (LETTERS, ("0", "1", "2", "3"), ("1", "2", "3", "10"), ("α", "β", "γ", "δ"))
CASES = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from((*CLEAR, *UNCLEAR, None)))


@parity("multiple_choice")
@given(st.sampled_from(SETS), st.booleans(), st.lists(CASES, min_size=1, max_size=2))
def test_equals_the_labels_that_the_answers_were_made_from(
    labels: tuple[str, ...], backwards: bool, cases: list[tuple[int, int, str | None]]
) -> None:
    made, expected, unread = [], [], 0
    for gold, said, form in cases:
        clear = form is None or form in CLEAR
        labelled = form if form is None or not clear else form.format(label=labels[said], text=CHOICES[said])
        made.append((labels[gold], labelled))
        expected.append(float(gold == said and form is not None and clear))
        unread += not clear
    answered = rows(*made, labels=labels[::-1] if backwards else labels)
    if labels == LETTERS:  # the unclear ones are so for these labels
        assert list(per_row(multiple_choice, answered)) == expected
        assert unjudged(multiple_choice, answered) == unread
    else:
        sure = [place for place, (_, _, form) in enumerate(cases) if form is None or form in CLEAR]
        found = per_row(multiple_choice, answered)
        assert [found[place] for place in sure] == [expected[place] for place in sure]


def test_without_texts_only_labels_are_found() -> None:
    answered = rows(("A", "red"), ("B", "(b)"), ("C", None))
    bare = replace(answered, given=tuple(replace(row, choices=None) for row in answered.given))
    assert per_row(multiple_choice, bare) == (0.0, 1.0, 0.0)
    assert unjudged(multiple_choice, bare) == 1
