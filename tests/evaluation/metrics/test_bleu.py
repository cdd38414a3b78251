"""BLEU against sacrebleu over whole samples and resamples of them, with one and several references."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from lfine.evaluation.metrics.bleu import bleu
from lfine.evaluation.metrics.registry import plain, value_names
from tests.evaluation.metrics.asking import Pair, asked, measured, parity, pieces, resampled, seeds, value

TEXTS = pieces("the", "cat", "sat", "on", "mat.", "A", "It's", "3.5", "naïve", "猫が", "\n", most=8, between=" ")
SAMPLES = st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=2), TEXTS, st.integers(0, 4)), min_size=1, max_size=3)
Sample = list[tuple[str, list[str], str, int]]
LIBRARY = {name: BLEU(force=True, tokenize=name) for name in ("13a", "intl", "char", "zh", "none")}


def test_worked_example() -> None:
    pairs: list[Pair] = [("the cat sat on the mat", "the cat sat on a mat")]
    # words 5/6, pairs 3/5, triples 2/4, fours 1/3
    assert value(bleu, pairs) == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert value(bleu, [("the cat sat on the mat", "the cat sat on the mat")]) == pytest.approx(1.0)
    assert value(bleu, [("the cat", "")]) == 0.0


@parity("bleu")
@given(SAMPLES, seeds, st.sampled_from(list(LIBRARY)))
def test_equals_sacrebleu(sample: Sample, seed: int, tokenize: str) -> None:
    """With one to three references; some answers are missing, and some a reference."""
    pairs: list[Pair] = [(gold, (answer, answer, answer, gold, None)[luck]) for gold, _, answer, luck in sample]
    drawn, choice = resampled(len(sample), seed), replace(plain("bleu"), tokenize=tokenize)  # type: ignore[arg-type]
    references = [[gold, *others] for gold, others, _, _ in sample]
    found = measured(bleu, asked(pairs, choice, references=[tuple(each[1:]) for each in references]), drawn)["bleu"]
    for got, rows in zip(found, drawn, strict=True):
        answers = [pairs[row][1] or "" for row in rows]
        streams = [[(references[row] * 3)[place] for row in rows] for place in range(3)]
        assert got == pytest.approx(LIBRARY[tokenize].corpus_score(answers, streams).score / 100, abs=1e-12)


@pytest.mark.parametrize("tokenize", ["13a", "intl", "char", "zh", "none"])
def test_every_tokenizer_is_the_library_s(tokenize: Literal["13a", "intl", "char", "zh", "none"]) -> None:
    pairs: list[Pair] = [("It's 3.5 m, isn't it?", "It's 3.5 m , isn't that?"), ("猫が座った。", "猫が立った。")]
    choice = replace(plain("bleu"), tokenize=tokenize)
    expected = sacrebleu.corpus_bleu(
        [pair[1] or "" for pair in pairs], [[pair[0] for pair in pairs]], tokenize=tokenize
    )
    assert value(bleu, pairs, choice) == pytest.approx(expected.score / 100)
    assert value_names(choice) == (("bleu",) if tokenize == "13a" else (f"bleu_{tokenize}",))


def test_a_missing_answer_counts_as_an_empty_one() -> None:
    pairs: list[Pair] = [("a b c d e", "a b c d e"), ("f g h i j", None)]
    assert value(bleu, pairs) == value(bleu, [pairs[0], ("f g h i j", "")]) < 1
