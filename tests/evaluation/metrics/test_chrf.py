"""chrF and chrF++ against sacrebleu over whole samples and resamples of them, with one and several references."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from lfine.evaluation.metrics.chrf import chrf
from lfine.evaluation.metrics.registry import plain, value_names
from tests.evaluation.metrics.asking import Pair, asked, measured, often, resampled, seeds, value

TEXTS = st.lists(st.sampled_from(("the", "cat", "sät", "(on)", "(a", "mat.", "!", "'tis")), max_size=5).map(" ".join)
SAMPLES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4)


def test_worked_example() -> None:
    assert value(chrf, [("abc", "abd")]) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)  # orders 1, 2 and 3
    assert value(chrf, [("the cat", "thecat")]) == pytest.approx(1.0)
    assert value(chrf, [("the cat", None)]) == 0.0


@given(SAMPLES, st.integers(0, 2), seeds)
@often
def test_equals_sacrebleu(sample: list[tuple[str, str, str]], words: int, seed: int) -> None:
    pairs: list[Pair] = [(gold, answer) for gold, _, answer in sample]
    answered = asked(pairs, replace(plain("chrf"), word_order=words), references=[(other,) for _, other, _ in sample])
    drawn, library = resampled(len(sample), seed), CHRF(word_order=words)
    for got, rows in zip(measured(chrf, answered, drawn)["chrf"], drawn, strict=True):
        streams = [[sample[row][0] for row in rows], [sample[row][1] for row in rows]]
        expected = library.corpus_score([sample[row][2] for row in rows], streams).score / 100
        assert got == pytest.approx(expected, abs=1e-12)


def test_the_name_says_how_long_word_sequences_are() -> None:
    assert value_names(replace(plain("chrf"), word_order=2)) == ("chrf_word2",)
    assert value_names(replace(plain("chrf"), word_order=0)) == ("chrf",)
