"""chrF and chrF++ against sacrebleu over whole samples and resamples of them, with one and several references."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from lfine.evaluation.metrics.chrf import chrf
from lfine.evaluation.metrics.registry import plain, value_names
from tests.evaluation.metrics.asking import Pair, asked, measured, parity, pieces, resampled, seeds, value

TEXTS = pieces("the", "cat", "sät", "(on)", "(a", "mat.", "!", "'tis", "猫", "\n", "", most=5, between=" ")
SAMPLES = st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=2), TEXTS, st.integers(0, 4)), min_size=1, max_size=3)
Sample = list[tuple[str, list[str], str, int]]
LIBRARY = [CHRF(word_order=words) for words in range(3)]


def test_worked_example() -> None:
    assert value(chrf, [("abc", "abd")]) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)  # orders 1, 2 and 3
    assert value(chrf, [("the cat", "thecat")]) == pytest.approx(1.0)
    assert value(chrf, [("the cat", None)]) == 0.0


@parity("chrf")
@given(SAMPLES, st.integers(0, 2), seeds)
def test_equals_sacrebleu(sample: Sample, words: int, seed: int) -> None:
    """With one to three references; some answers are missing, and some a reference."""
    pairs: list[Pair] = [(gold, (answer, answer, answer, gold, None)[luck]) for gold, _, answer, luck in sample]
    references = [[gold, *others] for gold, others, _, _ in sample]
    choice = replace(plain("chrf"), word_order=words)
    answered, drawn = (
        asked(pairs, choice, references=[tuple(each[1:]) for each in references]),
        resampled(len(sample), seed),
    )
    for got, rows in zip(measured(chrf, answered, drawn)["chrf"], drawn, strict=True):
        answers = [pairs[row][1] or "" for row in rows]
        streams = [[(references[row] * 3)[place] for row in rows] for place in range(3)]
        assert got == pytest.approx(LIBRARY[words].corpus_score(answers, streams).score / 100, abs=1e-12)


def test_the_name_says_how_long_word_sequences_are() -> None:
    assert value_names(replace(plain("chrf"), word_order=2)) == ("chrf_word2",)
    assert value_names(replace(plain("chrf"), word_order=0)) == ("chrf",)
