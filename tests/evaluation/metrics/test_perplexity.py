"""Perplexity against its definition, added up row by row, over samples and resamples; rows that record nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.perplexity import perplexity
from lfine.evaluation.metrics.registry import Answered
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import measured, parity, resampled, seeds, unjudged


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


LOGARITHMS = st.sampled_from((0.0, -0.25, -1e-9, -3.5, -50.0, None)) | st.floats(-50, 0)
CASES = st.lists(st.tuples(LOGARITHMS, st.sampled_from((1, 2, 9, 300, None))), min_size=1, max_size=5)


@parity("perplexity")
@given(CASES, seeds)
def test_equals_the_definition(cases: list[tuple[float | None, int | None]], seed: int) -> None:
    drawn = resampled(len(cases), seed)
    found = measured(perplexity, rows(cases), drawn)["perplexity"]
    for got, each in zip(found, drawn, strict=True):
        known = [(value, tokens) for value, tokens in (cases[row] for row in each) if value is not None and tokens]
        if known:
            spread = math.fsum(value for value, _ in known) / sum(tokens for _, tokens in known)
            assert got == pytest.approx(math.exp(-spread))
    assert unjudged(perplexity, rows(cases)) == sum(value is None or tokens is None for value, tokens in cases)
