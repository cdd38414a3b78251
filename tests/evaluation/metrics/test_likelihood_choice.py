"""Multiple choice by likelihood against numpy's argmax, whole and per byte; rows that record nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.likelihood_choice import likelihood_choice
from lfine.evaluation.metrics.registry import Answered
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import often, per_row, unjudged

OPTIONS = ("A", "yes", "très long", "certainly not")


def rows(cases: Sequence[tuple[str, dict[str, float] | None]]) -> Answered:
    given = tuple(
        Prediction(place, gold, None, label_log_probabilities=found) for place, (gold, found) in enumerate(cases)
    )
    return Answered(tuple(gold for gold, _ in cases), (None,) * len(cases), (), given=given)


def test_worked_examples() -> None:
    answered = rows(
        [("B", {"A": -1.2, "B": -0.4}), ("yes", {"yes": -2.0, "certainly not": -1.8}), ("no", None), ("x", {"y": 0.0})]
    )
    assert per_row(likelihood_choice, answered) == (1.0, 0.0, 0.0, 0.0)
    assert per_row(likelihood_choice, answered, "likelihood_choice_bytes") == (1.0, 0.0, 0.0, 0.0)
    assert unjudged(likelihood_choice, answered) == 2


def test_long_answers_can_win_per_byte() -> None:
    answered = rows([("certainly not", {"yes": -2.0, "certainly not": -3.0})])
    assert per_row(likelihood_choice, answered) == (0.0,)
    assert per_row(likelihood_choice, answered, "likelihood_choice_bytes") == (1.0,)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(-40, 0), min_size=4, max_size=4)), min_size=25, max_size=25
    )
)
@often
def test_equals_argmax(cases: list[tuple[int, list[int]]]) -> None:
    logarithms = np.asarray([values for _, values in cases]) / 4
    golds = np.asarray([gold for gold, _ in cases])
    made = [
        (OPTIONS[gold], dict(zip(OPTIONS, row, strict=True)))
        for gold, row in zip(golds, logarithms.tolist(), strict=True)
    ]
    lengths = np.asarray([len(option.encode()) for option in OPTIONS])
    for name, table in (("likelihood_choice", logarithms), ("likelihood_choice_bytes", logarithms / lengths)):
        assert per_row(likelihood_choice, rows(made), name) == tuple((table.argmax(axis=1) == golds).astype(float))
