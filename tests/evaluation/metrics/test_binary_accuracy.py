"""Binary accuracy: the eight words in every spelling against a table, and what is none of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.binary_accuracy import binary_accuracy
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, unjudged

YES, NO = ("yes", "true", "1", "positive"), ("no", "false", "0", "negative")
MEANING = {**dict.fromkeys(YES, 1), **dict.fromkeys(NO, 0)}
UNREAD = ("maybe", "10", "yes no", "", ".", "yes..", "ｙｅｓ", "not", "nо")  # the last with a Cyrillic o
SPELT = [
    (f"{before}{spell(word)}{after}", said)
    for word, said in MEANING.items()
    for spell in (str.upper, str.title, str.lower)
    for before, after in (("", ""), (" ", "."), ("\n", " .\t"))
]
ANSWERS = [*SPELT, *((word, 2) for word in UNREAD), *[(None, 2)] * 5]
"""Texts, and what each says: 1, 0, or neither."""
CASES = st.lists(st.tuples(st.sampled_from(SPELT), st.sampled_from(ANSWERS)), min_size=1, max_size=3)


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


@parity("binary_accuracy")
@given(CASES)
def test_equals_a_table_of_words(cases: list[tuple[tuple[str, int], tuple[str | None, int]]]) -> None:
    pairs: list[Pair] = [(gold, answer) for (gold, _), (answer, _) in cases]
    golds, answers = [wanted for (_, wanted), _ in cases], [said for _, (_, said) in cases]
    found = per_row(binary_accuracy, asked(pairs))
    assert found == tuple(float(gold == answer) for gold, answer in zip(golds, answers, strict=True))
    assert unjudged(binary_accuracy, asked(pairs)) == sum(
        answer is not None and said == 2 for _, (answer, said) in cases
    )


def test_a_gold_answer_that_is_none_of_the_words() -> None:
    assert binary_accuracy.judges(" Positive ")
    assert not binary_accuracy.judges("2")
