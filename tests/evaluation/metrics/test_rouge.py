"""ROUGE against the rouge-score library called one row at a time, and against values worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.metrics.rouge import rouge
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, pieces, rows_of

NAMES = ("rouge1", "rouge2", "rougeL", "rougeLsum")


def scores(golds: tuple[str, ...], answers: tuple[str | None, ...]) -> dict[str, tuple[float, ...]]:
    result = rouge.compute(Answered(golds, answers, ()))
    assert isinstance(result, PerExample)
    return result.scores


def test_hand_worked_case() -> None:
    found = scores(("the cat sat",), ("the cat ran",))
    assert {name: found[name][0] for name in NAMES} == pytest.approx(
        {"rouge1": 2 / 3, "rouge2": 1 / 2, "rougeL": 2 / 3, "rougeLsum": 2 / 3}
    )


def test_missing_answer_scores_zero_and_no_stemming_is_done() -> None:
    found = scores(("cats", "running fast"), (None, "runs fast"))
    assert found["rouge1"] == (0.0, 0.5)


def test_stems_are_compared_where_the_task_says_so() -> None:
    choice = replace(plain("rouge"), stemmer=True)
    found = rouge.compute(Answered(("running cats",), ("run cat",), (), choice))
    assert isinstance(found, PerExample)
    expected = RougeScorer(["rouge1"], use_stemmer=True).score("running cats", "run cat")["rouge1"].fmeasure
    assert found.scores["rouge1"] == (expected,)
    assert expected > 0 == scores(("running cats",), ("run cat",))["rouge1"][0]


def test_lines_are_the_sentences_of_rougelsum() -> None:
    found = scores(("a b\nc d",), ("c d\na b",))
    assert found["rougeLsum"] == (1.0,)
    assert found["rougeL"] == (0.5,)


TEXTS = pieces("red", "cats", "Cat", "running", "on.", "it's", "7", "naïve", "дом", "\n", most=7, between=" ")
LIBRARY = {stemmer: RougeScorer([*NAMES], use_stemmer=stemmer) for stemmer in (False, True)}


@parity("rouge")
@given(rows_of(TEXTS, TEXTS, most=1), st.lists(TEXTS, max_size=2), st.booleans())
def test_equals_the_library(pairs: list[Pair], others: list[str], stemmer: bool) -> None:
    """With one to three references: each of the four is that of the reference where it is largest."""
    ((gold, answer),) = pairs
    answered = asked(pairs, replace(plain("rouge"), stemmer=stemmer), references=[tuple(others)])
    found = [LIBRARY[stemmer].score(each, answer or "") for each in (gold, *others)]
    for name in NAMES:
        expected = max(each[name].fmeasure for each in found)
        assert per_row(rouge, answered, name) == pytest.approx((expected,), abs=1e-12)
