"""Perplexity against its definition with numpy, over samples and resamples; rows that record nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.perplexity import perplexity
from lfine.evaluation.metrics.registry import Answered
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import measured, often, resampled, seeds, unjudged


def rows(cases: list[tuple[float | None, int | None]]) -> Answered:
    given = tuple(
        Prediction(place, "g", "a", gold_log_probability=value, gold_tokens=tokens)
        for place, (value, tokens) in enumerate(cases)
    )
    return Answered(("g",) * len(cases), ("a",) * len(cases), (), given=given)


def test_worked_example() -> None:
    answered = rows([(-2.0, 4), (-1.0, 2), (None, None), (-3.0, None)])
    assert measured(perplexity, answered)["perplexity"] == pytest.approx([np.exp(0.5)])
    assert unjudged(perplexity, answered) == 2
    assert (perplexity.higher_is_better, perplexity.share) == (False, False)


def test_an_impossible_answer_is_a_number_still() -> None:
    assert measured(perplexity, rows([(-1e9, 1)]))["perplexity"] == pytest.approx([np.exp(700)])


@given(st.lists(st.tuples(st.floats(-50, 0), st.integers(1, 9)), min_size=1, max_size=6), seeds)
@often
def test_equals_the_definition(cases: list[tuple[float, int]], seed: int) -> None:
    drawn = resampled(len(cases), seed)
    logarithms, tokens = np.asarray([value for value, _ in cases]), np.asarray([count for _, count in cases])
    expected = [float(np.exp(-logarithms[each].sum() / tokens[each].sum())) for each in drawn]
    assert measured(perplexity, rows(list(cases)), drawn)["perplexity"] == pytest.approx(expected)
