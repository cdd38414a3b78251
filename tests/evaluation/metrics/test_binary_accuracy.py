"""Binary accuracy: the eight words in every spelling against a table, and what is none of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from lfine.evaluation.metrics.binary_accuracy import binary_accuracy
from tests.evaluation.metrics.asking import Pair, asked, often, per_row, rows_of, unjudged

YES, NO = ("yes", "true", "1", "positive"), ("no", "false", "0", "negative")
WORDS = st.sampled_from((*YES, *NO))
SPELT = st.builds(
    lambda word, spell, end: f" {spell(word)}{end}",
    st.sampled_from((*YES, *NO, *YES, *NO, "maybe", "10", "yes no")),
    st.sampled_from((str.upper, str.title, str.lower)),
    st.sampled_from(("", ".", "\n", " .")),
)


@pytest.mark.parametrize(
    ("gold", "answer", "score", "unread"),
    [
        ("1", "Yes.", 1.0, 0),
        ("true", "negative", 0.0, 0),
        ("no", "No, it is not.", 0.0, 1),
        ("no", None, 0.0, 0),  # a missing answer is counted elsewhere
        ("0", "unknown", 0.0, 1),
    ],
)
def test_worked_examples(gold: str, answer: str | None, score: float, unread: int) -> None:
    answered = asked([(gold, answer)])
    assert per_row(binary_accuracy, answered) == (score,)
    assert unjudged(binary_accuracy, answered) == unread


@given(rows_of(WORDS, SPELT))
@often
def test_equals_scikit_learn_on_a_table_of_words(pairs: list[Pair]) -> None:
    read = {**dict.fromkeys(YES, 1), **dict.fromkeys(NO, 0)}
    golds = [read[gold] for gold, _ in pairs]
    answers = [2 if answer is None else read.get(answer.strip().rstrip(". ").lower(), 2) for _, answer in pairs]
    found = per_row(binary_accuracy, asked(pairs))
    assert found == tuple(float(gold == answer) for gold, answer in zip(golds, answers, strict=True))
    assert sum(found) / len(found) == pytest.approx(accuracy_score(golds, answers))


def test_a_gold_answer_that_is_none_of_the_words() -> None:
    assert binary_accuracy.judges(" Positive ")
    assert not binary_accuracy.judges("2")
