"""ROUGE-L against the rouge-score library, and the length of the longest common subsequence against its table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from lfine.evaluation.rouge_l import longest_common, rouge_l, words
from tests.evaluation.metrics.asking import Pair, often, rows_of

LIBRARY = RougeScorer(["rougeL"])
TEXTS = st.lists(st.sampled_from(("the", "Cat", "cat", "it's", "3.5", "naïve", "x-ray", "\n", "дом")), max_size=9).map(
    " ".join
)


def table_length(first: list[str], second: list[str]) -> int:
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for row, ours in enumerate(first, start=1):
        for column, theirs in enumerate(second, start=1):
            above, left = lengths[row - 1][column], lengths[row][column - 1]
            lengths[row][column] = lengths[row - 1][column - 1] + 1 if ours == theirs else max(above, left)
    return lengths[-1][-1]


@given(rows_of(TEXTS, TEXTS))
@often
def test_equals_the_library(pairs: list[Pair]) -> None:
    for gold, answer in pairs:
        expected = LIBRARY.score(gold, answer or "")["rougeL"].fmeasure
        assert rouge_l(gold, answer or "") == pytest.approx(expected, abs=1e-12)


@given(st.text("abc", max_size=90), st.text("abc", max_size=90))
@often
def test_the_length_is_that_of_the_table(first: str, second: str) -> None:
    assert longest_common([*first], [*second]) == table_length([*first], [*second])


def test_worked_examples() -> None:
    assert rouge_l("the cat sat", "the cat ran") == pytest.approx(2 / 3)
    assert words("It's 3.5!") == ["it", "s", "3", "5"]
    assert rouge_l("", "") == rouge_l("дом", "дом") == 0.0
